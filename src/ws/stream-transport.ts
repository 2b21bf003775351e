// The transport of a stream that has become a WebSocket's.
import { Socket as NetSocket } from "node:net";
import type { Duplex } from "node:stream";
import type { SocketTransport } from "../adapter/transport.js";
import { DuplexTransport } from "../node/duplex-transport.js";
import { whatWorks } from "../node/internals/index.js";
import { type InternalsOptions, knownInternals, prepareInternals } from "../node/internals-option.js";
import { NodeTransport } from "../node/node-transport.js";

/** Begins to read a stream. It loses its time-out, which was for the opening handshake. */
export function streamTransport(stream: Duplex, options: InternalsOptions): SocketTransport {
  // Sockets have these methods, and so may other streams: those of HTTP/2 have a time-out.
  callMethod(stream, "setTimeout", 0);
  callMethod(stream, "setNoDelay", true);
  if (!(stream instanceof NetSocket)) return new DuplexTransport(stream);
  const internals = knownInternals(options.internals);
  if (whatWorks() === undefined) void prepareInternals(internals);
  return new NodeTransport(stream, internals);
}

function callMethod(stream: Duplex, name: string, value: unknown): void {
  const method: unknown = Reflect.get(stream, name);
  if (typeof method === "function") method.call(stream, value);
}
