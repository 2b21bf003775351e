// The runtime as the streams adapter sees it: whatever has streams.
import { Deadlines } from "../adapter/deadline.js";
import type { AsyncContext, Runtime } from "../adapter/transport.js";
import { Turns } from "../adapter/turn.js";
import { portableHost } from "../protocol/host.js";

function newRuntime(): Runtime {
  return {
    host: portableHost,
    defer: (callback) => queueMicrotask(callback),
    turns: new Turns(nextTurn),
    deadlines: new Deadlines(outside),
    captureContext,
  };
}

/**
 * What the shared part of the adapters needs of a runtime that has streams. On workerd a timer, and what it does, belongs to the
 * request that set it: there each caller gets its own.
 */
export function portableRuntime(): Runtime {
  return navigatorName() === "Cloudflare-Workers" ? newRuntime() : sharedRuntime;
}

/** Calls back when the input that is there by now was handled. */
export function nextTurn(callback: () => void): void {
  if (typeof setImmediate === "function") setImmediate(callback);
  else setTimeout(callback, 0);
}

/** For runtimes without asynchronous contexts. */
const NO_CONTEXT: AsyncContext = { runInAsyncScope: (callback) => callback() };
const ContextClass = findContextClass();

function captureContext(): AsyncContext {
  return ContextClass === undefined ? NO_CONTEXT : new ContextClass("wsimd.Socket");
}

/** No connection's context: that of the program which imports this. */
const root = captureContext();

function outside(callback: () => void): void {
  root.runInAsyncScope(callback);
}

type ContextClass = new (type: string) => AsyncContext;

/** `AsyncResource` of the module `node:async_hooks`, where there is one that needs no import. */
function findContextClass(): ContextClass | undefined {
  const found: unknown =
    typeof process === "undefined"
      ? undefined
      : process.getBuiltinModule?.("node:async_hooks")?.AsyncResource;
  return isContextClass(found) ? found : undefined;
}

function isContextClass(found: unknown): found is ContextClass {
  return typeof found === "function" && "runInAsyncScope" in found.prototype;
}

const sharedRuntime = newRuntime();

function navigatorName(): string | undefined {
  // Node has a navigator from version 21 on.
  return typeof navigator === "undefined" ? undefined : navigator.userAgent;
}
