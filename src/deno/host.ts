// The `Host` and the `Runtime` of Deno: strings, payload memory, timers and turns.
import type { Runtime } from "../adapter/transport.js";
import type { Host } from "../host/host.js";
import { copyRuns, type RunMemory } from "../host/payload-runs.js";
import { Slab } from "../host/slab.js";
import { copyInto } from "../host/views.js";
import { decodeText, nodeHost, nodeRuntime, untransferable } from "../node/host.js";
import { captureContext } from "./internals/index.js";
import { denoTurns } from "./turns.js";

/**
 * Copies for transports are cut from slabs that all connections of this thread share, so that most copies need no
 * allocation of their own.
 */
const SMALL_BYTES = 4 * 1024;
const small = new Slab(2 * SMALL_BYTES, allocateShared, Uint8Array);
const MEDIUM_BYTES = 32 * 1024;
const medium = new Slab(2 * MEDIUM_BYTES, allocateShared, Uint8Array);

/** All payloads of a read share memory, however short they are. */
const runMemory: RunMemory = { View: Uint8Array, leastBytes: 1, allocate: allocateShared };

// Plain arrays, as Deno's own sockets give them: `slice` of a Buffer makes no copy.
function allocate(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length);
}

/** Memory for several payloads. */
function allocateShared(length: number): Uint8Array<ArrayBuffer> {
  return untransferable(allocate(length));
}

const denoHost: Host = {
  ...nodeHost,
  allocate,
  copy(bytes, start, end) {
    const own = allocate(end - start);
    copyInto(own, bytes, start, end);
    return own;
  },
  copyOut(bytes, start, end) {
    const length = end - start;
    const copy =
      length < SMALL_BYTES
        ? small.take(length)
        : length <= MEDIUM_BYTES
          ? medium.take(length)
          : allocate(length);
    copyInto(copy, bytes, start, end);
    return copy;
  },
  copyRuns: (read, count, strings) => copyRuns(runMemory, read, count, strings),
  // Deno makes strings from UTF-16 with every version of V8.
  decodeText,
};

/** The `Runtime` of Deno. */
export const denoRuntime: Runtime = {
  ...nodeRuntime,
  host: denoHost,
  turns: denoTurns,
  captureContext,
  readsInContext: false,
};
