// A server whose connections come as pairs of streams.
import { Opening } from "../adapter/server/opening.js";
import { resolveServerOptions, SERVER_READERS, type ServerOptions } from "../adapter/server/options.js";
import type { FetchHandler } from "../adapter/server/plain-exchange.js";
import { type Server, ServerCore } from "../adapter/server/server.js";
import { ServerHandle } from "../adapter/server/server-handle.js";
import { readHandlers } from "../adapter/socket/given-handlers.js";
import type { Handlers } from "../adapter/socket/handlers.js";
import { callback, flag, type Readers, readOptions, text } from "../protocol/option-readers.js";
import { portableRuntime } from "./runtime.js";
import { type ByteStreams, StreamTransport } from "./stream-transport.js";

/** Options of {@link createServer}. */
export interface StreamServerOptions<Data = unknown> extends ServerOptions<Data> {
  /**
   * Answers plain HTTP requests, which get 426 without it: one request for each connection, content up to `maxContentBytes`,
   * an answer that is sent when it is whole. What it throws becomes 500 and goes to the `error` handler.
   */
  readonly fetch?: FetchHandler;
  /** Whether the streams come out of TLS, so that those requests are for `https:`. Default false. */
  readonly secure?: boolean;
}

/** What is known of the peer at the other end of a pair of streams. */
export interface PeerInfo {
  /** The peer's address, for `upgrade` and the socket. Default "". */
  readonly remoteAddress?: string;
}

const STREAM_READERS: Readers<StreamServerOptions> = { ...SERVER_READERS, fetch: callback, secure: flag };
const PEER_READERS: Readers<PeerInfo> = { remoteAddress: text };

/** A server that gets its connections as pairs of streams. */
export interface StreamServer<Data = unknown> extends Server<Data> {
  /**
   * Serves a connection: reads the opening handshake, answers it, and runs the WebSocket. A request that is no opening handshake gets
   * the HTTP status it deserves. The streams belong to wsimd from now on.
   * @returns when the streams have ended, whatever happened; it never rejects for what a client did
   * @throws TypeError if one of the streams is locked
   */
  accept(streams: ByteStreams, peer?: PeerInfo): Promise<void>;
}

/**
 * A server for connections that the caller accepts. It opens no port.
 * @throws TypeError or RangeError for options that make no sense
 */
export function createServer<Data = unknown>(
  options: StreamServerOptions<Data>,
  handlers: Handlers<Data>,
): StreamServer<Data> {
  const known = readOptions<StreamServerOptions>(options, STREAM_READERS);
  const { fetch, secure = false } = known;
  const told = readHandlers(handlers, known.fragments);
  const core = new ServerCore(portableRuntime(), resolveServerOptions(known), told, { fetch, secure });
  return new StreamServerHandle(core);
}

class StreamServerHandle<Data> extends ServerHandle<Data> implements StreamServer<Data> {
  readonly #core: ServerCore;

  constructor(core: ServerCore) {
    super(core);
    this.#core = core;
  }

  async accept(streams: ByteStreams, peer: PeerInfo = {}): Promise<void> {
    const { remoteAddress = "" } = readOptions(peer, PEER_READERS, "peer");
    const transport = new StreamTransport(streams, remoteAddress);
    new Opening(this.#core, transport);
    await transport.gone;
  }
}
