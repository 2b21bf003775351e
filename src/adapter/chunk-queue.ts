// A queue of chunks, taken out in the lengths that a writer wants. Short chunks are joined, because each write costs a
// system call or becomes a segment of its own.
import { isLost } from "../protocol/outbox.js";

/** Up to this length runs are joined. */
export const JOIN_BYTES = 64 * 1024;

const NOTHING = new Uint8Array(0);

/** Holds chunks, and copies them only when they are taken out. */
export class ChunkQueue {
  /** How many bytes it holds. */
  bytes = 0;
  /** Chunks that were added after the batch that is being taken out. */
  #waiting: Uint8Array[] = [];
  #leaving: Uint8Array[] = [];
  /** The first chunk of that batch that was not taken whole, and the number of its bytes that were taken. */
  #first = 0;
  #taken = 0;

  /** Adds chunks, which must not change before they are taken out. */
  add(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      if (chunk.length === 0) continue;
      this.#waiting.push(chunk);
      this.bytes += chunk.length;
    }
  }

  /** Drops everything. */
  clear(): void {
    this.#waiting = [];
    this.#leaving = [];
    this.#first = 0;
    this.#taken = 0;
    this.bytes = 0;
  }

  /**
   * Takes out the next run. The rest of a chunk is returned as it stands if it would fill `memory`; shorter chunks are
   * joined there.
   * @returns undefined if nothing is left, or the memory of the next chunk is gone
   */
  next(memory: Uint8Array): Uint8Array | undefined {
    const chunk = this.#chunk();
    if (chunk === undefined) return undefined;
    const left = chunk.length - this.#taken;
    if (left < memory.length) {
      const length = this.fill(memory);
      return length === 0 ? undefined : memory.subarray(0, length);
    }
    const run = this.#taken === 0 ? chunk : chunk.subarray(this.#taken);
    this.#leave(left);
    return run;
  }

  /** The total length of the first chunks that fit whole into this many bytes; 0 if the first one does not fit. */
  wholeBytes(most: number): number {
    if (this.#chunk() === undefined) return 0;
    let length = -this.#taken;
    for (let i = this.#first; i < this.#leaving.length; i++) {
      const longer = length + (this.#leaving[i]?.length ?? 0);
      if (longer > most) break;
      length = longer;
    }
    return Math.max(length, 0);
  }

  /**
   * Takes out as many bytes as fit, as a copy.
   * @returns the number of copied bytes; fewer than there were if the memory of a chunk is gone
   */
  fill(target: Uint8Array): number {
    let length = 0;
    while (length < target.length) {
      const chunk = this.#chunk();
      if (chunk === undefined || isLost(chunk)) break;
      const part = Math.min(chunk.length - this.#taken, target.length - length);
      const whole = part === chunk.length;
      target.set(whole ? chunk : chunk.subarray(this.#taken, this.#taken + part), length);
      length += part;
      this.#leave(part);
    }
    return length;
  }

  /** The first chunk that was not taken whole. */
  #chunk(): Uint8Array | undefined {
    const chunk = this.#leaving[this.#first];
    if (chunk !== undefined || this.#waiting.length === 0) return chunk;
    this.#leaving = this.#waiting;
    this.#waiting = [];
    this.#first = 0;
    return this.#leaving[0];
  }

  /** Records that this many bytes of the first chunk were taken. */
  #leave(length: number): void {
    this.bytes -= length;
    this.#taken += length;
    const chunk = this.#leaving[this.#first];
    if (chunk === undefined || this.#taken < chunk.length) return;
    // The memory of a chunk that was taken is not kept alive until the others have left.
    this.#leaving[this.#first++] = NOTHING;
    this.#taken = 0;
  }
}
