// Inflating messages: what RFC 7692, section 7.2.2, and RFC 1951 want, at every place where input or output may stop.
import { constants, deflateRawSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import * as layout from "../../../../src/kernel/generated/deflate-layout.js";
import { BitWriter, DEFLATE_KERNELS, DeflateHarness, TAIL } from "../../../support/deflate-kernel.js";
import { concat, hex } from "../../../support/hex.js";
import { Random } from "../../../support/reference-random.js";

const { INFLATE_BAD_DATA, INFLATE_DONE, INFLATE_OUTPUT_FULL } = layout;
const HELLO = Buffer.from("Hello");
const NOTHING = new Uint8Array(0);

/** A message as zlib compresses it. */
function zlibbed(payload: Uint8Array, level = 6): Uint8Array {
  return deflateRawSync(payload, { level, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -TAIL.length);
}

/** Text of some 5,000 bytes, its matches near and far. */
const TEXT = Buffer.from(
  Array.from({ length: 300 }, (_, i) => `{"id":${i * 7919},"name":"user ${i % 17}"}`).join(),
);

describe.each(DEFLATE_KERNELS)("inflate [%s]", (name) => {
  const harness = new DeflateHarness(name);
  afterEach(() => expect(harness.overwritten()).toEqual([]));

  describe("RFC 7692, section 7.2.2", () => {
    const MESSAGES: readonly (readonly [title: string, bytes: string, text: string])[] = [
      [
        "7.2.3.1: a message in one block, of which 00 00 FF FF was taken off",
        "f2 48 cd c9 c9 07 00",
        "Hello",
      ],
      ["7.2.3.3: a block without compression", "00 05 00 fa ff 48 65 6c 6c 6f 00", "Hello"],
      ["7.2.3.4: a block with BFINAL, and an empty one", "f3 48 cd c9 c9 07 00 00", "Hello"],
      ["7.2.3.4: a block with BFINAL, and nothing", "f3 48 cd c9 c9 07 00", "Hello"],
      [
        "7.2.3.5: two blocks, with 00 00 FF FF between them",
        "f2 48 05 00 00 00 ff ff ca c9 c9 07 00",
        "Hello",
      ],
      ["7.2.3.6: an empty message", "00", ""],
      [
        "blocks with BFINAL, each followed by another",
        "f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00 00",
        "HelloHello",
      ],
      [
        "a stored block with BFINAL, then another",
        "01 05 00 fa ff 48 65 6c 6c 6f f2 48 cd c9 c9 07 00",
        "HelloHello",
      ],
      [
        "empty blocks of all types around one",
        "00 00 00 ff ff 02 00 00 00 ff ff f2 48 cd c9 c9 07 00 00 00 ff ff 00",
        "Hello",
      ],
    ];

    test.each(MESSAGES)("%s", (_, bytes, text) => {
      const input = hex(bytes);
      for (let cut = 0; cut <= input.length; cut++) {
        const found = harness.inflate(input, { sizes: [cut, input.length] });
        expect([found.status, found.output.toString()], `cut at ${cut}`).toEqual([INFLATE_DONE, text]);
      }
    });

    test("7.2.3.2: a message refers to the ones before it", () => {
      const input = hex("f2 00 11 00 00");
      expect(harness.inflate(input, { window: HELLO })).toEqual({ status: INFLATE_DONE, output: HELLO });
      expect(harness.inflate(input).status).toBe(INFLATE_BAD_DATA);
    });

    test.each([8, 9, 12, 15])(
      "a reference within a window of 2^%i bytes is followed, one beyond is bad data",
      (windowBits) => {
        const most = 2 ** windowBits;
        const window = new Random(windowBits).bytes(32_768);
        for (const codes of ["fixed", "dynamic"] as const) {
          const inside = harness.inflate(matchAt(most, codes), { window, windowBits });
          expect(inside).toEqual({
            status: INFLATE_DONE,
            output: Buffer.from(window.slice(-most).subarray(0, 3)),
          });
          if (windowBits === 15) continue;
          expect(harness.inflate(matchAt(most + 1, codes), { window, windowBits }).status).toBe(
            INFLATE_BAD_DATA,
          );
          // Not the window's bytes are missing, only the right to refer to them.
          expect(harness.inflate(matchAt(most + 1, codes), { window }).status).toBe(INFLATE_DONE);
        }
      },
    );
  });

  describe("messages in pieces", () => {
    test.each([0, 1, 6, 9])("of level %i, cut at every place, and byte by byte", (level) => {
      const input = zlibbed(TEXT.subarray(0, 700), level);
      for (let cut = 0; cut <= input.length; cut++) {
        const found = harness.inflate(input, { sizes: [cut, input.length], swapped: cut % 2 === 0 });
        expect(found, `cut at ${cut}`).toEqual({ status: INFLATE_DONE, output: TEXT.subarray(0, 700) });
      }
      for (const room of [1, 2, 300, 5000])
        expect(harness.inflate(input, { sizes: [1], room, swapped: true }).output).toEqual(
          TEXT.subarray(0, 700),
        );
    });

    test("a stored block does not give back bytes of the bit buffer that came with the call before", () => {
      // Fixed codes, then a stored block: the bits of both are in the buffer when the first call ends.
      const stored = concat([hex("f2 48 cd c9 c9 07 00 20 00 df ff"), TEXT.subarray(0, 32), hex("00")]);
      const expected = Buffer.concat([HELLO, TEXT.subarray(0, 32)]);
      for (let first = 1; first <= stored.length; first++) {
        for (const room of [1, 2, 6, 7, 8, 9, 99]) {
          const found = harness.inflate(stored, { sizes: [first, stored.length], room });
          expect(found, `${first}, room for ${room}`).toEqual({ status: INFLATE_DONE, output: expected });
        }
      }
    });

    test("room for output that ends anywhere", () => {
      const input = zlibbed(TEXT);
      for (let room = 1; room < 600; room += 7) {
        const found = harness.inflate(input, { room, swapped: room % 2 === 0 });
        expect(found, `room for ${room}`).toEqual({ status: INFLATE_DONE, output: TEXT });
      }
    });
  });

  test("the limit of output is exact", () => {
    for (const payload of [HELLO, TEXT, new Uint8Array(70_000)]) {
      for (const level of [0, 6]) {
        const input = zlibbed(payload, level);
        const { length } = payload;
        expect(harness.inflate(input, { limit: length })).toEqual({
          status: INFLATE_DONE,
          output: Buffer.from(payload),
        });
        for (const limit of [length - 1, 1]) {
          const found = harness.inflate(input, { limit });
          expect([found.status, found.output.length]).toEqual([INFLATE_OUTPUT_FULL, limit]);
        }
      }
    }
  });

  test("a bomb is read no further than its output has room", () => {
    const bomb = zlibbed(new Uint8Array(1 << 24), 9);
    expect((1 << 24) / bomb.length).toBeGreaterThan(1000);
    const found = harness.inflate(bomb.subarray(0, 200_000), { limit: 50_000 });
    expect([found.status, found.output.length]).toEqual([INFLATE_OUTPUT_FULL, 50_000]);
  });

  const BAD: readonly (readonly [title: string, input: Uint8Array])[] = [
    ["a block of the type 11", hex("06")],
    ["a stored block whose length is not confirmed", hex("00 05 00 fb ff 48 65 6c 6c 6f 00")],
    ["a stored block that is cut off", hex("00 05 00 fa ff 48 65 6c")],
    ["codes that are cut off", hex("f2 48 cd")],
    [
      "the fixed code of no literal",
      new BitWriter().put(2, 3).code(0b11000110, 8).code(0, 7).put(0, 3).bytes(),
    ],
    [
      "the fixed code of no distance",
      new BitWriter().put(2, 3).code(1, 7).code(30, 5).code(0, 7).put(0, 3).bytes(),
    ],
    ["287 literal codes", new BitWriter().put(4, 3).put(30, 5).put(0, 5).put(0, 4).put(0, 32).bytes()],
    ["31 distance codes", new BitWriter().put(4, 3).put(0, 5).put(30, 5).put(0, 4).put(0, 32).bytes()],
    ["a precode without symbols", new BitWriter().put(4, 3).put(0, 14).put(0, 12).put(0, 64).bytes()],
    [
      "a precode of too many symbols",
      new BitWriter().put(4, 3).put(0, 14).put(0b001_001_001_001, 12).put(0, 64).bytes(),
    ],
    [
      "a repetition of nothing",
      new BitWriter().put(4, 3).put(0, 14).put(0b001_000_000_001, 12).put(0, 64).bytes(),
    ],
    [
      "no code for the end of a block",
      dynamicBlock(
        [
          [0, 8],
          [255, 8],
        ],
        [1],
      ),
    ],
    [
      "literal codes that leave room",
      dynamicBlock(
        [
          [0, 2],
          [256, 2],
        ],
        [1],
      ),
    ],
    [
      "distance codes that leave room",
      dynamicBlock(
        [
          [0, 1],
          [256, 1],
        ],
        [2, 2],
      ),
    ],
  ];

  test.each(BAD)("bad data: %s, whole and byte by byte", (_, input) => {
    expect(harness.inflate(input).status).toBe(INFLATE_BAD_DATA);
    expect(harness.inflate(input, { sizes: [1] }).status).toBe(INFLATE_BAD_DATA);
  });

  test("what came before bad data is output, and nothing of what was put at the end", () => {
    const cut = zlibbed(TEXT);
    for (const length of [100, 300, cut.length - 1]) {
      const whole = harness.inflate(cut.subarray(0, length));
      const bytes = harness.inflate(cut.subarray(0, length), { sizes: [1] });
      expect(whole.status).toBe(INFLATE_BAD_DATA);
      expect(whole).toEqual(bytes);
      expect(TEXT.subarray(0, whole.output.length)).toEqual(whole.output);
    }
  });

  test("a block with BFINAL that is cut off is not completed by the bytes that are put at the end", () => {
    // Seven bits are missing, the code of the block's end, and 00 would be that.
    const cut = new BitWriter()
      .put(3, 3)
      .code(0x30 + 0x41, 8)
      .put(0, 5)
      .align()
      .bytes();
    expect(harness.inflate(cut.subarray(0, 1)).status).toBe(INFLATE_BAD_DATA);
    expect(
      harness.inflate(
        new BitWriter()
          .put(3, 3)
          .code(0x30 + 0x41, 8)
          .put(0, 5)
          .bytes(),
      ).status,
    ).toBe(INFLATE_BAD_DATA);
    expect(
      harness.inflate(
        new BitWriter()
          .put(3, 3)
          .code(0x30 + 0x41, 8)
          .put(0, 7)
          .bytes(),
      ).status,
    ).toBe(INFLATE_DONE);
  });

  test("a code of one symbol, and a distance code of none", () => {
    const input = dynamicBlock([[256, 1]], [0]);
    expect(harness.inflate(input)).toEqual({ status: INFLATE_DONE, output: Buffer.from(NOTHING) });
  });

  test("a message leaves nothing for the next one", () => {
    expect(harness.inflate(zlibbed(TEXT).subarray(0, 99)).status).toBe(INFLATE_BAD_DATA);
    expect(harness.inflate(hex("f2 48 cd c9 c9 07 00"))).toEqual({ status: INFLATE_DONE, output: HELLO });
  });
});

const EXTRA = (symbol: number): number => (symbol < 4 ? 0 : (symbol - 2) >> 1);

/** A match of three bytes. */
function matchAt(distance: number, codes: "fixed" | "dynamic"): Uint8Array {
  let symbol = 0;
  let base = 1;
  while (base + 2 ** EXTRA(symbol) <= distance) base += 2 ** EXTRA(symbol++);
  const writer = new BitWriter();
  if (codes === "fixed")
    return end(writer.put(2, 3).code(1, 7).code(symbol, 5), symbol, distance - base).bytes();
  // The codes 0 and 1 for the end and the length of three, and one bit for the distance.
  const lengths = new Array<number>(258 + symbol + 1).fill(0);
  lengths[256] = 1;
  lengths[257] = 1;
  lengths[258 + symbol] = 1;
  putLengths(writer, 258, symbol + 1, lengths);
  writer
    .put(1, 1)
    .put(0, 1)
    .put(distance - base, EXTRA(symbol))
    .put(0, 1);
  return writer.put(0, 3).bytes();
}

function end(writer: BitWriter, symbol: number, extra: number): BitWriter {
  return writer.put(extra, EXTRA(symbol)).code(0, 7).put(0, 3);
}

/** A header with a precode of eight bits of all lengths up to 15, so that each length is a code of four bits. */
function putLengths(
  writer: BitWriter,
  literals: number,
  distances: number,
  lengths: readonly number[],
): void {
  writer
    .put(4, 3)
    .put(literals - 257, 5)
    .put(distances - 1, 5)
    .put(15, 4);
  for (let i = 0; i < 19; i++) writer.put(i < 3 ? 0 : 4, 3);
  for (const length of lengths) writer.code(length, 4);
}

/** A block with these literal codes, its end, and an empty block. */
function dynamicBlock(
  literals: readonly (readonly [symbol: number, length: number])[],
  distances: readonly number[],
): Uint8Array {
  const lengths = new Array<number>(257).fill(0);
  for (const [symbol, length] of literals) lengths[symbol] = length;
  const writer = new BitWriter();
  putLengths(writer, 257, distances.length, [...lengths, ...distances]);
  return writer.put(0, 1).put(0, 3).bytes();
}
