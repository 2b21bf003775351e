// A server whose caller hands over each connection as a transport.

import type { RequestHead } from "../../http/head.js";
import type { TextType } from "../../protocol/endpoint-options.js";
import { callback, flag, type Readers } from "../../protocol/option-readers.js";
import { readGiven } from "../given-options.js";
import type { TextTypeOption } from "../socket/options.js";
import type { Runtime, SocketTransport } from "../transport.js";
import { Opening } from "./opening.js";
import { resolveServerOptions, SERVER_READERS, type ServerOptions } from "./options.js";
import type { FetchHandler } from "./plain-exchange.js";
import { type Server, ServerCore } from "./server.js";
import { type ConnectionSource, ServerHandle } from "./server-handle.js";
import { readServerHandlers, type ServerHandlers } from "./server-handlers.js";

/** Options of a server that gets its connections one by one. */
export interface TransportServerOptions<Data = unknown> extends ServerOptions<Data, undefined> {
  /**
   * Answers plain HTTP requests, which get 426 without it: one request for each connection, content up to
   * `maxContentBytes`, an answer that is sent when it is whole. An exception becomes a 500 and goes to the `error`
   * handler.
   */
  readonly fetch?: FetchHandler | undefined;
  /** Whether the connections use TLS, so that the URLs of plain requests are `https:`. Default false. */
  readonly secure?: boolean | undefined;
}

/** How options of a server that gets its connections one by one are read. */
export const TRANSPORT_SERVER_READERS: Readers<TransportServerOptions> = {
  ...SERVER_READERS,
  fetch: callback,
  secure: flag,
};

/** A server that gets each connection as a transport. */
export interface TransportServer<Data = unknown> extends Server<Data> {
  /**
   * Serves a connection: becomes the transport's sink, reads the opening handshake, answers it, and runs the WebSocket.
   * A request that is no opening handshake gets an HTTP error status. A failure of the connection never makes it throw.
   */
  accept(transport: SocketTransport): void;
  /**
   * As {@link accept}, for a request whose head was read already.
   * @param rest - the bytes behind the head, copied if they are needed later
   */
  acceptHead(transport: SocketTransport, head: RequestHead, rest: Uint8Array): void;
  /** Tells the `error` handler of an exception that belongs to no socket. Never throws. */
  report(error: unknown): void;
  /** Takes no more connections from its source. Open connections are not affected. */
  stopAccepting(): Promise<void>;
}

/**
 * Makes a server for an adapter, which hands over its connections.
 *
 * @param source - is stopped when the server closes. Default: nothing is to be stopped
 * @throws TypeError or RangeError for options that make no sense
 * @example
 * ```ts
 * import { createRuntime, createServer, type SocketTransport } from "wsimd/adapter";
 *
 * const server = createServer(createRuntime(), {}, { message: (socket, data) => socket.send(data) });
 *
 * export function accepted(transport: SocketTransport): void {
 *   server.accept(transport);
 * }
 * ```
 */
export function createServer<Data = unknown, Text extends TextType = TextType>(
  runtime: Runtime,
  options: TransportServerOptions<Data> & TextTypeOption<Text>,
  handlers: ServerHandlers<Data, Text>,
  source?: ConnectionSource,
): TransportServer<Data> {
  return new TransportServerHandle(createCore(runtime, options, handlers), source);
}

/**
 * Makes the parts of a server that gets its connections one by one.
 * @throws TypeError or RangeError for options that make no sense
 */
export function createCore(
  runtime: Runtime,
  options: TransportServerOptions,
  handlers: ServerHandlers,
): ServerCore {
  const known = readGiven<TransportServerOptions>(options, TRANSPORT_SERVER_READERS);
  const { fetch, secure = false } = known;
  const told = readServerHandlers(handlers, known);
  return new ServerCore(runtime, resolveServerOptions(known), told, { fetch, secure });
}

class TransportServerHandle<Data> extends ServerHandle<Data> implements TransportServer<Data> {
  readonly #core: ServerCore;

  constructor(core: ServerCore, source?: ConnectionSource) {
    super(core, source);
    this.#core = core;
  }

  accept(transport: SocketTransport): void {
    new Opening(this.#core, transport);
  }

  acceptHead(transport: SocketTransport, head: RequestHead, rest: Uint8Array): void {
    new Opening(this.#core, transport, { headRead: true }).headRead(head, rest);
  }

  report(error: unknown): void {
    this.#core.report(error);
  }
}
