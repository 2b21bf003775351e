/** Length of the blocks that a {@link BlockPool} keeps. */
export const BLOCK_BYTES = 64 * 1024;

/** At most this much is kept: enough for a few messages of 1 MiB that come at the same time. */
const MOST_BLOCKS = 64;

/** What gives a pool its memory. */
export interface Allocator {
  allocate(length: number): Uint8Array;
}

/** Scratch memory up to this length is kept. */
const MOST_SCRATCH_BYTES = 1 << 20;

/**
 * Blocks of memory for messages that are being gathered. They are used again and again, which saves the operating system from
 * handing out fresh pages for each large message, and never reach the application.
 */
export class BlockPool {
  readonly #free: Uint8Array[] = [];
  #scratch: Uint8Array = new Uint8Array(0);
  readonly #known = new WeakSet<Uint8Array>();

  /** A block whose bytes are whatever they were. */
  take(allocator: Allocator): Uint8Array {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const block = allocator.allocate(BLOCK_BYTES);
    this.#known.add(block);
    return block;
  }

  /** Memory of at least `length` bytes that is free to use until the next call. */
  scratch(length: number, allocator: Allocator): Uint8Array {
    if (length <= this.#scratch.length) return this.#scratch;
    const scratch = allocator.allocate(Math.max(length, MOST_SCRATCH_BYTES));
    if (length <= MOST_SCRATCH_BYTES) this.#scratch = scratch;
    return scratch;
  }

  /** Takes a block back. Others are left to the garbage collector. */
  give(block: Uint8Array): void {
    if (this.#known.has(block) && this.#free.length < MOST_BLOCKS) this.#free.push(block);
  }

  /** Whether the block belongs here. */
  owns(block: Uint8Array): boolean {
    return this.#known.has(block);
  }
}
