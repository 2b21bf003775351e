// Memory that is cut from larger allocations.
import type { ViewClass } from "./views.js";

/** Cuts payloads from one allocation after another. Each payload keeps its whole allocation alive. */
export class Slab {
  readonly #bytes: number;
  readonly #allocate: (bytes: number) => Uint8Array<ArrayBuffer>;
  readonly #view: ViewClass;
  #buffer = new ArrayBuffer(0);
  #left = 0;

  /** @param allocate - returns memory that nothing else uses, and that need not be cleared */
  constructor(bytes: number, allocate: (bytes: number) => Uint8Array<ArrayBuffer>, view: ViewClass) {
    this.#bytes = bytes;
    this.#allocate = allocate;
    this.#view = view;
  }

  /** Cuts off memory for a payload that fits a slab. */
  take(length: number): Uint8Array {
    // Each begins at a multiple of 8.
    const room = (length + 7) & ~7;
    // The length is 0 at first, and after the application has transferred the memory together with a payload.
    if (room > this.#left || this.#buffer.byteLength === 0) {
      this.#buffer = this.#allocate(this.#bytes).buffer;
      this.#left = this.#bytes;
    }
    const start = this.#bytes - this.#left;
    this.#left -= room;
    return new this.#view(this.#buffer, start, length);
  }
}
