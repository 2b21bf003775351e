// The write windows: memory in which the frames of a turn are built one behind the other, and from which transports
// write them.
import * as layout from "../kernel/generated/layout.js";
import type { LinearMemory } from "./linear-memory.js";
import { type Viewer, WindowViews } from "./window-views.js";

/** A transport that may still be reading from a write window. */
export interface WindowHolder {
  readonly bufferedAmount: number;
}

/** One window. Its lessee builds frames in it; after that, a transport may hold it until it has written them. */
export class WriteWindow {
  /** The address at which the window begins. */
  readonly ptr: number;
  readonly #views: WindowViews;
  #leased = false;
  #written = 0;
  #holder: WindowHolder | undefined;

  constructor(index: number) {
    this.ptr = layout.WRITE_WINDOW_PTR + index * layout.WRITE_WINDOW_STRIDE;
    this.#views = new WindowViews(this.ptr);
  }

  /** Whether an outbox has the window. */
  get leased(): boolean {
    return this.#leased;
  }

  /** Bytes of frames that stand in the window, from its beginning. */
  get written(): number {
    return this.#written;
  }

  /** Whether no transport needs the window's bytes any more. */
  get free(): boolean {
    return this.#holder === undefined || this.#holder.bufferedAmount === 0;
  }

  /** Begins a lease. */
  lease(): this {
    this.#leased = true;
    this.#written = 0;
    return this;
  }

  /**
   * Room for the next frame.
   * @param length - the most bytes that the frame can take
   * @returns its address; 0 if the window is too full
   */
  reserve(length: number): number {
    return this.#written + length > layout.WRITE_WINDOW_LENGTH ? 0 : this.ptr + this.#written;
  }

  /** Keeps this many of the reserved bytes. */
  commit(length: number): void {
    this.#written += length;
  }

  /** A view of the frames in the window. It may be the same object as that of an earlier write. */
  view(memory: Uint8Array, viewer: Viewer): Uint8Array {
    return this.#views.first(this.#written, memory, viewer);
  }

  /** The bytes in the window are not needed any more; the lease goes on. */
  empty(): void {
    this.#written = 0;
  }

  /**
   * Ends the lease.
   * @param holder - a transport that still needs the bytes, until it has none buffered
   */
  release(holder: WindowHolder | undefined): void {
    this.#holder = holder;
    this.#leased = false;
    this.#written = 0;
  }

  /**
   * After a trap: copies the window's bytes to the new memory. A transport that holds the window goes on with the old
   * memory.
   */
  move(before: Uint8Array, memory: Uint8Array): void {
    memory.set(before.subarray(this.ptr, this.ptr + this.#written), this.ptr);
    this.#holder = undefined;
  }
}

/**
 * The windows of a linear memory. One outbox at a time leases one: that of the connection whose read is being handled.
 */
export class WriteWindows {
  readonly #linear: LinearMemory;
  readonly #windows = Array.from({ length: layout.WRITE_WINDOWS }, (_, index) => new WriteWindow(index));
  /** The window that was leased last. */
  #last: WriteWindow | undefined;

  constructor(linear: LinearMemory) {
    this.#linear = linear;
  }

  /** Leases a window. @returns undefined if one is leased already, or transports still hold all of them */
  lease(): WriteWindow | undefined {
    if (this.#last?.leased === true) return undefined;
    for (const window of this.#windows) {
      if (!window.free) continue;
      this.#last = window;
      return window.lease();
    }
    return undefined;
  }

  /** Whether there is a free window besides the one that was leased last. */
  get hasSpare(): boolean {
    for (const window of this.#windows) if (window !== this.#last && window.free) return true;
    return false;
  }

  /** After a trap: copies the bytes of the windows to the new memory. */
  moveFrom(before: Uint8Array): void {
    for (const window of this.#windows) window.move(before, this.#linear.memory);
  }
}
