// A runtime made of what nearly every runtime has, and runtimes that bring better parts.

import { queueMicrotask, setTimeout } from "../host/globals.js";
import { portableHost } from "../host/host.js";
import { captureContext, outside } from "./async-context.js";
import { Deadlines } from "./deadline.js";
import type { Runtime } from "./transport.js";
import { Turns } from "./turn.js";

/** Taken now, as the other timers are. Browsers have none. */
const { setImmediate } = globalThis;

const sharedRuntime = newRuntime();

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
 * What the shared part of the adapters needs of a runtime that has streams. On workerd a timer, and what it does, belongs to the
 * request that set it: there each caller gets its own.
 */
export function portableRuntime(): Runtime {
  return navigatorName() === "Cloudflare-Workers" ? newRuntime() : sharedRuntime;
}

/**
 * A runtime of parts that work anywhere, but for those that are given. One is enough for all connections of an event loop.
 *
 * @param parts - what this runtime has better
 */
export function createRuntime(parts: Partial<Runtime> = {}): Runtime {
  return { ...newRuntime(), ...parts };
}

/** Calls back when the input that is there by now was handled. */
export function nextTurn(callback: () => void): void {
  if (typeof setImmediate === "function") setImmediate(callback);
  else setTimeout(callback, 0);
}

function navigatorName(): string | undefined {
  // Node has a navigator from version 21 on.
  return typeof navigator === "undefined" ? undefined : navigator.userAgent;
}
