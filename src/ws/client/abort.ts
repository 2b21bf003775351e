// The option `signal` of a client.
import type { ClientRequest } from "node:http";
import { offAbort, onAbort } from "../../adapter/client/abort-listeners.js";

/** Destroys a request when the signal is aborted, unless the request is over before. */
export function abortWith(signal: AbortSignal, request: ClientRequest): void {
  const abort = (): void => {
    request.destroy(abortError(signal.reason));
  };
  if (signal.aborted) {
    process.nextTick(abort);
    return;
  }
  onAbort(signal, abort);
  request.on("close", () => offAbort(signal, abort));
}

/** An error as Node makes them for what a signal has ended. */
function abortError(cause: unknown): Error {
  const error = new Error("The operation was aborted", { cause });
  return Object.assign(error, { name: "AbortError", code: "ABORT_ERR" });
}
