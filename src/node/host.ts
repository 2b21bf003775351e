// The `Host` and the `Runtime` of Node: strings and payload memory by way of Buffers, timers and turns.
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
import { copyInto, partOf, viewOf } from "../host/views.js";
import { nextTick, setImmediate } from "./globals.js";
import { BufferClass } from "./internals/index.js";

/**
 * Up to this length a payload has memory of its own: V8 keeps the bytes of such short arrays inside of the object (the
 * flag `typed_array_max_size_in_heap`).
 */
const INNER_BYTES = 64;
/** Copies for transports are cut from slabs that all connections of this thread share. */
const SMALL_BYTES = 256;
const small = new Slab(8 * 1024, allocateShared, BufferClass);
const MEDIUM_BYTES = 32 * 1024;
const medium = new Slab(2 * MEDIUM_BYTES, allocateShared, BufferClass);
/** Up to here ASCII text is written by a loop, longer text by a call. */
const LOOP_UNITS = 32;

const encoder = new TextEncoder();

const runMemory: RunMemory = {
  View: BufferClass,
  leastBytes: INNER_BYTES + 1,
  allocate: (bytes) => untransferable(Buffer.alloc(bytes)),
};

/** Memory for several chunks. */
function allocateShared(bytes: number): Uint8Array<ArrayBuffer> {
  return untransferable(Buffer.allocUnsafeSlow(bytes));
}

/** Not from Node's pool, where the `buffer` of a payload would hold other bytes as well. Nothing is cleared. */
function allocate(bytes: number): Uint8Array {
  return bytes <= INNER_BYTES ? new BufferClass(bytes) : Buffer.allocUnsafeSlow(bytes);
}

/**
 * Marks memory as not transferable, on runtimes that can, so that no payload is lost when another one in it is sent to
 * a worker.
 */
export function untransferable(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  try {
    markAsUntransferable(bytes.buffer);
  } catch {
    // Older versions of Deno and Bun have the function, but it does nothing.
  }
  return bytes;
}

function copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  // One step of V8's takes less time than an allocation by Node and a copy.
  if (length > INNER_BYTES) return new BufferClass(partOf(bytes, start, end));
  const own = new BufferClass(length);
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
  // ASCII takes a byte for each unit. Only other text is counted before it is written.
  const bytes = allocate(text.length);
  const { read, written } = encoder.encodeInto(text, bytes);
  if (read === text.length) return bytes;
  const rest = text.slice(read);
  const whole = allocate(written + Buffer.byteLength(rest, "utf8"));
  whole.set(bytes.subarray(0, written));
  utf8Write(whole, rest, written, whole.length - written);
  return whole;
}

/** The host that uses Node's Buffers. */
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

/** The host that makes strings from UTF-16 that the kernel has transcoded, for V8 before version 13, and for Deno. */
export const decodeText = decodeByUtf16(latin1Slice, utf8Slice, utf16Slice);

/** The host for a version of V8. From 13 on, which is Node 24, strings are made of UTF-8 directly. */
export function hostFor(v8: number): Host {
  return v8 < 13 ? { ...nodeHost, decodeText } : nodeHost;
}

/** The `Runtime` of Node. */
export const nodeRuntime: Runtime = {
  host: hostFor(Number.parseInt(process.versions.v8, 10)),
  deadlines: new Deadlines(outside),
  defer: (callback) => nextTick(callback),
  turns: new Turns(setImmediate),
  captureContext,
  readsInContext: true,
};
