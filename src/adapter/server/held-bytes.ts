// Bytes that wait, in memory that grows with them.

/**
 * The length of a new block is the number of held bytes divided by this, so that little of the last block is unused.
 */
const GROWTH = 8;
const MIN_BLOCK_BYTES = 1024;
const MAX_BLOCK_BYTES = 64 * 1024;

/** There is no memory for the bytes that came. */
export class AllocationError extends Error {
  override readonly name = "AllocationError";
}

/**
 * Bytes that wait, copied into blocks, so that growing copies nothing. The memory exceeds the held bytes by at most 1
 * KiB or an eighth, whichever is more, however the bytes were cut.
 */
export class HeldBytes {
  readonly #most: number;
  #blocks: Uint8Array<ArrayBuffer>[] = [];
  #length = 0;
  /** Free bytes of the last block. */
  #free = 0;

  /** @param most - how many bytes will come at most */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  get length(): number {
    return this.#length;
  }

  /** The memory to allocate for this many more bytes. */
  growthFor(count: number): number {
    const lacking = count - this.#free;
    if (lacking <= 0) return 0;
    const proportion = Math.max(MIN_BLOCK_BYTES, Math.floor(this.#length / GROWTH));
    const left = this.#most - this.#length - this.#free;
    return Math.max(lacking, Math.min(proportion, MAX_BLOCK_BYTES, left));
  }

  /** @throws AllocationError, in which case the held bytes stay as they were */
  append(chunk: Uint8Array): void {
    const growth = this.growthFor(chunk.length);
    const block = growth === 0 ? undefined : allocate(growth);
    const fitting = Math.min(chunk.length, this.#free);
    const last = this.#blocks.at(-1);
    if (fitting > 0) last?.set(chunk.subarray(0, fitting), last.length - this.#free);
    if (block !== undefined) {
      block.set(chunk.subarray(fitting));
      this.#blocks.push(block);
    }
    this.#free += growth - chunk.length;
    this.#length += chunk.length;
  }

  /** Takes out all bytes, in order, as blocks. */
  takeBlocks(): Uint8Array<ArrayBuffer>[] {
    const blocks = this.#blocks;
    const last = blocks.pop();
    if (last !== undefined) blocks.push(last.subarray(0, last.length - this.#free));
    this.#blocks = [];
    this.#length = 0;
    this.#free = 0;
    return blocks;
  }

  /**
   * Takes out all bytes in one piece.
   * @throws AllocationError
   */
  take(): Uint8Array<ArrayBuffer> {
    const length = this.#length;
    const blocks = this.takeBlocks();
    const [first] = blocks;
    if (first !== undefined && blocks.length === 1) return first;
    const whole = allocate(length);
    let at = 0;
    for (const block of blocks) {
      whole.set(block, at);
      at += block.length;
    }
    return whole;
  }
}

function allocate(length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (error) {
    throw new AllocationError(`there is no memory for ${length} bytes`, { cause: error });
  }
}
