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
  const known = event.wasClean || event.failure !== undefined || cause === undefined;
  return known ? { ...event, unsentBytes } : { ...event, cause, unsentBytes };
}
