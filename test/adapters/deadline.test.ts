// Time-outs expire within their bounds, and are put off and cancelled.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Deadline, Deadlines, type Expiring } from "../../src/adapter/deadline.js";

vi.mock("../../src/host/globals.js", () => import("../support/global-timers.js"));

const deadlines = new Deadlines();

/** Writes down when it expires. */
class Probe implements Expiring {
  readonly fired: number[] = [];
  /** Done when it expires. */
  also: (() => void) | undefined;
  readonly #deadline = new Deadline(deadlines, this);

  start(milliseconds: number): void {
    this.#deadline.start(milliseconds);
  }
  stop(): void {
    this.#deadline.stop();
  }
  active(): void {
    this.#deadline.postpone();
  }
  expired(): void {
    this.fired.push(performance.now());
    this.also?.();
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0, toFake: ["setInterval", "clearInterval", "performance", "Date"] });
});

/** A timer may outlive its last time-out by so much. */
const LINGERING_MS = 2_000;

afterEach(() => {
  vi.advanceTimersByTime(LINGERING_MS);
  expect(vi.getTimerCount(), "no timer is left").toBe(0);
  vi.useRealTimers();
});

describe("a time-out", () => {
  test.each([20, 39, 100, 1_000, 1_010, 5_000, 10_000, 30_000, 3_600_000])(
    "of %i ms fires once, no sooner and little later",
    (duration) => {
      const probe = new Probe();
      probe.start(duration);
      vi.advanceTimersByTime(2 * duration + 100);
      expect(probe.fired).toHaveLength(1);
      expect(probe.fired[0]).toBeGreaterThanOrEqual(duration);
      // 5 %, of ticks that last whole milliseconds.
      expect(probe.fired[0]).toBeLessThanOrEqual(1.05 * duration + 21);
    },
  );

  test("that starts between two ticks of others keeps the same bounds", () => {
    const first = new Probe();
    first.start(1_000);
    for (const offset of [1, 17, 25, 49]) {
      vi.advanceTimersByTime(offset);
      const start = performance.now();
      const probe = new Probe();
      probe.start(1_000);
      first.active();
      vi.advanceTimersByTime(900);
      first.active();
      vi.advanceTimersByTime(300);
      expect(probe.fired).toHaveLength(1);
      expect((probe.fired[0] ?? 0) - start).toBeGreaterThanOrEqual(1_000);
      expect((probe.fired[0] ?? 0) - start).toBeLessThanOrEqual(1_050);
    }
    expect(first.fired).toEqual([]);
    first.stop();
  });

  test("is put off by activity to its full duration from then", () => {
    const probe = new Probe();
    probe.start(1_000);
    for (let i = 0; i < 10; i++) {
      vi.advanceTimersByTime(990);
      probe.active();
    }
    const last = performance.now();
    expect(probe.fired).toEqual([]);
    vi.advanceTimersByTime(2_000);
    expect(probe.fired).toHaveLength(1);
    // Activity is noted by the tick in which it happens, so it may count as one tick earlier.
    expect((probe.fired[0] ?? 0) - last).toBeGreaterThanOrEqual(1_000);
    expect((probe.fired[0] ?? 0) - last).toBeLessThanOrEqual(1_050);
  });

  test("of Infinity never fires and needs no timer", () => {
    const probe = new Probe();
    probe.start(Number.POSITIVE_INFINITY);
    expect(vi.getTimerCount()).toBe(0);
    probe.active();
    probe.stop();
  });

  test("longer than a timer can wait does not fire at once", () => {
    const probe = new Probe();
    probe.start(Number.MAX_SAFE_INTEGER);
    vi.advanceTimersByTime(10_000);
    expect(probe.fired).toEqual([]);
    probe.stop();
  });

  test("that was stopped does not fire", () => {
    const probe = new Probe();
    probe.start(100);
    vi.advanceTimersByTime(99);
    probe.stop();
    probe.stop();
    vi.advanceTimersByTime(1_000);
    expect(probe.fired).toEqual([]);
  });

  test("that is started again has its new duration alone", () => {
    const probe = new Probe();
    probe.start(100);
    vi.advanceTimersByTime(50);
    probe.start(1_000);
    vi.advanceTimersByTime(999);
    expect(probe.fired).toEqual([]);
    vi.advanceTimersByTime(60);
    expect(probe.fired).toHaveLength(1);
  });

  test("may be started again when it fires", () => {
    const probe = new Probe();
    probe.also = () => probe.start(100);
    probe.start(100);
    vi.advanceTimersByTime(1_000);
    expect(probe.fired.length).toBe(9);
    probe.stop();
  });
});

describe("many time-outs", () => {
  test("of one duration share one timer, which goes with the next tick after the last", () => {
    const probes = Array.from({ length: 1_000 }, () => new Probe());
    for (const probe of probes) probe.start(500);
    expect(vi.getTimerCount()).toBe(1);
    const other = new Probe();
    other.start(700);
    expect(vi.getTimerCount()).toBe(2);
    for (const probe of probes.slice(1)) probe.stop();
    other.stop();
    vi.advanceTimersByTime(35);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(490);
    expect(probes[0]?.fired).toHaveLength(1);
    vi.advanceTimersByTime(25);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("that come one after the other share one timer as well", () => {
    const started = vi.spyOn(globalThis, "setInterval");
    const probe = new Probe();
    for (let i = 0; i < 100; i++) {
      probe.start(10_000);
      probe.stop();
      vi.advanceTimersByTime(4);
    }
    expect(started).toHaveBeenCalledTimes(1);
    started.mockRestore();
  });

  test("that are long have no timer as soon as the last is over", () => {
    const probe = new Probe();
    probe.start(3_600_000);
    probe.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("of many durations leave nothing behind when they are over", () => {
    const probes = Array.from({ length: 200 }, () => new Probe());
    for (const [i, probe] of probes.entries()) probe.start(100 + i);
    expect(deadlines.pendingDurations).toBe(200);
    for (const probe of probes.slice(0, 100)) probe.stop();
    // A twentieth of the longest of them.
    vi.advanceTimersByTime(10);
    expect(deadlines.pendingDurations).toBe(100);
    vi.advanceTimersByTime(1_000);
    expect(probes.map((probe) => probe.fired.length)).toEqual([...Array(100).fill(0), ...Array(100).fill(1)]);
    expect(deadlines.pendingDurations).toBe(0);
    const again = new Probe();
    again.start(100);
    vi.advanceTimersByTime(200);
    expect(again.fired).toHaveLength(1);
  });

  test("may stop each other when one fires", () => {
    const probes = Array.from({ length: 10 }, () => new Probe());
    for (const probe of probes) {
      probe.also = () => {
        for (const each of probes) each.stop();
      };
      probe.start(100);
    }
    vi.advanceTimersByTime(1_000);
    expect(probes.flatMap((probe) => probe.fired)).toHaveLength(1);
  });

  test("each keep their own time", () => {
    const probes = Array.from({ length: 40 }, () => new Probe());
    for (const probe of probes) {
      probe.start(1_000);
      vi.advanceTimersByTime(37);
    }
    vi.advanceTimersByTime(2_000);
    for (const [i, probe] of probes.entries()) {
      const waited = (probe.fired[0] ?? 0) - 37 * i;
      expect(waited).toBeGreaterThanOrEqual(1_000);
      expect(waited).toBeLessThanOrEqual(1_050);
    }
  });
});

test("a timer keeps no process alive", () => {
  vi.useRealTimers();
  const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const probe = new Probe();
  probe.start(60_000);
  // Timers that are not referenced are not listed.
  expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBe(before);
  probe.stop();
  vi.useFakeTimers();
});
