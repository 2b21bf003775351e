import { captureContext, outside } from "../adapter/async-context.js";
import { Deadlines } from "../adapter/deadline.js";
import type { Runtime } from "../adapter/transport.js";
import { Turns } from "../adapter/turn.js";
import { latin1Slice, utf8Slice, utf8Write } from "../host/buffer-methods.js";
import { type Host, portableHost } from "../host/host.js";

/** Taken now: src/host/globals.ts says why. */
const { nextTick } = process;
const { setImmediate } = globalThis;

const bunHost: Host = {
  ...portableHost,
  // Bun makes small arrays inside of its garbage collector's heap: no pool is faster.
  copy: (bytes, start, end) => Uint8Array.prototype.slice.call(bytes, start, end),
  // JavaScriptCore makes strings of UTF-8 faster than the kernel makes UTF-16.
  decodeText: (bytes, start, end, ascii) =>
    ascii ? latin1Slice(bytes, start, end) : utf8Slice(bytes, start, end),
  encodeText: (text, bytes, start) => utf8Write(bytes, text, start, 3 * text.length),
};

/** What the shared part of the adapters needs of Bun. */
export const bunRuntime: Runtime = {
  host: bunHost,
  deadlines: new Deadlines(outside),
  defer: (callback) => nextTick(callback),
  turns: new Turns(setImmediate),
  captureContext,
  readsInContext: true,
};
