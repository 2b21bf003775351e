// The limits of the codec: their defaults, and the values that are refused.
import { expect, test } from "vitest";
import { Connection, DEFAULT_LIMITS, type Limits } from "../../../src/index.js";
import { resolveLimits } from "../../../src/protocol/limits.js";

test("the defaults are 1 MiB and 131,072 fragments", () => {
  expect(DEFAULT_LIMITS).toEqual({ maxMessageBytes: 1_048_576, maxFragments: 131_072 });
  expect(resolveLimits()).toEqual(DEFAULT_LIMITS);
  expect(resolveLimits({})).toEqual(DEFAULT_LIMITS);
});

test.each<Partial<Limits>>([
  { maxMessageBytes: 0 },
  { maxMessageBytes: Number.MAX_SAFE_INTEGER },
  { maxMessageBytes: Number.POSITIVE_INFINITY },
  { maxFragments: 1 },
  { maxFragments: 0xffff_ffff },
  { maxFragments: 2 ** 32 },
  { maxFragments: Number.POSITIVE_INFINITY },
])("%o is a limit", (limits) => {
  expect(resolveLimits(limits)).toEqual({ ...DEFAULT_LIMITS, ...limits });
});

test.each<Partial<Limits>>([
  { maxMessageBytes: -1 },
  { maxMessageBytes: 1.5 },
  { maxMessageBytes: Number.NaN },
  { maxMessageBytes: Number.NEGATIVE_INFINITY },
  { maxMessageBytes: 2 ** 53 },
  { maxFragments: 0 },
  { maxFragments: -1 },
  { maxFragments: 1.5 },
  { maxFragments: Number.NaN },
  { maxFragments: 2 ** 53 },
])("%o is refused, through every constructor", (limits) => {
  expect(() => resolveLimits(limits)).toThrow(RangeError);
  expect(() => new Connection({ role: "server", limits })).toThrow(RangeError);
});

test.each(["1", 1n, null, true])("a limit of %s is refused, not converted", (value) => {
  // @ts-expect-error: not a number
  expect(() => resolveLimits({ maxMessageBytes: value })).toThrow(TypeError);
  // @ts-expect-error: not a number
  expect(() => resolveLimits({ maxFragments: value })).toThrow(TypeError);
});

test("who sets a limit that makes no sense is told which and why", () => {
  expect(() => resolveLimits({ maxMessageBytes: -1 })).toThrow(
    new RangeError("limits.maxMessageBytes must be an integer from 0 to Infinity, not -1"),
  );
  expect(() => resolveLimits({ maxFragments: 0.5 })).toThrow(
    new RangeError("limits.maxFragments must be an integer from 1 to Infinity, not 0.5"),
  );
});
