// What a kernel is not given it leaves as it is: all of the memory is looked at after each call.
import { describe, expect, test } from "vitest";
import * as layout from "../../src/kernel/generated/layout.js";
import type { Kernel } from "../../src/kernel/kernel.js";
import { loadKernel } from "../../src/kernel/load.js";
import { Random } from "../support/reference-random.js";
import { randomStream } from "../support/reference-stream.js";
import { randomText } from "../support/reference-utf8.js";

type Range = readonly [from: number, to: number];

/** The windows that bytes are masked and validated in. */
const WINDOWS: readonly Range[] = [
  [layout.READ_WINDOW_PTR, layout.READ_WINDOW_PTR + layout.READ_WINDOW_LENGTH],
  ...Array.from({ length: layout.WRITE_WINDOWS }, (_, i): Range => {
    const ptr = layout.WRITE_WINDOW_PTR + i * layout.WRITE_WINDOW_STRIDE;
    return [ptr, ptr + layout.WRITE_WINDOW_LENGTH];
  }),
  [layout.SCRATCH_WINDOW_PTR, layout.SCRATCH_WINDOW_PTR + layout.SCRATCH_WINDOW_LENGTH],
];
const STATE: Range = [layout.STATE_PTR, layout.STATE_PTR + layout.STATE_LENGTH];
const RECORDS_END = layout.RECORDS_PTR + layout.MAX_RECORDS * layout.RECORD_LENGTH;

/** A kernel in whose memory everything but the tables is noise. */
class Watched {
  readonly kernel: Kernel;
  readonly #memory: Buffer;
  readonly #before: Buffer;

  constructor(kernel: Kernel, random: Random) {
    this.kernel = kernel;
    const { buffer, byteOffset, length } = kernel.memory;
    this.#memory = Buffer.from(buffer, byteOffset, length);
    for (let at = layout.TABLES_END; at < length; at += 4) this.#memory.writeUInt32LE(random.next(), at);
    this.#before = Buffer.alloc(length);
  }

  /** Makes a call, and holds that nothing changed but these ranges, which are in rising order. */
  call<T>(label: string, allowed: readonly Range[], act: (kernel: Kernel) => T): T {
    this.#memory.copy(this.#before);
    const result = act(this.kernel);
    let at = 0;
    for (const [from, to] of [...allowed, [this.#memory.length, this.#memory.length] as const]) {
      const same = this.#memory.compare(this.#before, at, from, at, from) === 0;
      if (!same) expect.fail(`${label}: byte ${this.#changed(at, from)} of the memory changed`);
      at = to;
    }
    return result;
  }

  #changed(from: number, to: number): number {
    for (let at = from; at < to; at++) if (this.#memory[at] !== this.#before[at]) return at;
    return to;
  }
}

/** Places in each window: at its beginning, at its end, all of it, and within. */
function places(random: Random): Range[] {
  return WINDOWS.flatMap(([start, end]): Range[] => {
    const length = random.below(300);
    const from = start + random.below(end - start - length);
    const few = [random.below(70), random.below(70)] as const;
    return [
      [start, end],
      [start, start + few[0]],
      [end - few[1], end],
      [from, from + length],
    ];
  });
}

describe.each(["simd", "scalar", "js"] as const)("the memory around what the %s kernel is given", (name) => {
  test("mask changes its bytes only", () => {
    const random = new Random(41);
    const watched = new Watched(loadKernel(name), random);
    for (const [from, to] of [...places(random), ...places(random)]) {
      watched.call(`mask ${from} to ${to}`, [[from, to]], (kernel) =>
        kernel.mask(from, to - from, random.next()),
      );
    }
  });

  test("validateUtf8 changes the state only", () => {
    const random = new Random(42);
    const watched = new Watched(loadKernel(name), random);
    const text = Uint8Array.from(randomText(random, layout.READ_WINDOW_LENGTH));
    for (const [from, to] of [...places(random), ...places(random)]) {
      // Noise first, which is no text, and then text.
      for (const valid of [false, true]) {
        if (valid) watched.kernel.memory.set(text.subarray(0, to - from), from);
        watched.call(`validateUtf8 ${from} to ${to}`, [STATE], (kernel) =>
          kernel.validateUtf8(from, to - from, 0),
        );
      }
    }
  });

  test("decode changes its bytes, the header left over before them, the records and the state only", () => {
    const random = new Random(44);
    const watched = new Watched(loadKernel(name), random);
    const { memory } = watched.kernel;
    for (let round = 0; round < 60; round++) {
      const fromServer = random.oneIn(2);
      const length = random.pick([1, 2, 20, 300, layout.READ_WINDOW_LENGTH]);
      let filled = 0;
      while (filled < length) {
        const stream = randomStream(random, fromServer, 8, true).subarray(0, length - filled);
        memory.set(stream, layout.READ_WINDOW_PTR + filled);
        filled += stream.length;
      }
      const end = layout.READ_WINDOW_PTR + length;
      const flags = layout.DECODE_RSV1 | (fromServer ? layout.DECODE_FROM_SERVER : 0);
      const allowed: Range[] = [STATE, [layout.RECORDS_PTR, RECORDS_END], [layout.READ_WINDOW_PTR, end]];
      let result = watched.call(`decode ${length}`, allowed, (kernel) =>
        kernel.decode(layout.READ_WINDOW_PTR, end, flags, 1 << 20, 1 << 20, 1000),
      );
      if ((result & layout.DECODED_PENDING) === 0) continue;
      // The next read, with the header bytes that this one had left over.
      const spilled = new DataView(memory.buffer).getUint32(
        layout.STATE_PTR + layout.STATE_SPILL_LENGTH,
        true,
      );
      const next: Range[] = [
        STATE,
        [layout.RECORDS_PTR, RECORDS_END],
        [layout.READ_WINDOW_PTR - spilled, end],
      ];
      result = watched.call(`decode ${length} with ${spilled} before`, next, (kernel) =>
        kernel.decode(layout.READ_WINDOW_PTR, end, flags | layout.DECODE_RESUME, 1 << 20, 1 << 20, 1000),
      );
      expect(result >>> layout.DECODED_COUNT_SHIFT).toBeLessThanOrEqual(layout.MAX_RECORDS);
    }
  });
});

describe.each(["simd", "scalar"] as const)("the memory around what the %s kernel transcodes", (name) => {
  test("utf8ToUtf16 changes its output only", () => {
    const random = new Random(43);
    const watched = new Watched(loadKernel(name), random);
    const start = layout.WIDE_WINDOW_PTR;
    for (const widest of [1, 2, 3, 4]) {
      for (const from of [layout.READ_WINDOW_PTR, layout.SCRATCH_WINDOW_PTR]) {
        const whole =
          from === layout.READ_WINDOW_PTR ? layout.READ_WINDOW_LENGTH : layout.SCRATCH_WINDOW_LENGTH;
        for (const length of [0, 1, 5, 17, 63, 64, 65, 1000, whole]) {
          const text = randomText(random, Math.max(0, length - 3), widest);
          watched.kernel.memory.set(text, from);
          // It has room for 2 bytes for each of input, and PADDING.
          const room: Range = [start, start + 2 * text.length + layout.PADDING];
          const units = watched.call(`utf8ToUtf16 of ${text.length}`, [room], (kernel) =>
            kernel.utf8ToUtf16?.(from, text.length, start),
          );
          const { memory } = watched.kernel;
          const decoded = Buffer.from(memory.slice(start, start + 2 * (units ?? 0))).toString("utf16le");
          if (decoded !== Buffer.from(text).toString()) expect.fail(`wrong text of ${text.length} bytes`);
        }
      }
    }
  });
});
