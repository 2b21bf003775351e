import { Slab } from "../adapter/slab.js";
import type { Runtime } from "../adapter/transport.js";
import { copyInto } from "../adapter/views.js";
import { keepFreedMemory } from "../node/freed-memory.js";
import { decodeText, nodeHost, nodeRuntime, untransferable } from "../node/host.js";
import type { Host } from "../protocol/host.js";
import { denoTurns } from "./turns.js";

// Memory of their own, which is cleared, costs short payloads up to 2 µs. Whoever keeps one of these keeps no more alive than with one from
// Node's pool.
const SMALL_BYTES = 4 * 1024;
const small = new Slab(2 * SMALL_BYTES, allocateShared, Uint8Array);
const MEDIUM_BYTES = 32 * 1024;
const medium = new Slab(2 * MEDIUM_BYTES, allocateMedium, Uint8Array);

function allocateShared(bytes: number): Uint8Array<ArrayBuffer> {
  return untransferable(new Uint8Array(bytes));
}

function allocateMedium(bytes: number): Uint8Array<ArrayBuffer> {
  keepFreedMemory();
  return allocateShared(bytes);
}

/** Nothing of medium length: in what is left over of slabs, unfinished messages would hold more than their limit. */
function allocate(length: number): Uint8Array {
  if (length < SMALL_BYTES) return small.take(length);
  keepFreedMemory();
  return new Uint8Array(length);
}

const denoHost: Host = {
  ...nodeHost,
  // Plain arrays, which is what Deno's own sockets give: a Buffer's slice() is no copy.
  allocate,
  copy(bytes, start, end) {
    const length = end - start;
    const copy = length >= SMALL_BYTES && length <= MEDIUM_BYTES ? medium.take(length) : allocate(length);
    copyInto(copy, bytes, start, end);
    return copy;
  },
  // Deno's own way from UTF-8 to strings is still the slower one.
  decodeText,
};

/** What the shared part of the adapters needs of Deno. */
export const denoRuntime: Runtime = {
  ...nodeRuntime,
  host: denoHost,
  turns: denoTurns,
  readsInContext: false,
};
