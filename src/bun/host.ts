// The `Host` and the `Runtime` of Bun: strings, payload memory, timers and turns.
import { captureContext, outside } from "../adapter/async-context.js";
import { Deadlines } from "../adapter/deadline.js";
import type { Runtime } from "../adapter/transport.js";
import { Turns } from "../adapter/turn.js";
import { latin1Slice, utf8Slice, utf8Write } from "../host/buffer-methods.js";
import { type Host, portableHost } from "../host/host.js";

/** Read when this module is loaded; src/host/globals.ts has the reason. */
const { nextTick } = process;
const { setImmediate } = globalThis;

const bunHost: Host = {
  ...portableHost,
  copy: (bytes, start, end) => Uint8Array.prototype.slice.call(bytes, start, end),
  // Strings are made directly from UTF-8, so the kernel does not transcode.
  decodeText: (bytes, start, end, ascii) =>
    ascii ? latin1Slice(bytes, start, end) : utf8Slice(bytes, start, end),
  encodeText: (text, bytes, start) => utf8Write(bytes, text, start, 3 * text.length),
};

/** The `Runtime` of Bun. */
export const bunRuntime: Runtime = {
  host: bunHost,
  deadlines: new Deadlines(outside),
  defer: (callback) => nextTick(callback),
  turns: new Turns(setImmediate),
  captureContext,
  readsInContext: true,
};
