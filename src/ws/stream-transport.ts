// The transport of a stream that has become a WebSocket's.
import { Socket as NetSocket } from "node:net";
import type { Duplex } from "node:stream";
import type { SocketTransport } from "../adapter/transport.js";
import { DuplexTransport } from "../node/duplex-transport.js";
import { type InternalsOptions, knownInternals, prepareInternals } from "../node/internals-option.js";
import { NodeTransport } from "../node/node-transport.js";

/** Begins to read a stream. A socket loses its time-out, which was for the opening handshake. */
export function streamTransport(stream: Duplex, options: InternalsOptions): SocketTransport {
  if (!(stream instanceof NetSocket)) return new DuplexTransport(stream);
  const internals = knownInternals(options.internals);
  void prepareInternals(internals);
  stream.setTimeout(0).setNoDelay();
  return new NodeTransport(stream, internals);
}
