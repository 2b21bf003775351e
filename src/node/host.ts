import { Buffer } from "node:buffer";
import { latin1Slice, ucs2Slice, utf8Slice, utf8Write } from "../adapter/buffer-methods.js";
import { Deadlines } from "../adapter/deadline.js";
import type { Runtime } from "../adapter/transport.js";
import type { Host } from "../protocol/host.js";

/** Up to here payloads come from Node's own pool, which is so small that for longer ones it is made anew all the time. */
const SMALL_BYTES = 256;
/** Medium payloads are cut from slabs, as the chunks are that a stream reads: memory of their own costs twice as much. */
const SLAB_BYTES = 64 * 1024;
const MEDIUM_BYTES = SLAB_BYTES / 2;
/** Up to here a loop copies faster than a call, for which a view of the source would have to be made. */
const LOOP_BYTES = 32;
/** Up to here ASCII text is written faster by a loop than by a call. */
const LOOP_UNITS = 32;
let slab = Buffer.alloc(0);
let slabUsed = 0;

function allocateOwned(length: number): Buffer {
  if (length <= SMALL_BYTES || length > MEDIUM_BYTES) return Buffer.allocUnsafe(length);
  if (slabUsed + length > slab.length) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    slabUsed = 0;
  }
  const start = slabUsed;
  // The next one begins at a multiple of 8.
  slabUsed = (start + length + 7) & ~7;
  return slab.subarray(start, start + length);
}

function copyOwned(bytes: Uint8Array, start: number, end: number): Buffer {
  const length = end - start;
  const copy = allocateOwned(length);
  if (length > LOOP_BYTES) copy.set(bytes.subarray(start, end));
  else for (let i = 0; i < length; i++) copy[i] = bytes[start + i] ?? 0;
  return copy;
}

function encodeText(text: string, bytes: Uint8Array, start: number): number {
  const length = text.length;
  if (length <= LOOP_UNITS) {
    let i = 0;
    for (; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) break;
      bytes[start + i] = unit;
    }
    if (i === length) return length;
  }
  return utf8Write.call(bytes, text, start, 3 * length);
}

/** What Node does faster than portable JavaScript. */
export const nodeHost: Host = {
  // Small ones come from Node's pool, which costs a tenth of memory of their own; none is cleared.
  allocate: (length) => Buffer.allocUnsafe(length),
  copy: copyOwned,
  view: (bytes, start, end) => Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start),
  decodeText: (bytes, start, end, ascii) =>
    ascii ? latin1Slice.call(bytes, start, end) : utf8Slice.call(bytes, start, end),
  encodeText,
  textBytes(text) {
    // Buffer.from() would reserve three times the length first.
    const bytes = Buffer.allocUnsafe(Buffer.byteLength(text, "utf8"));
    utf8Write.call(bytes, text, 0, bytes.length);
    return bytes;
  },
};

export function decodeUtf16(bytes: Uint8Array, start: number, end: number): string {
  return ucs2Slice.call(bytes, start, end);
}

/**
 * The host for a version of V8. From 13 on, in Node 24, it makes strings of UTF-8 with vectors of its own; before that it makes
 * them of UTF-16 much faster.
 */
export function hostFor(v8: number): Host {
  return v8 < 13 ? { ...nodeHost, decodeUtf16 } : nodeHost;
}

/** What the shared part of the adapters needs of Node. */
export const nodeRuntime: Runtime = {
  host: hostFor(Number.parseInt(process.versions.v8, 10)),
  deadlines: new Deadlines(),
  defer: (callback) => process.nextTick(callback),
};
