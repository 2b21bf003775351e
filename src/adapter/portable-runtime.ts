// The parts of a `Runtime` for any host, some of which an adapter replaces by better ones.

import { queueMicrotask, setTimeout } from "../host/globals.js";
import { portableHost } from "../host/host.js";
import {
  callback,
  flag,
  type Optional,
  object,
  type Readers,
  readOptions,
} from "../protocol/option-readers.js";
import { captureContext, outside } from "./async-context.js";
import { Deadlines } from "./deadline.js";
import type { Runtime } from "./transport.js";
import { Turns } from "./turn.js";

/** Read when this module is loaded, like the other timers. Browsers have none. */
const { setImmediate } = globalThis;

const sharedRuntime = newRuntime();

const RUNTIME_READERS: Readers<Optional<Runtime>> = {
  host: object,
  defer: callback,
  turns: object,
  deadlines: object,
  captureContext: callback,
  readsInContext: flag,
};

function newRuntime(): Runtime {
  return {
    host: portableHost,
    defer: (callback) => queueMicrotask(callback),
    turns: new Turns(nextTurn),
    deadlines: new Deadlines(outside),
    captureContext,
    readsInContext: true,
  };
}

/**
 * The `Runtime` of hosts with WHATWG streams. On workerd a timer and its callback belong to the request that set it, so
 * each caller gets a runtime of its own there.
 */
export function portableRuntime(): Runtime {
  return navigatorName() === "Cloudflare-Workers" ? newRuntime() : sharedRuntime;
}

/**
 * Makes a runtime of the given parts, and of portable parts for the others. One is enough for all connections of an
 * event loop.
 *
 * @param parts - parts to use in place of the portable ones
 * @throws TypeError for a part of a wrong type
 * @example
 * ```js
 * import { createRuntime, Turns } from "wsimd/adapter";
 *
 * export const runtime = createRuntime({ turns: new Turns((callback) => setTimeout(callback, 0)) });
 * ```
 */
export function createRuntime(parts: Optional<Runtime> = {}): Runtime {
  const own = newRuntime();
  const given = readOptions<Optional<Runtime>>(parts, RUNTIME_READERS, "runtime");
  const { host = own.host, defer = own.defer, turns = own.turns, deadlines = own.deadlines } = given;
  const { captureContext = own.captureContext, readsInContext = own.readsInContext } = given;
  return { host, defer, turns, deadlines, captureContext, readsInContext };
}

/** Calls back after the input that has arrived by now was handled. */
export function nextTurn(callback: () => void): void {
  if (typeof setImmediate === "function") setImmediate(callback);
  else setTimeout(callback, 0);
}

function navigatorName(): string | undefined {
  // Node has a navigator from version 21 on.
  return typeof navigator === "undefined" ? undefined : navigator.userAgent;
}
