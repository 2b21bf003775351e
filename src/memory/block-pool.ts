// Memory for messages that come in pieces, used again and again.

/** Length of the blocks that a {@link BlockPool} keeps. */
export const BLOCK_BYTES = 64 * 1024;

/** The most blocks that a pool keeps: enough for a few messages of 1 MiB at the same time. */
const MOST_BLOCKS = 64;

/** Gives a pool its memory. */
export interface Allocator {
  allocate(length: number): Uint8Array;
}

/** Scratch memory up to this length is kept. */
const MOST_SCRATCH_BYTES = 1 << 20;

/**
 * Blocks of memory for messages that are being gathered. Without a pool, each large message takes fresh pages from the
 * operating system. Blocks never reach the application.
 */
export class BlockPool {
  readonly #free: Uint8Array[] = [];
  #scratch: Uint8Array = new Uint8Array(0);
  readonly #known = new WeakSet<Uint8Array>();

  /** A block, which is not cleared. */
  take(allocator: Allocator): Uint8Array {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const block = allocator.allocate(BLOCK_BYTES);
    this.#known.add(block);
    return block;
  }

  /** Memory of at least `length` bytes, valid until the next call. */
  scratch(length: number, allocator: Allocator): Uint8Array {
    if (length <= this.#scratch.length) return this.#scratch;
    const scratch = allocator.allocate(Math.max(length, MOST_SCRATCH_BYTES));
    if (length <= MOST_SCRATCH_BYTES) this.#scratch = scratch;
    return scratch;
  }

  /** Takes a block back. Memory that this pool did not allocate is left to the garbage collector. */
  give(block: Uint8Array): void {
    if (this.#known.has(block) && this.#free.length < MOST_BLOCKS) this.#free.push(block);
  }

  /** Whether this pool allocated the block. */
  owns(block: Uint8Array): boolean {
    return this.#known.has(block);
  }
}
