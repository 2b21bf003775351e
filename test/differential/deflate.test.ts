// Both deflate kernels against zlib, on payloads of all kinds, and against each other.
import { describe, expect, test } from "vitest";
import * as layout from "../../src/kernel/generated/deflate-layout.js";
import { randomPayload, zlibCompressed, zlibInflated } from "../support/deflate-data.js";
import { DEFLATE_KERNELS, DeflateHarness } from "../support/deflate-kernel.js";
import { Random } from "../support/reference-random.js";

const { INFLATE_DONE, INFLATE_OUTPUT_FULL } = layout;
const SEED = 0x7692;
const ROUNDS = 60;

describe.each(DEFLATE_KERNELS)("the deflate kernel [%s] and zlib", (name) => {
  const harness = new DeflateHarness(name);

  test("inflate what zlib deflates, whole, in pieces, and with exact limits", () => {
    const random = new Random(SEED);
    for (let round = 0; round < ROUNDS; round++) {
      const payload = randomPayload(random);
      const { bytes, windowBits, title } = zlibCompressed(random, payload);
      const sizes =
        bytes.length < 5000 && random.oneIn(3)
          ? [1]
          : Array.from({ length: 5 }, () => random.between(0, 400) + 1);
      const room = random.between(300, 5300);
      const pieces = { windowBits, sizes, room, swapped: random.oneIn(2) };
      for (const options of [{ windowBits }, { windowBits, limit: payload.length }, pieces]) {
        const found = harness.inflate(bytes, options);
        expect(found.status, `round ${round}: ${title}`).toBe(INFLATE_DONE);
        expect(Buffer.compare(found.output, payload), `round ${round}: ${title}`).toBe(0);
      }
      if (payload.length > 0)
        expect(harness.inflate(bytes, { limit: payload.length - 1 }).status).toBe(INFLATE_OUTPUT_FULL);
    }
    expect(harness.overwritten()).toEqual([]);
  });

  test("what is accepted of changed bytes, zlib accepts with the same output", () => {
    const random = new Random(SEED + 1);
    let accepted = 0;
    for (let round = 0; round < 4 * ROUNDS; round++) {
      const bytes = zlibCompressed(random, randomPayload(random, 3000)).bytes.slice(0, 600);
      for (let i = random.between(1, 3); i > 0 && bytes.length > 0; i--) {
        const at = random.below(bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      }
      const whole = harness.inflate(bytes, { limit: 1 << 20 });
      const pieces = harness.inflate(bytes, { limit: 1 << 20, sizes: [1, 3, 7], room: 500, swapped: true });
      expect(pieces.status).toBe(whole.status);
      expect(Buffer.compare(pieces.output, whole.output), `round ${round}`).toBe(0);
      if (whole.status !== INFLATE_DONE) continue;
      accepted++;
      // zlib stops at BFINAL, and ours goes on.
      const theirs = zlibInflated([bytes]);
      expect(Buffer.compare(whole.output.subarray(0, theirs.length), theirs), `round ${round}`).toBe(0);
    }
    expect(accepted).toBeGreaterThan(ROUNDS / 4);
    expect(harness.overwritten()).toEqual([]);
  });

  test("zlib inflates what is deflated, in every way", () => {
    const random = new Random(SEED + 2);
    for (let round = 0; round < ROUNDS; round++) {
      const payload = randomPayload(random);
      const options = {
        fast: random.oneIn(2),
        hashBits: random.between(7, 13),
        windowBits: random.between(8, 15),
      };
      const encoded = harness.deflate(payload, options);
      expect(Buffer.compare(zlibInflated([encoded], options.windowBits), payload), `round ${round}`).toBe(0);
      expect(encoded.length).toBeLessThanOrEqual(payload.length * 1.125 + 64);
    }
    expect(harness.overwritten()).toEqual([]);
  });

  test("zlib inflates messages that refer to the ones before", () => {
    const random = new Random(SEED + 3);
    for (let round = 0; round < ROUNDS / 6; round++) {
      const windowBits = random.between(8, 15);
      const options = { windowBits, hashBits: random.between(7, 13), fast: random.oneIn(3) };
      const payloads = Array.from({ length: 20 }, () => randomPayload(random, 20_000));
      const encoded = payloads.map((payload, i) =>
        i === 0 ? harness.deflate(payload, options) : harness.deflateNext(payload, options),
      );
      expect(
        Buffer.compare(zlibInflated(encoded, windowBits), Buffer.concat(payloads)),
        `round ${round}`,
      ).toBe(0);
      let window = new Uint8Array(0);
      for (const [i, bytes] of encoded.entries()) {
        const { output } = harness.inflate(bytes, { windowBits, window });
        expect(Buffer.compare(output, payloads[i] ?? window), `round ${round}`).toBe(0);
        window = Buffer.concat([window, output]).subarray(-(2 ** windowBits));
      }
    }
    expect(harness.overwritten()).toEqual([]);
  });
});

test("both kernels deflate to the same bytes", () => {
  const random = new Random(SEED + 4);
  const [simd, scalar] = [new DeflateHarness("simd"), new DeflateHarness("scalar")];
  for (let round = 0; round < ROUNDS; round++) {
    const payload = randomPayload(random);
    const fast = random.oneIn(3);
    expect(Buffer.compare(simd.deflate(payload, { fast }), scalar.deflate(payload, { fast }))).toBe(0);
  }
});
