// The asynchronous contexts of Node, which `AsyncLocalStorage` rests on.
import { AsyncResource } from "node:async_hooks";

/** No connection's context: that of the program which imports this. */
const root = new AsyncResource("wsimd");

/** Remembers the context of the caller. */
export function captureContext(): AsyncResource {
  return new AsyncResource("wsimd.Socket");
}

/** Calls back in no connection's context: for timers that many connections share, which would keep its store alive. */
export function outside(callback: () => void): void {
  root.runInAsyncScope(callback);
}
