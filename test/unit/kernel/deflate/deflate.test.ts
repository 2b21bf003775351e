// Deflating messages: what RFC 7692, section 7.2.1, wants, and what a block costs.
import { afterEach, describe, expect, test } from "vitest";
import * as layout from "../../../../src/kernel/generated/deflate-layout.js";
import { zlibInflated } from "../../../support/deflate-data.js";
import { DEFLATE_KERNELS, DeflateHarness, TAIL } from "../../../support/deflate-kernel.js";
import { hex } from "../../../support/hex.js";
import { Random } from "../../../support/reference-random.js";

const { INFLATE_DONE, DEFLATE_MOST_BYTES } = layout;
const NOTHING = new Uint8Array(0);
const TEXT = Buffer.from(
  Array.from({ length: 300 }, (_, i) => `{"id":${i * 7919},"name":"user ${i % 17}"}`).join(),
);

/** The type of the first block: 0 stored, 1 fixed, 2 dynamic. */
const typeOf = (encoded: Uint8Array): number => ((encoded[0] ?? 0) >> 1) & 3;

describe.each(DEFLATE_KERNELS)("deflate [%s]", (name) => {
  const harness = new DeflateHarness(name);
  afterEach(() => expect(harness.overwritten()).toEqual([]));

  describe("RFC 7692, section 7.2.1", () => {
    test("a message ends with an empty stored block, of which 00 00 FF FF is taken off", () => {
      for (const length of [1, 5, 63, 64, 700, TEXT.length]) {
        const encoded = harness.deflate(TEXT.subarray(0, length));
        expect(encoded.subarray(-4)).not.toEqual(Buffer.from(TAIL));
        // With BFINAL in no block: zlib takes all, and waits for more.
        expect(zlibInflated([encoded, encoded])).toEqual(
          Buffer.concat([TEXT.subarray(0, length), TEXT.subarray(0, length)]),
        );
      }
    });

    test("7.2.3.6: an empty message is 00", () => {
      expect(harness.deflate(NOTHING)).toEqual(Buffer.from(hex("00")));
    });

    test("a part before the last ends with 00 00 FF FF", () => {
      const parts = [TEXT.subarray(0, 100), NOTHING, TEXT.subarray(100, 1000), new Random(1).bytes(50)];
      const encoded = parts.map((part, i) =>
        i === 0 ? harness.deflate(part, { more: true }) : harness.deflateNext(part, { more: i < 3 }),
      );
      for (const part of encoded.slice(0, 3)) expect(part.subarray(-4)).toEqual(Buffer.from(TAIL));
      expect(zlibInflated([Buffer.concat(encoded)])).toEqual(Buffer.concat(parts));
      expect(harness.inflate(Buffer.concat(encoded))).toEqual({
        status: INFLATE_DONE,
        output: Buffer.concat(parts),
      });
    });

    test.each([8, 9, 10, 11, 12, 13, 14, 15])(
      "no match is farther away than a window of 2^%i bytes",
      (windowBits) => {
        const random = new Random(windowBits);
        const chunk = random.bytes(60);
        const lengths = [2 ** windowBits - 60, 2 ** windowBits - 59].map((gap) => {
          const payload = Buffer.concat([chunk, new Uint8Array(gap), chunk]);
          const encoded = harness.deflate(payload, { windowBits });
          expect(harness.inflate(encoded, { windowBits })).toEqual({ status: INFLATE_DONE, output: payload });
          return encoded.length;
        });
        // Just within the window, the second chunk is a match; else it is not.
        const [inside = 0, outside = 0] = lengths;
        expect(outside).toBeGreaterThan(inside + 40);
      },
    );

    test("a message may refer to the ones before it", () => {
      const first = harness.deflate(TEXT);
      const second = harness.deflateNext(TEXT);
      expect(second.length).toBeLessThan(first.length / 8);
      expect(zlibInflated([first, second])).toEqual(Buffer.concat([TEXT, TEXT]));
    });
  });

  test("bytes that do not shrink are stored, with 6 bytes more in all", () => {
    for (const length of [100, 1000, DEFLATE_MOST_BYTES]) {
      const payload = new Random(length).bytes(length);
      const encoded = harness.deflate(payload);
      expect([typeOf(encoded), encoded.length]).toEqual([0, length + 6]);
      expect(zlibInflated([encoded])).toEqual(Buffer.from(payload));
    }
  });

  test("bytes without matches are not skipped past their end: those behind it change nothing", () => {
    const random = new Random(7);
    for (let length = 4000; length < 9000; length += 37) {
      const payload = Uint8Array.from({ length }, () => random.below(120));
      const encoded = harness.deflate(payload, { behind: 0x00 });
      expect(zlibInflated([encoded]), `${length} bytes`).toEqual(Buffer.from(payload));
      expect(harness.deflate(payload, { behind: 0xff }), `${length} bytes`).toEqual(encoded);
    }
  });

  test("codes of its own are chosen only for a block whose header was built", () => {
    // Few symbols of different kinds: their own codes gain less than any header costs, but they gain.
    const types = [0, 0, 0];
    for (let seed = 0; seed < 600; seed++) {
      const random = new Random(seed);
      const once = random.bytes(random.between(10, 80));
      const payload = Buffer.concat([once, once, once.subarray(3), once]);
      const encoded = harness.deflate(payload);
      types[typeOf(encoded)] = (types[typeOf(encoded)] ?? 0) + 1;
      if (payload.length >= 64) expect(zlibInflated([encoded]), `seed ${seed}`).toEqual(payload);
      // The next one has a header, which must not be taken for that of the one after.
      harness.deflate(TEXT.subarray(seed, seed + 900));
    }
    expect(types[1]).toBeGreaterThan(300);
  });

  test("no literal's code is longer than the writer takes, however rare the literal is", () => {
    const counts = [1, 1];
    while (counts.length < 22) counts.push((counts.at(-1) ?? 0) + (counts.at(-2) ?? 0));
    const bytes = counts.flatMap((count, symbol) => new Array<number>(count).fill(symbol));
    const random = new Random(3);
    for (let i = bytes.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [bytes[i], bytes[j]] = [bytes[j] ?? 0, bytes[i] ?? 0];
    }
    const payload = Uint8Array.from(bytes);
    expect(payload.length).toBeGreaterThan(28_000);
    expect(Buffer.compare(zlibInflated([harness.deflate(payload)]), payload)).toBe(0);
  });

  test("what was deflated before changes nothing of a message that begins anew", () => {
    const alone = new DeflateHarness(name).deflate(TEXT);
    harness.deflate(new Random(5).bytes(5000), { hashBits: 13 });
    expect(harness.deflate(TEXT)).toEqual(alone);
  });

  test("long messages in several blocks", () => {
    const payload = Buffer.concat(Array.from({ length: 40 }, () => TEXT));
    expect(payload.length).toBeGreaterThan(3 * DEFLATE_MOST_BYTES);
    const encoded = harness.deflate(payload);
    expect(Buffer.compare(zlibInflated([encoded]), payload)).toBe(0);
    expect(encoded.length).toBeLessThan(payload.length / 20);
  });
});
