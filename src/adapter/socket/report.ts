// Reports errors to the application: to the `error` handler, or else to the console.
import type { Handlers, Socket } from "./handlers.js";

/** Tells the `error` handler. An exception or a rejection of that handler goes to the console. Never throws. */
export function reportError(
  handlers: Pick<Handlers, "error">,
  socket: Socket | undefined,
  error: unknown,
): void {
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

/** The application may have replaced the console by one that throws. Other connections must not suffer from it. */
function print(error: unknown): void {
  try {
    console.error(error);
  } catch {
    // No other way is left to report it.
  }
}

/** Whether a handler was asynchronous. */
export function isThenable(result: unknown): result is PromiseLike<unknown> {
  return typeof result === "object" && result !== null && "then" in result;
}
