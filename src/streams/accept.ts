// A server whose connections come as pairs of streams.
import { portableRuntime } from "../adapter/portable-runtime.js";
import { Opening } from "../adapter/server/opening.js";
import type { Server, ServerCore } from "../adapter/server/server.js";
import { ServerHandle } from "../adapter/server/server-handle.js";
import type { ServerHandlers } from "../adapter/server/server-handlers.js";
import { createCore, type TransportServerOptions } from "../adapter/server/transport-server.js";
import type { TextTypeOption } from "../adapter/socket/options.js";
import type { TextType } from "../protocol/endpoint-options.js";
import { type Readers, readOptions, text } from "../protocol/option-readers.js";
import type { ByteStreams } from "./byte-streams.js";
import { StreamTransport } from "./stream-transport.js";

/** Facts about the peer at the other end of a pair of streams. */
export interface PeerInfo {
  /** The peer's address, for `upgrade` and the socket. Default "". */
  readonly remoteAddress?: string | undefined;
}

const PEER_READERS: Readers<PeerInfo> = { remoteAddress: text };

/** A server that gets its connections as pairs of streams. */
export interface StreamServer<Data = unknown> extends Server<Data> {
  /**
   * Serves a connection: reads the opening handshake, answers it, and runs the WebSocket. A request that is no opening
   * handshake goes to `fetch`, or gets an HTTP error status. The streams belong to wsimd from now on.
   * @returns a promise that resolves when the streams have ended. No act of the client makes it reject
   * @throws TypeError if one of the streams is locked
   */
  accept(streams: ByteStreams, peer?: PeerInfo): Promise<void>;
}

/**
 * A server for connections that the caller accepts. It opens no port.
 * @throws TypeError or RangeError for options that make no sense
 * @example
 * ```js
 * import { createServer as createTcpServer } from "node:net";
 * import { Duplex } from "node:stream";
 * import { createServer } from "wsimd/streams";
 *
 * const server = createServer({}, { message: (socket, data) => socket.send(data) });
 * createTcpServer((socket) => {
 *   server.accept(Duplex.toWeb(socket), { remoteAddress: socket.remoteAddress });
 * }).listen(8080);
 * ```
 */
export function createServer<Data = unknown, Text extends TextType = TextType>(
  options: TransportServerOptions<Data> & TextTypeOption<Text>,
  handlers: ServerHandlers<Data, Text>,
): StreamServer<Data> {
  return new StreamServerHandle(createCore(portableRuntime(), options, handlers));
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
