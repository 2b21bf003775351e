import type { Handlers, Socket } from "./handlers.js";

/** Tells the `error` handler. What that throws itself, or is rejected with, goes to the console and nowhere else. */
export function reportError(handlers: Handlers, socket: Socket | undefined, error: unknown): void {
  if (handlers.error === undefined) {
    console.error(error);
    return;
  }
  try {
    const result = handlers.error(socket, error);
    if (isThenable(result)) Promise.resolve(result).catch((second: unknown) => console.error(second));
  } catch (second) {
    console.error(second);
  }
}

/** Whether a handler was asynchronous. */
export function isThenable(result: unknown): result is PromiseLike<unknown> {
  return typeof result === "object" && result !== null && "then" in result;
}
