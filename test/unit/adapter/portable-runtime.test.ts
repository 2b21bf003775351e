// Runtimes that an adapter makes of the portable parts and its own.
import { expect, test } from "vitest";
import { Deadlines } from "../../../src/adapter/deadline.js";
import { createRuntime } from "../../../src/adapter/portable-runtime.js";
import { portableHost } from "../../../src/host/host.js";

test("has the parts that are given, and else its own, also for those that are undefined", () => {
  const deadlines = new Deadlines();
  const made = Reflect.apply(createRuntime, undefined, [{ deadlines, host: undefined, defer: undefined }]);
  expect(made.deadlines).toBe(deadlines);
  expect(made.host).toBe(portableHost);
  expect(typeof made.defer).toBe("function");
  expect(createRuntime({ readsInContext: false }).readsInContext).toBe(false);
});

test.each([
  ["host", 1],
  ["defer", {}],
  ["turns", "next"],
  ["deadlines", null],
  ["captureContext", true],
  ["readsInContext", 1],
])("refuses %s of another type", (name, value) => {
  expect(() => Reflect.apply(createRuntime, undefined, [{ [name]: value }])).toThrow(
    new RegExp(`^runtime\\.${name} must be `),
  );
});
