// What compression has saved on all connections of the demo.
import type { CompressedBytes, Socket } from "../../node/index.js";

/** Adds up the bytes of connections, of those that have ended too, in both directions. */
export class CompressionMeter {
  readonly #ended = { payloadBytes: 0, wireBytes: 0 };

  /** A connection has ended. */
  ended(socket: Socket): void {
    add(this.#ended, socket);
  }

  /** @param open - the connections that have not ended */
  total(open: Iterable<Socket>): CompressedBytes {
    const total = { ...this.#ended };
    for (const socket of open) add(total, socket);
    return total;
  }
}

function add(total: { payloadBytes: number; wireBytes: number }, { compression }: Socket): void {
  if (compression === undefined) return;
  for (const { payloadBytes, wireBytes } of [compression.sent, compression.received]) {
    total.payloadBytes += payloadBytes;
    total.wireBytes += wireBytes;
  }
}
