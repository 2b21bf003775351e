// A client whose connections the caller makes, each as a transport.

import type { TextType } from "../../protocol/endpoint-options.js";
import { readGiven } from "../given-options.js";
import type { Socket } from "../socket/handlers.js";
import type { TextTypeOption } from "../socket/options.js";
import type { Runtime, SocketTransport } from "../transport.js";
import type { Address } from "./address.js";
import { CLIENT_READERS, type ClientOptions, connectBy } from "./client.js";
import { type ClientHandlers, readClientHandlers } from "./client-handlers.js";

/** How an adapter makes connections. */
export interface TransportDialer {
  /** The runtime on which they are made. */
  readonly runtime: Runtime;
  /**
   * Begins a connection to an address. The transport queues what is written before the connection is there. The
   * function may throw; later failures go to the transport's sink. It is called again for each redirect.
   */
  open(address: Address): SocketTransport;
}

/**
 * Connects to a server with the transports of an adapter.
 *
 * @param url - `ws:` or `wss:`; `http:` and `https:` are taken as these two; or, for a Unix socket, `ws+unix:` or
 * `wss+unix:`, as in `ws+unix:/run/app.sock:/chat`
 * @returns the open socket. `handlers.open` was called before
 * @throws TypeError, RangeError for options that make no sense; rejects with a `HandshakeError`, with the error of the
 * transport or of the dialer, or with the signal's reason
 * @example
 * ```ts
 * import { type Address, connect, createRuntime, type SocketTransport } from "wsimd/adapter";
 *
 * declare function open(address: Address): SocketTransport; // makes a connection of the adapter's
 *
 * const socket = await connect({ runtime: createRuntime(), open }, "ws://example.org/");
 * socket.send("hello");
 * ```
 */
export async function connect<Data = unknown, Text extends TextType = TextType>(
  dialer: TransportDialer,
  url: string | URL,
  options: ClientOptions<Data> & TextTypeOption<Text> = {},
  handlers: ClientHandlers<Data, Text> = {},
): Promise<Socket<Data>> {
  const known = readGiven<ClientOptions>(options, CLIENT_READERS);
  const told = readClientHandlers(handlers, known);
  const open = (address: Address): SocketTransport => dialer.open(address);
  return connectBy<Data>({ runtime: dialer.runtime, open }, url, known, told);
}
