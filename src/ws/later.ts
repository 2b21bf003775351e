// Exceptions of listeners: they reach `uncaughtException`, and nothing of the protocol.
import { nextTick } from "../node/globals.js";

/** Throws an exception of the application once the current call of the event loop has returned. */
export function rethrowLater(error: unknown): void {
  nextTick(rethrow, error);
}

function rethrow(error: unknown): never {
  throw error;
}
