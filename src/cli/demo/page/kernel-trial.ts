// How long one kernel takes to decode frames, measured in rounds.
import * as layout from "../../../kernel/generated/layout.js";
import type { Kernel, KernelName } from "../../../kernel/kernel.js";
import { type Frames, makeFrames, type PayloadKind } from "./kernel-frames.js";

/** One round that the page asks a worker for. */
export interface RoundRequest {
  readonly kernel: KernelName;
  readonly kind: PayloadKind;
  readonly size: number;
  readonly milliseconds: number;
}

/** What a worker answers. */
export type RoundAnswer = { readonly nsPerMessage: number } | { readonly error: string };

const MAX_MESSAGE_BYTES = 1 << 20;
const MAX_FRAGMENTS = 1;
/** Browsers' clocks are coarse, so that the time is read about once in a millisecond. */
const CLOCK_MS = 1;

/** A kernel with frames in its memory. */
export class KernelTrial {
  readonly #kernel: Kernel;
  readonly #frames: Frames;
  #callsInTurn = 1;

  constructor(kernel: Kernel, kind: PayloadKind, size: number) {
    this.#kernel = kernel;
    this.#frames = makeFrames(kind, size);
    kernel.memory.set(this.#frames.bytes, layout.READ_WINDOW_PTR);
    const found = this.#decode();
    // All messages, none of them pending, and no violation, which would have a record more.
    if (found !== this.#frames.messages << layout.DECODED_COUNT_SHIFT) {
      throw new Error(`the ${kernel.name} kernel decodes the frames wrongly`);
    }
  }

  /** Decodes for so long. @returns nanoseconds for one message */
  measure(milliseconds: number): number {
    let calls = 0;
    const start = performance.now();
    let last = start;
    for (;;) {
      for (let i = 0; i < this.#callsInTurn; i++) this.#decode();
      calls += this.#callsInTurn;
      const now = performance.now();
      if (now - start >= milliseconds) {
        return ((now - start) * 1e6) / (calls * this.#frames.messages);
      }
      if (now - last < CLOCK_MS) this.#callsInTurn *= 2;
      last = now;
    }
  }

  #decode(): number {
    const start = layout.READ_WINDOW_PTR;
    const end = start + this.#frames.bytes.length;
    return this.#kernel.decode(start, end, 0, MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES, MAX_FRAGMENTS);
  }
}
