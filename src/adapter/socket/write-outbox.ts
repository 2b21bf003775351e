// Writes the frames of an outbox to a transport.
import type { Outbox } from "../../protocol/outbox.js";
import type { Transport } from "../transport.js";
import { writeChunks } from "../write-chunks.js";

/** Writes all frames to a transport that is not blocked, and gives the write window back. */
export function writeOutbox(outbox: Outbox, transport: Transport): void {
  if (writeStaged(outbox, transport)) return;
  outbox.uncork();
  writeChunks(transport, outbox.take());
}

/**
 * Writes the frames straight from the write window, if no other output waits and the transport can take them from
 * there.
 * @returns whether all output was written
 */
function writeStaged(outbox: Outbox, transport: Transport): boolean {
  if (!transport.takesAtOnce || outbox.queuedBytes > 0 || transport.bufferedAmount > 0) return false;
  if (!outbox.lendable) return false;
  if (outbox.stagedBytes > 0) transport.write(outbox.staged());
  outbox.release(transport.bufferedAmount > 0 ? transport : undefined);
  return true;
}
