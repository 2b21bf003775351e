// The asynchronous contexts of the runtime, which `AsyncLocalStorage` rests on.
import type { AsyncContext } from "./transport.js";

type ContextClass = new (type: string) => AsyncContext;

const ContextClass = findContextClass();
/** The context of runtimes without asynchronous contexts. */
const NO_CONTEXT: AsyncContext = {
  runInAsyncScope: (callback, self, ...args) => Reflect.apply(callback, self, args),
};
/** The context of the program that imports this module, which belongs to no connection. */
const root = captureContext();

/** Remembers the context of the caller. */
export function captureContext(): AsyncContext {
  return ContextClass === undefined ? NO_CONTEXT : new ContextClass("wsimd.Socket");
}

/**
 * Calls back outside of every connection's context. Timers that many connections share use it: they would keep the
 * store of one connection alive.
 */
export function outside(callback: () => void): void {
  root.runInAsyncScope(callback);
}

/** `AsyncResource` of the module `node:async_hooks`, where that is built in. */
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
