import { once } from "node:events";
import { createServer, type Server as NetServer, type Socket as NetSocket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { readHandlers } from "../adapter/given-handlers.js";
import type { Handlers, Socket } from "../adapter/handlers.js";
import { hostOptions } from "../adapter/host-options.js";
import {
  LISTEN_READERS,
  type ListeningServer,
  type ListenOptions,
  listeningUrl,
} from "../adapter/listening.js";
import { Opening } from "../adapter/opening.js";
import { type BroadcastOptions, type ServerCloseOptions, ServerCore } from "../adapter/server.js";
import { resolveServerOptions } from "../adapter/server-options.js";
import type { Runtime } from "../adapter/transport.js";
import { allWithData } from "../adapter/typed-data.js";
import { integer, ownOptions, type Readers, readOptions } from "../protocol/option-readers.js";
import type { PreparedMessage } from "../protocol/prepared-message.js";
import { type ConnectionHandle, takeConnections } from "./bare-handle.js";
import { HandleTransport } from "./handle-transport.js";
import { nodeRuntime } from "./host.js";
import { nodeTransports, type Transports } from "./node-transport.js";
import { chooseReadPath, READ_READERS, type ReadOptions } from "./read-path.js";
import { whatWorks } from "./trial.js";

/** Options of {@link serve}. */
export interface ServeOptions<Data = unknown> extends ListenOptions<Data>, ReadOptions {
  /** Connections that wait to be accepted. Default 511. */
  readonly listenBacklog?: number;
  /** Key, certificate and so on: serves `wss:`. */
  readonly tls?: TlsOptions;
}

const SERVE_READERS: Readers<ServeOptions> = {
  ...LISTEN_READERS,
  ...READ_READERS,
  listenBacklog: integer(0, 0x7fffffff),
  tls: ownOptions,
};

/**
 * Opens a port, or a Unix socket, that speaks WebSocket and nothing else: requests that are no opening handshake get the
 * HTTP status they deserve.
 * @throws TypeError or RangeError for options that make no sense; rejects with the system's error if it can't listen
 */
export function serve<Data = unknown>(
  options: ServeOptions<Data>,
  handlers: Handlers<Data>,
): Promise<ListeningServer<Data>> {
  return serveOn(nodeRuntime, nodeTransports, options, handlers);
}

/** {@link serve} on any runtime that has `node:net`. */
export async function serveOn<Data>(
  runtime: Runtime,
  transports: Transports,
  given: ServeOptions<Data>,
  handlers: Handlers<Data>,
): Promise<ListeningServer<Data>> {
  const options = readOptions<ServeOptions>(given, SERVE_READERS);
  const { fetch, maxConnections } = options;
  const plain = { fetch, secure: options.tls !== undefined };
  const told = readHandlers(handlers, options.pieces);
  const core = new ServerCore(runtime, resolveServerOptions(options), told, plain);
  const readPath = await chooseReadPath(options.readPath);
  const transportOf = await transports(readPath);
  const handshakes = new Set<NetSocket>();
  const accept = (socket: NetSocket): void => {
    new Opening(core, transportOf(socket));
  };
  const acceptHandle = (handle: ConnectionHandle): void => {
    if (maxConnections !== undefined && core.size >= maxConnections) handle.close();
    else new Opening(core, new HandleTransport(handle));
  };
  const { tls, port = 0, host, path, listenBacklog = 511 } = options;
  const netServer =
    tls === undefined
      ? createServer(hostOptions({ noDelay: true, allowHalfOpen: true }), accept)
      : createTlsServer(
          hostOptions({
            noDelay: true,
            handshakeTimeout: core.options.timeouts.handshakeMs,
            ...tls,
            allowHalfOpen: true,
          }),
          accept,
        );
  // Its own in any case: what it inherits would count.
  netServer.maxConnections = maxConnections ?? Number.POSITIVE_INFINITY;
  if (tls !== undefined) netServer.on("connection", (socket) => keep(handshakes, socket));
  netServer.listen(
    hostOptions(
      path === undefined ? { port, host, backlog: listenBacklog } : { path, backlog: listenBacklog },
    ),
  );
  await once(netServer, "listening");
  if (tls === undefined && readPath !== "data" && whatWorks()?.handles)
    takeConnections(netServer, acceptHandle);
  netServer.on("error", (error) => core.report(error));
  return new NodeServer(core, netServer, handshakes, options);
}

/** Keeps a socket in a set until it is closed. */
function keep(sockets: Set<NetSocket>, socket: NetSocket): void {
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
}

class NodeServer<Data> implements ListeningServer<Data> {
  readonly port: number;
  readonly url: string;
  readonly #core: ServerCore;
  readonly #netServer: NetServer;
  /** The TCP connections under TLS, also those whose TLS handshake is not over. */
  readonly #handshakes: ReadonlySet<NetSocket>;

  constructor(
    core: ServerCore,
    netServer: NetServer,
    handshakes: ReadonlySet<NetSocket>,
    options: ServeOptions,
  ) {
    this.#core = core;
    this.#netServer = netServer;
    this.#handshakes = handshakes;
    const address = netServer.address();
    const where = address === null || typeof address === "string" ? (address ?? "") : address;
    this.port = typeof where === "string" ? 0 : where.port;
    this.url = listeningUrl(options.tls !== undefined, where);
  }

  get connections(): ReadonlyMap<number, Socket<Data>> {
    return allWithData(this.#core.connections);
  }

  broadcast(message: string | Uint8Array | PreparedMessage, options?: BroadcastOptions<Data>): number {
    return this.#core.broadcast(message, options);
  }

  async close(options?: ServerCloseOptions): Promise<void> {
    const gone = this.#core.closeAll(options);
    const freed = new Promise<void>((resolve) => {
      this.#netServer.close(() => resolve());
    });
    await gone;
    for (const socket of this.#handshakes) socket.destroy();
    await freed;
  }
}
