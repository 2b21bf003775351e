import type { Runtime } from "../adapter/transport.js";
import { decodeUtf16, nodeHost, nodeRuntime } from "../node/host.js";
import type { Host } from "../protocol/host.js";

/** Where payloads are cut from that are too short for memory of their own, which is cleared and costs up to 2 µs. */
class Slab {
  readonly #size: number;
  #bytes = new Uint8Array();
  #used = 0;

  constructor(size: number) {
    this.#size = size;
  }

  take(length: number): Uint8Array {
    if (this.#used + length > this.#bytes.length) {
      this.#bytes = new Uint8Array(this.#size);
      this.#used = 0;
    }
    const start = this.#used;
    // The next one begins at a multiple of 8.
    this.#used = (start + length + 7) & ~7;
    return new Uint8Array(this.#bytes.buffer, start, length);
  }
}

// Whoever keeps a short payload keeps no more alive than with one from Node's pool.
const SMALL_BYTES = 4 * 1024;
const small = new Slab(2 * SMALL_BYTES);
const MEDIUM_BYTES = 32 * 1024;
const medium = new Slab(2 * MEDIUM_BYTES);

/** Nothing of medium length: in what is left over of slabs, unfinished messages would hold more than their limit. */
function allocate(length: number): Uint8Array {
  return length < SMALL_BYTES ? small.take(length) : new Uint8Array(length);
}

const denoHost: Host = {
  ...nodeHost,
  // Plain arrays, which is what Deno's own sockets give: a Buffer's slice() is no copy.
  allocate,
  copy(bytes, start, end) {
    const length = end - start;
    const copy = length >= SMALL_BYTES && length <= MEDIUM_BYTES ? medium.take(length) : allocate(length);
    copy.set(bytes.subarray(start, end));
    return copy;
  },
  // Deno's own way from UTF-8 to strings is the slower one still.
  decodeUtf16,
};

/** What the shared part of the adapters needs of Deno. */
export const denoRuntime: Runtime = { ...nodeRuntime, host: denoHost };
