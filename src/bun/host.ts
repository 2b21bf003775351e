import { Deadlines } from "../adapter/deadline.js";
import type { Runtime } from "../adapter/transport.js";
import { type Host, portableHost } from "../protocol/host.js";

const bunHost: Host = {
  ...portableHost,
  // Bun makes small arrays inside of its garbage collector's heap: no pool is faster.
  copy: (bytes, start, end) => Uint8Array.prototype.slice.call(bytes, start, end),
};

/** What the shared part of the adapters needs of Bun. */
export const bunRuntime: Runtime = {
  host: bunHost,
  deadlines: new Deadlines(),
  defer: (callback) => process.nextTick(callback),
};
