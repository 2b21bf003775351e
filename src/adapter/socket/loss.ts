// The end of a transport before its time, as the close event reports it.
import type { CloseEvent } from "../../protocol/events.js";

/** The end of a transport before its time. */
export interface Loss {
  /** Why it ended; undefined if the application asked for it, or if that is not known. */
  readonly cause: unknown;
  /** The bytes that the system had not taken. */
  readonly unsentBytes: number;
}

/**
 * Adds to a close event the bytes that were not sent, and why the transport ended, unless the closing handshake or a
 * failure of the connection came before.
 * @param droppedBytes - those of messages that were dropped while they waited for a fragmented one
 */
export function completed(event: CloseEvent, loss: Loss, droppedBytes: number): CloseEvent {
  const { cause } = loss;
  const unsentBytes = loss.unsentBytes + droppedBytes;
  // Each property by itself: copies by spreading cost ten times as much.
  const { type, code, reason, wasClean, failure } = event;
  if (failure !== undefined) return { type, code, reason, wasClean, failure, unsentBytes };
  if (wasClean || cause === undefined) return { type, code, reason, wasClean, unsentBytes };
  return { type, code, reason, wasClean, cause, unsentBytes };
}
