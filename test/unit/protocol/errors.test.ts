// The catalogue of failures covers each violation of the kernel.
import { expect, test } from "vitest";
import { FAILURES, InvalidStateError, isSendableCloseCode } from "../../../src/index.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { failure, violationCode } from "../../../src/protocol/errors.js";

test("each violation of the kernel has a failure of its own name", () => {
  const violations = Object.entries(layout).filter(([name]) => name.startsWith("VIOLATION_"));
  expect(violations.length).toBeGreaterThan(10);
  for (const [name, number] of violations) expect(`VIOLATION_${violationCode(number)}`).toBe(name);
});

test("a violation that nobody knows is our bug, not the peer's", () => {
  expect(violationCode(layout.VIOLATION_INVALID_UTF8 + 1)).toBe("INTERNAL");
  expect(violationCode(200)).toBe("INTERNAL");
  expect(violationCode(0)).toBe("INTERNAL");
});

test("each failure has a code that may be sent, a section and a message", () => {
  for (const [name, { closeCode, section, message }] of Object.entries(FAILURES)) {
    expect(isSendableCloseCode(closeCode), name).toBe(true);
    expect(section, name).toMatch(/^\d+(\.\d+)*$/);
    expect(message, name).not.toBe("");
  }
});

test("a failure carries its cause and its limit only if there is one", () => {
  expect(failure("RESERVED_OPCODE", 7)).toEqual({
    code: "RESERVED_OPCODE",
    closeCode: 1002,
    section: "5.2",
    message: "reserved opcode",
    offset: 7,
  });
  const cause = new Error("trap");
  expect(failure("INTERNAL", 0, { cause }).cause).toBe(cause);
  const limit = { name: "maxFragments", value: 1, actual: 2 } as const;
  expect(failure("TOO_MANY_FRAGMENTS", 0, { limit }).limit).toBe(limit);
  expect(Object.keys(failure("INTERNAL", 0, { cause: undefined, limit: undefined }))).toEqual([
    ...["code", "closeCode", "section", "message", "offset"],
  ]);
});

test("InvalidStateError is an Error that says its name", () => {
  const error = new InvalidStateError("the connection is closed");
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).toBe("InvalidStateError: the connection is closed");
});
