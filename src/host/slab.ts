import type { ViewClass } from "./views.js";

/** A run of memory that payloads are cut from, one behind the other. Each keeps all of it alive. */
export class Slab {
  readonly #bytes: number;
  readonly #allocate: (bytes: number) => Uint8Array<ArrayBuffer>;
  readonly #view: ViewClass;
  #buffer = new ArrayBuffer(0);
  #left = 0;

  /** @param allocate - gives memory of its own, which need not be cleared */
  constructor(bytes: number, allocate: (bytes: number) => Uint8Array<ArrayBuffer>, view: ViewClass) {
    this.#bytes = bytes;
    this.#allocate = allocate;
    this.#view = view;
  }

  /** Cuts off memory for a payload that fits a slab. */
  take(length: number): Uint8Array {
    // Each begins at a multiple of 8.
    const room = (length + 7) & ~7;
    // There is no memory at first, and none any more when the application has transferred it with a payload of its own.
    if (room > this.#left || this.#buffer.byteLength === 0) {
      this.#buffer = this.#allocate(this.#bytes).buffer;
      this.#left = this.#bytes;
    }
    const start = this.#bytes - this.#left;
    this.#left -= room;
    return new this.#view(this.#buffer, start, length);
  }
}
