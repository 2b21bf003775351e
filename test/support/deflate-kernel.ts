// The deflate kernel as tests call it: messages in, messages out, and a watch over the memory around its areas.
import { type DeflateKernel, deflateKernel } from "../../src/kernel/deflate.js";
import * as layout from "../../src/kernel/generated/deflate-layout.js";
import {
  MEMORY_PAGES,
  PADDING,
  READ_WINDOW_LENGTH,
  READ_WINDOW_PTR,
} from "../../src/kernel/generated/layout.js";
import { loadKernel } from "../../src/kernel/load.js";

export const DEFLATE_KERNELS = ["simd", "scalar"] as const;

/** What a sender takes off the end of a message. */
export const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

export interface Inflated {
  /** INFLATE_… of the last call. */
  readonly status: number;
  readonly output: Uint8Array;
}

export interface InflateOptions {
  readonly windowBits?: number;
  /** The most bytes of output. */
  readonly limit?: number;
  /** Bytes of input for each call, in turn. By default all. */
  readonly sizes?: readonly number[];
  /** Bytes of output for each call. By default as many as the area has. */
  readonly room?: number;
  /** What came before. */
  readonly window?: Uint8Array;
  /** Whether state and tables leave linear memory between two calls, as for another connection. */
  readonly swapped?: boolean;
}

export interface DeflateOptions {
  readonly windowBits?: number;
  readonly hashBits?: number;
  readonly fast?: boolean;
  /** Whether it is not the last part of its message. */
  readonly more?: boolean;
  /** The bytes that stand behind the payload. */
  readonly behind?: number;
}

const CANARY = 0xa5;
const CANARIES = new Uint8Array(MEMORY_PAGES * 0x10000).fill(CANARY);
/** Input longer than the read window goes where the write windows are. */
const INPUT = READ_WINDOW_PTR;
const OUT = layout.INFLATE_AREA + 0x8000;

/** Parts of the kernel's memory: start and end. All else there is never written. */
const PARTS: readonly (readonly [start: number, end: number])[] = [
  [layout.DEFLATE_PTR, layout.INFLATE_STATE + layout.INFLATE_STATE_LENGTH + 8],
  [layout.TAIL, layout.TAIL + 16],
  [layout.LENGTH_COUNTS, layout.LENGTH_COUNTS + 128],
  [layout.USED_SYMBOLS, layout.USED_SYMBOLS + 640],
  [layout.SORTED_SYMBOLS, layout.SORTED_SYMBOLS + 640],
  [layout.PRECODE_TABLE, layout.PATTERNS + 272],
  [layout.LITERAL_TABLE, layout.LITERAL_TABLE + 4 * 1332],
  [layout.DISTANCE_TABLE, layout.DISTANCE_TABLE + 4 * 402],
  [layout.LENGTH_SYMBOLS, layout.LENGTH_RUNS + 640],
  [layout.CODE_NODES, layout.CODE_BUCKETS + 256],
  [layout.CODE_DEPTHS, layout.CODE_DEPTHS + 64],
  [layout.LENGTH_EXTRAS, layout.STORED_LENGTHS + 4],
  [layout.PLACES, layout.MATCHES + 8 * (layout.DEFLATE_MOST_BYTES / 4 + 1)],
  [layout.INFLATE_AREA, layout.INFLATE_AREA_END + layout.DEFLATE_PADDING],
  [layout.DEFLATE_AREA, layout.DEFLATE_AREA_END],
  [layout.DEFLATE_OUT, layout.DEFLATE_OUT_END],
];

/** A deflate kernel in the memory of a codec kernel. */
export class DeflateHarness {
  readonly memory: Uint8Array;
  readonly kernel: DeflateKernel;
  /** The window of {@link deflateNext}. */
  #history: number = layout.DEFLATE_AREA;
  #in: number = layout.DEFLATE_AREA;
  #place = 1;
  #begun = false;

  constructor(name: (typeof DEFLATE_KERNELS)[number]) {
    const codec = loadKernel(name);
    this.memory = codec.memory;
    this.kernel = deflateKernel(codec);
    this.#guard((start, end) => this.memory.fill(CANARY, start, end));
  }

  /** Visits all parts of memory that the kernel must not write. */
  #guard(visit: (start: number, end: number) => void): void {
    let at = INPUT + READ_WINDOW_LENGTH + PADDING;
    for (const [start, end] of PARTS) {
      visit(at, start);
      at = end;
    }
    visit(at, MEMORY_PAGES * 0x10000);
  }

  /** The parts of memory outside of the kernel's areas that were written. */
  overwritten(): string[] {
    const found: string[] = [];
    this.#guard((start, end) => {
      const part = this.memory.subarray(start, end);
      if (Buffer.compare(part, CANARIES.subarray(0, end - start)) !== 0) found.push(`${start} to ${end}`);
    });
    return found;
  }

  #word(ptr: number): number {
    return new DataView(this.memory.buffer).getUint32(ptr, true);
  }

  /** Inflates a message, whose last four bytes were taken off. */
  inflate(input: Uint8Array, options: InflateOptions = {}): Inflated {
    const { windowBits = 15, limit = Number.POSITIVE_INFINITY, window = new Uint8Array(0) } = options;
    const { sizes = [input.length], swapped = false } = options;
    const most = Math.min(options.room ?? 0x18000, limit);
    const outputs: Uint8Array[] = [];
    let total = 0;
    let history = OUT - window.length;
    let out: number = OUT;
    this.memory.set(window, history);
    this.kernel.resetInflate();
    let at = 0;
    for (let turn = 0; ; turn++) {
      const size = Math.min(sizes[turn % sizes.length] ?? 1, input.length - at, READ_WINDOW_LENGTH);
      const last = at + size === input.length;
      // Behind the input stand the bytes of other frames.
      this.memory.fill(CANARY, INPUT + size, INPUT + size + PADDING);
      this.memory.set(input.subarray(at, at + size), INPUT);
      let ptr = INPUT;
      for (;;) {
        // What was consumed is not read again.
        this.memory.fill(CANARY, INPUT - PADDING, ptr);
        if (swapped) this.#swap(windowBits);
        const room = Math.min(most, limit - total);
        const status = this.kernel.inflate(
          ptr,
          INPUT + size,
          out,
          out + room,
          history,
          windowBits,
          last ? 1 : 0,
        );
        const end = this.#word(layout.INFLATE_PRODUCED);
        ptr = this.#word(layout.INFLATE_CONSUMED);
        if (end < out || end > out + room) throw new RangeError(`output from ${out} to ${end} of ${room}`);
        outputs.push(this.memory.slice(out, end));
        total += end - out;
        out = end;
        if (out + most > layout.INFLATE_AREA_END) {
          const kept = Math.min(end - history, 2 ** windowBits);
          history = OUT - kept;
          this.memory.copyWithin(history, end - kept, end);
          out = OUT;
        }
        const stopped = status === layout.INFLATE_OUTPUT_FULL && total >= limit;
        if (status === layout.INFLATE_NEEDS_INPUT && !last) break;
        if (status === layout.INFLATE_OUTPUT_FULL && !stopped) continue;
        return { status, output: Buffer.concat(outputs) };
      }
      if (ptr !== INPUT + size) throw new RangeError("input is left");
      at += size;
    }
  }

  /** The state leaves, another message is inflated, and the state comes back. */
  #swap(windowBits: number): void {
    const state = this.memory.slice(layout.INFLATE_STATE, layout.INFLATE_STATE + layout.INFLATE_STATE_LENGTH);
    this.memory.fill(0xff, layout.LITERAL_TABLE, layout.LITERAL_TABLE + 4 * 1332);
    this.memory.fill(0xff, layout.DISTANCE_TABLE, layout.DISTANCE_TABLE + 4 * 402);
    this.memory.fill(0xff, layout.PRECODE_TABLE, layout.PRECODE_TABLE + 512);
    this.memory.set(state, layout.INFLATE_STATE);
    this.kernel.restoreInflate(windowBits);
  }

  /** Deflates a message that refers to nothing before it. */
  deflate(payload: Uint8Array, options: DeflateOptions = {}): Uint8Array {
    this.#begun = false;
    return this.deflateNext(payload, options);
  }

  /** Deflates a message, or part of one, that may refer to what was deflated before it. */
  deflateNext(payload: Uint8Array, options: DeflateOptions = {}): Uint8Array {
    const { windowBits = 15, hashBits = 12, fast = false, more = false, behind = CANARY } = options;
    if (!this.#begun) {
      this.#history = layout.DEFLATE_AREA;
      this.#in = layout.DEFLATE_AREA;
      this.#place = 1;
    }
    const parts: Uint8Array[] = [];
    let at = 0;
    do {
      const part = payload.subarray(at, at + layout.DEFLATE_MOST_BYTES);
      at += part.length;
      if (this.#in + part.length > layout.DEFLATE_AREA_END) this.#moveWindow(windowBits);
      this.memory.set(part, this.#in);
      this.memory.fill(behind, this.#in + part.length, layout.DEFLATE_AREA_END);
      const flags = (this.#begun ? layout.DEFLATE_CONTINUE : 0) | (fast ? layout.DEFLATE_FAST : 0);
      const end = this.kernel.deflate(
        this.#in,
        this.#in + part.length,
        this.#history,
        this.#place,
        2 ** windowBits,
        hashBits,
        flags,
      );
      const tail = more || at < payload.length ? layout.TAIL_LENGTH : 0;
      parts.push(this.memory.slice(layout.DEFLATE_OUT, end + tail));
      this.#begun = true;
      this.#in += part.length;
      this.#place = (this.#place + part.length) & 0xffff;
    } while (at < payload.length);
    return Buffer.concat(parts);
  }

  #moveWindow(windowBits: number): void {
    const kept = Math.min(this.#in - this.#history, 2 ** windowBits);
    this.memory.copyWithin(layout.DEFLATE_AREA, this.#in - kept, this.#in);
    this.#history = layout.DEFLATE_AREA;
    this.#in = this.#history + kept;
  }
}

/** A writer of bits, as RFC 1951 packs them. */
export class BitWriter {
  readonly #bytes: number[] = [];
  #bits = 0;

  /** A number, its lowest bit first. */
  put(value: number, count: number): this {
    for (let i = 0; i < count; i++) {
      const at = this.#bits >>> 3;
      this.#bytes[at] = (this.#bytes[at] ?? 0) | (((value >>> i) & 1) << (this.#bits & 7));
      this.#bits++;
    }
    return this;
  }

  /** A code, its highest bit first. */
  code(code: number, length: number): this {
    for (let i = length - 1; i >= 0; i--) this.put((code >>> i) & 1, 1);
    return this;
  }

  /** Zeros up to the next byte. */
  align(): this {
    this.#bits = this.#bytes.length * 8;
    return this;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
