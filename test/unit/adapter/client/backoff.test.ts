// The waits of a client that connects again: their bounds, and how the option is read.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HandshakeError } from "../../../../src/adapter/client/handshake-error.js";
import {
  delayBefore,
  readReconnect,
  reconnectPlan,
  reconnectsUsually,
} from "../../../../src/adapter/client/reconnect-option.js";
import { HeaderList } from "../../../../src/http/header-list.js";

/** Fixed, so that a failure can be run again; fast-check prints it together with the counterexample. */
const RUNS = { seed: 0x6455, numRuns: 2000 };
const DEFAULTS = { minDelayMs: 500, maxDelayMs: 30_000 };

describe("the wait before an attempt, seed 0x6455", () => {
  const delays = fc
    .tuple(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 0, max: 1e6 }))
    .map(([minDelayMs, more]) => ({ minDelayMs, maxDelayMs: minDelayMs + more }));
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test("is a whole number from minDelayMs to maxDelayMs, and at most minDelayMs · 2^attempt", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), delays, random, (attempt, plan, chance) => {
        const delay = delayBefore(attempt, plan, chance);
        expect(Number.isSafeInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(plan.minDelayMs);
        expect(delay).toBeLessThanOrEqual(plan.maxDelayMs);
        expect(delay).toBeLessThanOrEqual(plan.minDelayMs * 2 ** attempt);
      }),
      RUNS,
    );
  });

  test("grows with chance, and its bound with the attempt", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), delays, random, random, (attempt, plan, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        expect(delayBefore(attempt, plan, less)).toBeLessThanOrEqual(delayBefore(attempt, plan, more));
        expect(delayBefore(attempt, plan, a)).toBeLessThanOrEqual(delayBefore(attempt + 1, plan, a));
      }),
      RUNS,
    );
  });

  test("takes the whole of its range: full jitter", () => {
    expect([1, 2, 6, 7, 2000].map((attempt) => delayBefore(attempt, DEFAULTS, 0))).toEqual(
      Array.from({ length: 5 }, () => 500),
    );
    expect([1, 2, 5, 6, 2000].map((attempt) => delayBefore(attempt, DEFAULTS, 1))).toEqual([
      1000, 2000, 16_000, 30_000, 30_000,
    ]);
    expect(delayBefore(2, DEFAULTS, 0.5)).toBe(1250);
  });
});

describe("the option reconnect", () => {
  test("true has the defaults, false and undefined are none", () => {
    expect(reconnectPlan(true)).toMatchObject({ ...DEFAULTS, maxAttempts: Number.POSITIVE_INFINITY });
    expect(reconnectPlan({})).toMatchObject(DEFAULTS);
    expect(reconnectPlan(false)).toBe(undefined);
    expect(reconnectPlan(undefined)).toBe(undefined);
  });

  test("one bound that crosses the other's default takes it along", () => {
    expect(reconnectPlan({ minDelayMs: 60_000 })).toMatchObject({ minDelayMs: 60_000, maxDelayMs: 60_000 });
    expect(reconnectPlan({ maxDelayMs: 100 })).toMatchObject({ minDelayMs: 100, maxDelayMs: 100 });
  });

  test.each([
    [{ minDelayMs: 0 }, RangeError, /^reconnect\.minDelayMs /],
    [{ minDelayMs: Number.POSITIVE_INFINITY }, RangeError, /^reconnect\.minDelayMs /],
    [{ maxDelayMs: 2 ** 31 }, RangeError, /^reconnect\.maxDelayMs /],
    [{ maxAttempts: 0 }, RangeError, /^reconnect\.maxAttempts /],
    [
      { minDelayMs: 20, maxDelayMs: 10 },
      RangeError,
      /^reconnect\.maxDelayMs must be at least minDelayMs, 20/,
    ],
    [{ when: true }, TypeError, /^reconnect\.when /],
    [{ retries: 5 }, TypeError, /no option reconnect\.retries/],
    [5, TypeError, /^reconnect must be true, false or an object/],
    [[], TypeError, /^reconnect /],
  ])("%j is refused", (value, type, message) => {
    const read = () => Reflect.apply(readReconnect, undefined, [value, "reconnect"]);
    expect(read).toThrow(type);
    expect(read).toThrow(message);
  });
});

describe("whether a client connects again", () => {
  test.each([
    [1000, false],
    [1001, true],
    [1005, true],
    [1006, true],
    [1008, false],
    [1011, true],
    [1012, true],
    [1013, true],
    [4000, true],
  ])("after a connection that ended with %i: %s", (code, expected) => {
    const closeEvent = { type: "close", code, reason: "", wasClean: true } as const;
    expect(reconnectsUsually({ closeEvent, error: undefined })).toBe(expected);
  });

  test.each([
    [101, true],
    [200, true],
    [302, true],
    [399, true],
    [400, false],
    [401, false],
    [404, false],
    [408, true],
    [425, true],
    [426, false],
    [429, true],
    [499, false],
    [500, true],
    [503, true],
  ])("after a handshake that was answered with %i: %s", (status, expected) => {
    const answer = { status, headers: HeaderList.from([]) };
    const error = new HandshakeError("UNEXPECTED_STATUS", "no", answer);
    expect(reconnectsUsually({ closeEvent: undefined, error })).toBe(expected);
  });

  test("after errors of the system and time-outs, and not after mistakes in the options", () => {
    const goesOnAfter = (error: unknown): boolean => reconnectsUsually({ closeEvent: undefined, error });
    expect(goesOnAfter(Object.assign(new Error("refused"), { code: "ECONNREFUSED" }))).toBe(true);
    expect(goesOnAfter(new HandshakeError("TIMEOUT", "late"))).toBe(true);
    expect(goesOnAfter(new TypeError("no such option"))).toBe(false);
    expect(goesOnAfter(new RangeError("no such port"))).toBe(false);
  });
});
