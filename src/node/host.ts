import { Buffer } from "node:buffer";
import { markAsUntransferable } from "node:worker_threads";
import { captureContext, outside } from "../adapter/async-context.js";
import { Deadlines } from "../adapter/deadline.js";
import type { Runtime } from "../adapter/transport.js";
import { Turns } from "../adapter/turn.js";
import { latin1Slice, utf8Slice, utf8Write, utf16Slice } from "../host/buffer-methods.js";
import type { Host } from "../host/host.js";
import { copyRuns, type RunMemory } from "../host/payload-runs.js";
import { Slab } from "../host/slab.js";
import { TextEncoder } from "../host/text-coders.js";
import { decodeByUtf16 } from "../host/utf16-text.js";
import { copyInto, viewOf } from "../host/views.js";
import { nextTick, setImmediate } from "./globals.js";
import { BufferClass } from "./internals/index.js";

/** Up to here the bytes of an array are part of the object, in V8's heap, and cost as little as a view. */
const INNER_BYTES = 64;
/** What only transports see is cut from slabs: memory of its own costs many times as much. */
const SMALL_BYTES = 256;
const small = new Slab(8 * 1024, allocateShared, BufferClass);
const MEDIUM_BYTES = 32 * 1024;
const medium = new Slab(2 * MEDIUM_BYTES, allocateShared, BufferClass);
/** Up to here ASCII text is written faster by a loop than by a call. */
const LOOP_UNITS = 32;

const encoder = new TextEncoder();

const runMemory: RunMemory = { View: BufferClass, leastBytes: INNER_BYTES + 1, allocate: allocateShared };

/** Memory that several have a part of. */
function allocateShared(bytes: number): Uint8Array<ArrayBuffer> {
  return untransferable(Buffer.allocUnsafeSlow(bytes));
}

/** Not from Node's pool, where others would have the same `buffer`; nothing is cleared. */
function allocate(bytes: number): Uint8Array {
  return bytes <= INNER_BYTES ? new BufferClass(bytes) : Buffer.allocUnsafeSlow(bytes);
}

/** Who gives the memory of a payload to a worker must not take that of others along, where that can be prevented. */
export function untransferable(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  try {
    markAsUntransferable(bytes.buffer);
  } catch {
    // Older versions of Deno and Bun have it in name only.
  }
  return bytes;
}

function copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const own = allocate(end - start);
  copyInto(own, bytes, start, end);
  return own;
}

function copyOut(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  const copy =
    length <= SMALL_BYTES
      ? small.take(length)
      : length <= MEDIUM_BYTES
        ? medium.take(length)
        : allocate(length);
  copyInto(copy, bytes, start, end);
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
  return utf8Write(bytes, text, start, 3 * length);
}

function textBytes(text: string): Uint8Array {
  // What is ASCII, as most text is, takes a byte for each unit. To count first takes longer than to write.
  const bytes = allocate(text.length);
  const { read, written } = encoder.encodeInto(text, bytes);
  if (read === text.length) return bytes;
  const rest = text.slice(read);
  const whole = allocate(written + Buffer.byteLength(rest, "utf8"));
  whole.set(bytes.subarray(0, written));
  utf8Write(whole, rest, written, whole.length - written);
  return whole;
}

/** What Node does faster than portable JavaScript. */
export const nodeHost: Host = {
  allocate,
  copy,
  copyOut,
  copyRuns: (read, count, strings) => copyRuns(runMemory, read, count, strings),
  view: (bytes, start, end) => viewOf(BufferClass, bytes, start, end),
  decodeText: (bytes, start, end, ascii) =>
    ascii ? latin1Slice(bytes, start, end) : utf8Slice(bytes, start, end),
  encodeText,
  textBytes,
};

/** What V8 does fastest before its version 13, and Deno still. */
export const decodeText = decodeByUtf16(latin1Slice, utf8Slice, utf16Slice);

/**
 * The host for a version of V8. From 13 on, in Node 24, it makes strings of UTF-8 with vectors of its own; before that it makes
 * them of UTF-16 much faster.
 */
export function hostFor(v8: number): Host {
  return v8 < 13 ? { ...nodeHost, decodeText } : nodeHost;
}

/** What the shared part of the adapters needs of Node. */
export const nodeRuntime: Runtime = {
  host: hostFor(Number.parseInt(process.versions.v8, 10)),
  deadlines: new Deadlines(outside),
  defer: (callback) => nextTick(callback),
  turns: new Turns(setImmediate),
  captureContext,
  readsInContext: true,
};
