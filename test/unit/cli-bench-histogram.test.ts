// The latency histogram of `wsimd bench`.
import { describe, expect, test } from "vitest";
import { Histogram } from "../../src/cli/load/histogram.js";

describe("the latency histogram", () => {
  test("is exact below 256 units of 100 ns", () => {
    const histogram = new Histogram();
    for (let us = 0.1; us < 25.6; us += 0.1) histogram.record(us / 1000 + 1e-9);
    expect(histogram.quantileUs(0)).toBe(0.1);
    expect(histogram.quantileUs(0.5)).toBe(12.8);
    expect(histogram.quantileUs(1)).toBe(25.5);
  });

  test("is off by less than 1 % at any magnitude", () => {
    for (let ms = 0.0001; ms < 400_000; ms *= 1.0173) {
      const histogram = new Histogram();
      // A second, much higher value keeps the first from being known exactly as the highest.
      histogram.record(ms);
      histogram.record(429_000);
      const error = Math.abs(histogram.quantileUs(0.5) - ms * 1000);
      // Where a unit is more than 1 %, it is cut off to a whole one.
      expect(error).toBeLessThanOrEqual(Math.max(ms * 10, 0.1001));
    }
  });

  test("puts every value into a bucket that holds its neighbours", () => {
    let before = -1;
    for (let unit = 0; unit < 5000; unit++) {
      const histogram = new Histogram();
      histogram.record(unit / 10_000 + 1e-9);
      histogram.record(1e5);
      histogram.record(1e5);
      const value = histogram.quantileUs(1 / 3);
      expect(value).toBeGreaterThanOrEqual(before);
      before = value;
    }
  });

  test("tells quantiles like a sorted list does", () => {
    const histogram = new Histogram();
    const values: number[] = [];
    let state = 1;
    for (let i = 0; i < 10_000; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      const ms = 0.01 * 1.0005 ** (state % 20_000);
      values.push(ms);
      histogram.record(ms);
    }
    values.sort((a, b) => a - b);
    for (const share of [0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1]) {
      const exact = (values[Math.ceil(share * values.length) - 1] ?? 0) * 1000;
      expect(Math.abs(histogram.quantileUs(share) - exact) / exact).toBeLessThan(0.01);
    }
    const mean = (1000 * values.reduce((sum, value) => sum + value, 0)) / values.length;
    expect(Math.abs(histogram.meanUs - mean)).toBeLessThan(0.1);
    expect(histogram.maxUs).toBeCloseTo((values.at(-1) ?? 0) * 1000, 0);
  });

  test("takes no rank more for a product that rounding put above a whole number", () => {
    const histogram = new Histogram();
    for (let us = 1; us <= 1000; us++) histogram.record(us / 1000);
    expect(Math.abs(histogram.quantileUs(0.999) - 999)).toBeLessThan(999 / 256);
    expect(histogram.count).toBe(1000);
  });

  test("survives what no latency is", () => {
    const histogram = new Histogram();
    for (const odd of [-1, Number.NaN, 0, 1e12, Number.POSITIVE_INFINITY]) histogram.record(odd);
    expect(histogram.quantileUs(0.5)).toBe(0);
    expect(histogram.maxUs).toBeGreaterThan(4e8);
  });

  test("is 0 when empty", () => {
    const histogram = new Histogram();
    expect([histogram.quantileUs(0.5), histogram.meanUs, histogram.maxUs]).toEqual([0, 0, 0]);
  });
});
