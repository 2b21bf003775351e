// The views by which transports write what a write window holds. A view is kept, because making one takes as long as
// copying 1 KiB, and most writes of a server are as long as earlier ones.

/** Makes views, as a host does. */
export interface Viewer {
  view(bytes: Uint8Array, start: number, end: number): Uint8Array;
}

/** The number of views that are kept. A power of two. */
const KEPT = 256;

/** Views of the beginning of one window. The same object is given out again and again. */
export class WindowViews {
  readonly #ptr: number;
  /** The memory that the kept views show, and their maker. */
  #memory: Uint8Array | undefined;
  #viewer: Viewer | undefined;
  /** Each at the place that the lower bits of its length name. */
  #kept: (Uint8Array | undefined)[] = [];

  /** @param ptr - the address of the window */
  constructor(ptr: number) {
    this.#ptr = ptr;
  }

  /**
   * A view of the first bytes of the window.
   * @param memory - the linear memory, another one after a trap
   */
  first(length: number, memory: Uint8Array, viewer: Viewer): Uint8Array {
    if (memory !== this.#memory || viewer !== this.#viewer) {
      this.#memory = memory;
      this.#viewer = viewer;
      this.#kept = Array.from({ length: KEPT });
    }
    const place = length & (KEPT - 1);
    const kept = this.#kept[place];
    if (kept !== undefined && kept.length === length) return kept;
    const view = viewer.view(memory, this.#ptr, this.#ptr + length);
    this.#kept[place] = view;
    return view;
  }
}
