// Memory for a message that comes in pieces.
import type { Host } from "../host/host.js";
import { BLOCK_BYTES, type BlockPool } from "../memory/block-pool.js";
import type { Workspace } from "../memory/workspace.js";

const LEAST_BLOCK_BYTES = 512;

/**
 * Gathers the pieces of a message that came in several reads or fragments, in blocks that grow up to 64 KiB, so that
 * growing copies nothing. It never holds more than twice the received bytes plus 2 KiB, its objects included. Small
 * pieces and the length that a header promises do not change this bound.
 */
export class MessageBuffer {
  readonly #workspace: Workspace;
  readonly #host: Host;
  readonly #pool: BlockPool;
  /** Full blocks, in order. */
  readonly #blocks: Uint8Array[] = [];
  /** The block that is being filled, and how far it is. */
  #block: Uint8Array | undefined;
  #filled = 0;
  #length = 0;
  #ascii = true;

  constructor(workspace: Workspace, host: Host) {
    this.#workspace = workspace;
    this.#host = host;
    this.#pool = workspace.blocks;
  }

  get length(): number {
    return this.#length;
  }

  /**
   * Appends a copy of `memory[ptr, ptr + length)`.
   * @param ascii - whether the piece is ASCII text
   * @param promised - payload bytes that still follow by the frame's header. A block may be allocated to fit them,
   * within the bound that the received bytes allow
   * @throws RangeError if the host has no memory for it
   */
  append(memory: Uint8Array, ptr: number, length: number, ascii: boolean, promised: number): void {
    if (!ascii) this.#ascii = false;
    for (let at = ptr, rest = length; rest > 0; ) {
      const block = this.#blockWithRoom(rest, promised);
      const count = Math.min(rest, block.length - this.#filled);
      block.set(memory.subarray(at, at + count), this.#filled);
      this.#filled += count;
      this.#length += count;
      at += count;
      rest -= count;
    }
  }

  /**
   * Takes the bytes out, as memory of exactly their length that the caller owns. Nothing may be appended after this.
   */
  takeBytes(): Uint8Array {
    const block = this.#block;
    const exact = this.#blocks.length === 0 && block !== undefined && block.length === this.#length;
    if (exact && !this.#pool.owns(block)) return block;
    const whole = this.#host.allocate(this.#length);
    this.#gatherInto(whole);
    return whole;
  }

  /**
   * Takes the bytes out as a string. They are valid UTF-8. Nothing may be appended after this. The read window notes
   * the bytes of the string, so that sending it on does not encode it.
   */
  takeText(): string {
    const length = this.#length;
    const block = this.#block;
    if (block === undefined) return "";
    const { linear, readWindow } = this.#workspace;
    const inOne = this.#blocks.length === 0;
    const lasts = inOne && !this.#pool.owns(block);
    const bytes = inOne ? block : this.#pool.scratch(length, this.#host);
    if (inOne) this.release();
    else this.#gatherInto(bytes);
    const text = this.#host.decodeText(bytes, 0, length, this.#ascii, linear);
    readWindow.noteGathered(text, bytes.subarray(0, length), lasts);
    return text;
  }

  #gatherInto(whole: Uint8Array): void {
    let at = 0;
    for (const full of this.#blocks) {
      whole.set(full, at);
      at += full.length;
    }
    if (this.#block !== undefined) whole.set(this.#block.subarray(0, this.#filled), at);
    this.release();
  }

  /** Gives its blocks back to the pool. */
  release(): void {
    for (const block of this.#blocks) this.#pool.give(block);
    if (this.#block !== undefined) this.#pool.give(this.#block);
    this.#blocks.length = 0;
    this.#block = undefined;
  }

  #blockWithRoom(needed: number, promised: number): Uint8Array {
    const block = this.#block;
    if (block !== undefined && this.#filled < block.length) return block;
    const arrived = this.#length + needed;
    // About half of the message is there: allocate the exact final size now, so that the result needs no last copy.
    if (promised <= arrived + LEAST_BLOCK_BYTES && promised >= this.#leastPromise())
      return this.#moveInto(this.#host.allocate(arrived + promised));
    if (block !== undefined) this.#blocks.push(block);
    const fresh = this.#allocate(needed);
    this.#block = fresh;
    this.#filled = 0;
    return fresh;
  }

  /**
   * The fewest bytes to come for which all bytes so far are moved. At most twice as many are moved as are to come, so
   * that all moves together are linear in the length of the message. The question is asked once for each block, and
   * must not miss the middle of a long message in between.
   */
  #leastPromise(): number {
    const length = this.#length;
    return length < BLOCK_BYTES ? length : Math.max(length / 2, length - 2 * BLOCK_BYTES);
  }

  #moveInto(block: Uint8Array): Uint8Array {
    this.#gatherInto(block);
    this.#block = block;
    this.#filled = this.#length;
    return block;
  }

  #allocate(needed: number): Uint8Array {
    // Three quarters of the bytes so far: the rest of the allowance is for the objects of each block.
    const size = Math.max(Math.ceil(0.75 * this.#length), needed, LEAST_BLOCK_BYTES);
    return size < BLOCK_BYTES ? this.#host.allocate(size) : this.#pool.take(this.#host);
  }
}
