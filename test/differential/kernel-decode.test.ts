// `decode` of each kernel, compared with the reference decoder and with the other kernels.
import { describe, expect, it } from "vitest";
import * as layout from "../../src/kernel/generated/layout.js";
import { loadKernel } from "../../src/kernel/load.js";
import { type DecodeRules, referenceDecode, referenceLog } from "../support/reference-decode.js";
import { drive } from "../support/reference-driver.js";
import { Random } from "../support/reference-random.js";
import { frame, randomCuts, randomStream } from "../support/reference-stream.js";

const kernels = (["simd", "scalar", "js"] as const).map((name) => loadKernel(name));

/** Decodes on all kernels and with the reference, and compares. */
function compare(stream: Uint8Array, cuts: number[], rules: DecodeRules, label: string, align = 0): void {
  const reference = referenceDecode(stream, rules);
  const log = referenceLog(reference);
  let first: string[] | undefined;
  for (const kernel of kernels) {
    const where = `${label} on ${kernel.name}`;
    let result: ReturnType<typeof drive>;
    try {
      result = drive(kernel, stream, cuts, rules, reference.frames, align);
    } catch (error) {
      throw new Error(where, { cause: error });
    }
    if (!same(result.log, log)) expect(result.log, where).toEqual(log);
    first ??= result.trace;
    if (!same(result.trace, first)) expect(result.trace, where).toEqual(first);
  }
}

/** A quick look; `expect` takes its time, and is asked only to say what differs. */
function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i]);
}

const wide: DecodeRules = { fromServer: false, maxMessageBytes: Number.MAX_SAFE_INTEGER, maxFragments: 1000 };

describe("decode on all kernels, and one-shot by the reference", () => {
  it.each(Array.from({ length: 16 }, (_, i) => i))(
    "random streams, cut at random: seeds %i mod 16",
    (group) => {
      for (let seed = group; seed < 2400; seed += 16) {
        const random = new Random(seed);
        const rules = {
          fromServer: random.oneIn(3),
          maxMessageBytes: random.pick([
            0,
            100,
            125,
            126,
            1000,
            65535,
            70_000,
            2 ** 53 - 1,
            Number.POSITIVE_INFINITY,
          ]),
          maxFragments: random.pick([0, 1, 2, 5, 131_072, 131_072]),
        };
        if (random.oneIn(2)) Object.assign(rules, { maxMessageBytes: 2 ** 53 - 1, maxFragments: 1000 });
        // Now and then the frames are the other side's.
        const stream = randomStream(random, random.oneIn(30) ? !rules.fromServer : rules.fromServer, 8);
        if (stream.length > layout.READ_WINDOW_LENGTH - 16) continue;
        compare(stream, randomCuts(random, stream.length), rules, `seed ${seed}`, random.below(16));
      }
    },
  );

  it.each(Array.from({ length: 8 }, (_, i) => i))(
    "random streams in which messages may be compressed, and text unchecked, cut at random: seeds %i mod 8",
    (group) => {
      for (let seed = 10_000 + group; seed < 11_600; seed += 8) {
        const random = new Random(seed);
        const rules = {
          fromServer: random.oneIn(3),
          maxMessageBytes: random.pick([125, 1000, 70_000, 2 ** 53 - 1, 2 ** 53 - 1]),
          maxCompressedBytes: random.pick([125, 204, 1189, 78_814, Number.POSITIVE_INFINITY]),
          maxFragments: random.pick([1, 2, 131_072, 131_072]),
          // Now and then nothing was negotiated.
          rsv1: !random.oneIn(10),
          uncheckedText: random.oneIn(4),
        };
        const stream = randomStream(random, rules.fromServer, 8, true);
        if (stream.length > layout.READ_WINDOW_LENGTH - 16) continue;
        compare(stream, randomCuts(random, stream.length), rules, `seed ${seed}`, random.below(16));
      }
    },
  );

  it("every first byte where messages may be compressed, between messages and inside of one", () => {
    const random = new Random(6);
    for (const fromServer of [false, true]) {
      const rules = { ...wide, fromServer, rsv1: true };
      for (const before of [[], [0x01], [0x41], [0x42]]) {
        for (let first = 0; first < 256; first++) {
          for (const length of [0, 1, 2, 17, 126]) {
            const frames = [...before, first, 0x80, 0x81].map((byte, i) =>
              frame(random, byte, i === before.length ? random.bytes(length) : [0xff, 0x41], fromServer),
            );
            const stream = Uint8Array.from(frames.flat());
            compare(stream, randomCuts(random, stream.length), rules, `first bytes ${before} ${first}`);
          }
        }
      }
    }
  });

  it("every two-byte start, in one chunk and in two", () => {
    const random = new Random(1);
    for (const fromServer of [false, true]) {
      for (let first = 0; first < 256; first++) {
        for (let second = 0; second < 256; second++) {
          const stream = Uint8Array.from([first, second, ...random.bytes(random.below(12))]);
          const rules = { ...wide, fromServer, maxMessageBytes: 100 };
          const cuts = random.oneIn(2) ? [0, stream.length] : [0, 1, stream.length];
          compare(stream, cuts, rules, `bytes ${first} ${second}`);
        }
      }
    }
  });

  it("frames of every length around the edges of the length forms and vectors", () => {
    const random = new Random(2);
    const lengths = [...Array.from({ length: 200 }, (_, i) => i), 65_400, 65_500];
    for (const length of lengths) {
      for (const fromServer of [false, true]) {
        for (const opcode of [1, 2]) {
          const ascii = Uint8Array.from({ length }, () => random.below(128));
          if (length > 0 && random.oneIn(8)) ascii[random.below(length)] = 0xff;
          const stream = Uint8Array.from(frame(random, 0x80 | opcode, ascii, fromServer));
          const cuts = randomCuts(random, Math.min(stream.length, 400));
          compare(
            stream,
            [...cuts, stream.length],
            { ...wide, fromServer },
            `length ${length} opcode ${opcode}`,
            length % 17,
          );
        }
      }
    }
  });

  it("messages of one frame around each length form, with each limit around them, and with their headers cut", () => {
    const random = new Random(7);
    for (const length of [124, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536]) {
      for (const opcode of [1, 2]) {
        const message = frame(random, 0x80 | opcode, new Uint8Array(length).fill(0x61), false);
        const short = frame(random, 0x81, [0x62], false);
        const stream = Uint8Array.from([...short, ...message, ...short]);
        const begin = short.length;
        const end = begin + message.length;
        for (const limit of [length - 1, length, length + 1])
          compare(
            stream,
            [0, stream.length],
            { ...wide, maxMessageBytes: limit },
            `${length} within ${limit}`,
          );
        const cuts = [...Array.from({ length: 15 }, (_, i) => begin + i), end - 1, end, end + 1];
        for (const cut of cuts)
          compare(stream, [0, cut, stream.length], wide, `${length} of ${opcode} cut at ${cut}`);
      }
    }
  });

  it("messages of one frame whose length has more bytes than it needs, or no mask", () => {
    const random = new Random(8);
    const payload = random.bytes(300);
    const lengths = [
      [0xfe, 0, 0],
      [0xfe, 0, 125],
      [0xfe, 0, 126],
      [0xff, 0, 0, 0, 0, 0, 0, 0, 126],
      [0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
      [0x7e, 0, 126],
      [0x7d],
    ];
    for (const bytes of lengths)
      for (const before of [[], frame(random, 0x82, payload, false)]) {
        const stream = Uint8Array.from([...before, 0x82, ...bytes, ...payload]);
        compare(stream, [0, stream.length], wide, `length ${bytes} behind ${before.length}`);
      }
  });

  it("text of one frame that is not valid, at each place, in front of another message", () => {
    const random = new Random(9);
    const text = new TextEncoder().encode("aé€😀".repeat(20));
    const places = Array.from(text, (_, i) => i);
    for (const length of [text.length, 124, 126, 130])
      for (const bad of [-1, ...places.filter((at) => at < length)]) {
        const sent = text.slice(0, length);
        if (bad >= 0) sent[bad] = 0xff;
        const frames = [frame(random, 0x81, sent, false), frame(random, 0x82, [1], false)];
        const stream = Uint8Array.from(frames.flat());
        compare(stream, [0, stream.length], wide, `${length} bytes, bad at ${bad}`);
      }
  });

  it("more frames than there are records, in any state when the table is full", () => {
    const random = new Random(3);
    for (const size of [0, 1, 2, 3]) {
      for (const firsts of [
        [0x81],
        [0x89, 0x81, 0x82],
        [0x01, 0x00, 0x80],
        [0x01, 0x89, 0x80],
        [0xc1, 0x42, 0x80],
      ]) {
        const frames = Array.from({ length: 9_300 }, (_, i) => firsts[i % firsts.length] ?? 0);
        const payload = [0x41, 0x42, 0x43].slice(0, size);
        const stream = Uint8Array.from(frames.flatMap((first) => frame(random, first, payload, false)));
        const length = Math.min(stream.length, layout.READ_WINDOW_LENGTH);
        const rules = { ...wide, rsv1: true };
        compare(stream.subarray(0, length), [0, length], rules, `frames ${firsts} of ${size} bytes`);
      }
    }
  });

  it("a bad byte in the frame that takes the last two records", () => {
    const random = new Random(4);
    for (const before of [4093, 4094, 4095, 4096]) {
      const pings = Array.from({ length: before }, () => frame(random, 0x8a, [], false)).flat();
      const text = frame(random, 0x81, [0x41, 0xff], false);
      compare(
        Uint8Array.from([...pings, ...text]),
        [0, pings.length + text.length],
        wide,
        `${before} frames before`,
      );
    }
  });

  it("a character cut at every byte by frames, and again by chunks", () => {
    const random = new Random(5);
    const text = [...new TextEncoder().encode("aé€😀é€😀zzzzzzzzzzzzzzzz😀")];
    for (let cut = 0; cut <= text.length; cut++) {
      for (let bad = -1; bad < text.length; bad++) {
        const sent = [...text];
        if (bad >= 0) sent[bad] = 0xc1;
        const stream = Uint8Array.from([
          ...frame(random, 0x01, sent.slice(0, cut), false),
          ...frame(random, 0x89, [0x80], false),
          ...frame(random, 0x80, sent.slice(cut, random.oneIn(3) ? -1 : undefined), false),
        ]);
        compare(stream, randomCuts(random, stream.length), wide, `cut ${cut} bad ${bad}`);
      }
    }
  });
});
