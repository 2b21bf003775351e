import type { Handlers, Socket } from "./handlers.js";

/**
 * Tells the `error` handler. What that throws itself, or is rejected with, goes to the console and nowhere else. Never
 * throws.
 */
export function reportError(handlers: Handlers, socket: Socket | undefined, error: unknown): void {
  try {
    if (handlers.error === undefined) print(error);
    else {
      const result = handlers.error(socket, error);
      if (isThenable(result)) Promise.resolve(result).catch(print);
    }
  } catch (second) {
    print(second);
  }
}

/** Applications replace the console. One that throws must not end what is done for other connections. */
function print(error: unknown): void {
  try {
    console.error(error);
  } catch {
    // There is nothing left to tell.
  }
}

/** Whether a handler was asynchronous. */
export function isThenable(result: unknown): result is PromiseLike<unknown> {
  return typeof result === "object" && result !== null && "then" in result;
}
