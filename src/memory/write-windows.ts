// The write windows: which outbox builds frames in one, how much stands there, and which transports still read from one.
import * as layout from "../kernel/generated/layout.js";
import type { LinearMemory } from "./linear-memory.js";

/** A transport that may still be reading from a write window. */
export interface WindowHolder {
  readonly bufferedAmount: number;
}

/**
 * One writer at a time leases a window and builds frames in it, one behind the other. A window whose bytes a transport has not
 * written yet is not leased again before it has.
 */
export class WriteWindows {
  readonly #linear: LinearMemory;
  readonly #holders: (WindowHolder | undefined)[] = Array.from({ length: layout.WRITE_WINDOWS });
  #writer: object | undefined;
  /** Where the window of the writer begins, and how many of its bytes are taken. */
  #ptr = layout.WRITE_WINDOW_PTR;
  #written = 0;

  constructor(linear: LinearMemory) {
    this.#linear = linear;
  }

  /**
   * Leases a window.
   * @returns false if it is leased already, or transports still hold all windows
   */
  lease(writer: object): boolean {
    const index = this.#writer === undefined ? this.#free(-1) : -1;
    if (index < 0) return false;
    this.#writer = writer;
    this.#ptr = layout.WRITE_WINDOW_PTR + index * layout.WRITE_WINDOW_STRIDE;
    this.#written = 0;
    return true;
  }

  /**
   * Ends a writer's lease, if it has one.
   * @param holder - a transport that still needs the window's bytes, until it has none buffered
   * @returns whether it had
   */
  release(writer: object, holder: WindowHolder | undefined): boolean {
    if (this.#writer !== writer) return false;
    this.#holders[this.#leased()] = holder;
    this.#writer = undefined;
    this.#written = 0;
    return true;
  }

  /** Whether there is a free window besides the one that is leased. */
  get hasSpare(): boolean {
    return this.#free(this.#leased()) >= 0;
  }

  /** Where the window begins that is leased. */
  get ptr(): number {
    return this.#ptr;
  }

  /** How many bytes of this writer's stand in a window. */
  staged(writer: object): number {
    return this.#writer === writer ? this.#written : 0;
  }

  /**
   * Room for the next frame of a writer.
   * @param length - the most bytes that the frame can take, no more than the scratch window has
   * @returns its address, in the scratch window if the writer has no other; 0 if its window is too full
   */
  reserve(writer: object, length: number): number {
    if (this.#writer !== writer) return layout.SCRATCH_WINDOW_PTR;
    return this.#written + length > layout.WRITE_WINDOW_LENGTH ? 0 : this.#ptr + this.#written;
  }

  /** Keeps so many bytes of what was reserved in the window. */
  commit(length: number): void {
    this.#written += length;
  }

  /** The bytes in the window are not needed any more; the lease goes on. */
  empty(): void {
    this.#written = 0;
  }

  /** After a trap: takes along what stands in the window that is leased. Transports go on with the old memory. */
  moveFrom(before: Uint8Array): void {
    this.#linear.memory.set(before.subarray(this.#ptr, this.#ptr + this.#written), this.#ptr);
    this.#holders.fill(undefined);
  }

  /** The index of the first window that no transport holds, other than `except`; -1 if there is none. */
  #free(except: number): number {
    const holders = this.#holders;
    for (let i = 0; i < holders.length; i++) {
      if (i !== except && (holders[i]?.bufferedAmount ?? 0) === 0) return i;
    }
    return -1;
  }

  #leased(): number {
    return (this.#ptr - layout.WRITE_WINDOW_PTR) / layout.WRITE_WINDOW_STRIDE;
  }
}
