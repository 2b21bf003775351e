// Writes a list of chunks to a transport.
import type { Transport } from "./transport.js";

/** Writes chunks, in their order. `writeAll` is for two or more. */
export function writeChunks(transport: Transport, chunks: readonly Uint8Array[]): void {
  const [first] = chunks;
  if (chunks.length > 1) transport.writeAll(chunks);
  else if (first !== undefined) transport.write(first);
}
