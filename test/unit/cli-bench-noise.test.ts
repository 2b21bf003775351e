// The noise floor that `wsimd bench` tells.
import { describe, expect, test } from "vitest";
import { RateSlices } from "../../src/cli/load/noise.js";

/** The noise of a run whose slices, 100 ms each, had these messages. */
function noiseOf(counts: readonly number[]) {
  const slices = new RateSlices(1000);
  let messages = 0;
  counts.forEach((count, i) => {
    messages += count;
    slices.cut(messages, 1000 + 100 * (i + 1));
  });
  return slices.noise;
}

describe("the noise of a run", () => {
  test("is none while the rate stays the same", () => {
    expect(noiseOf([50, 50, 50, 50])).toEqual({ floor: 0, tooNoisy: false });
  });

  test("is how far neighbours are apart, whichever has more", () => {
    expect(noiseOf([100, 104, 104, 100])?.floor).toBeCloseTo(0.04, 10);
    expect(noiseOf([100, 104, 104, 100])?.tooNoisy).toBe(false);
    expect(noiseOf([100, 125, 125, 100])?.floor).toBeCloseTo(0.25, 10);
    expect(noiseOf([100, 125, 125, 100])?.tooNoisy).toBe(true);
  });

  test("is not decided by one disturbance", () => {
    expect(noiseOf([100, 100, 100, 20, 100, 100, 100, 100])).toEqual({ floor: 0, tooNoisy: false });
  });

  test("counts time, as timers are late", () => {
    const slices = new RateSlices(0);
    slices.cut(100, 100);
    slices.cut(300, 300);
    expect(slices.noise).toEqual({ floor: 0, tooNoisy: false });
  });

  test.each([[[]], [[100]], [[100, 0]], [[0, 0]]])("is not known of %j", (counts) => {
    expect(noiseOf(counts)).toBeUndefined();
  });
});
