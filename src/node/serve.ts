import { once } from "node:events";
import { createServer, type Server as NetServer, type Socket as NetSocket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import type { Handlers, Socket } from "../adapter/handlers.js";
import { Opening } from "../adapter/opening.js";
import {
  type BroadcastOptions,
  type Server,
  type ServerCloseOptions,
  ServerCore,
} from "../adapter/server.js";
import { resolveServerOptions, type ServerOptions } from "../adapter/server-options.js";
import { allWithData } from "../adapter/typed-data.js";
import type { PreparedMessage } from "../protocol/prepared-message.js";
import { nodeRuntime } from "./host.js";
import { NodeTransport } from "./node-transport.js";
import { chooseReadPath, type ReadOptions } from "./read-path.js";

/** Options of {@link serve}. */
export interface ServeOptions<Data = unknown> extends ServerOptions<Data>, ReadOptions {
  /** Default 0: one that is free. */
  readonly port?: number;
  /** Address to listen on. Default: all of this machine's. */
  readonly host?: string;
  /** A Unix socket to listen on, instead of a port. */
  readonly path?: string;
  /** Connections that wait to be accepted. Default 511. */
  readonly listenBacklog?: number;
  /** Connections at a time, those in their handshake too; more are closed as soon as they come. Default: any number. */
  readonly maxConnections?: number;
  /** Key, certificate and so on: serves `wss:`. */
  readonly tls?: TlsOptions;
}

/** A server that owns its port. */
export interface ListeningServer<Data = unknown> extends Server<Data> {
  /** Where it listens, 0 for a Unix socket. */
  readonly port: number;
  /** A URL that a client on this machine can use. */
  readonly url: string;
}

/**
 * Opens a port, or a Unix socket, that speaks WebSocket and nothing else: requests that are no opening handshake get the
 * HTTP status they deserve.
 * @throws TypeError or RangeError for options that make no sense; rejects with the system's error if it can't listen
 */
export async function serve<Data = unknown>(
  options: ServeOptions<Data>,
  handlers: Handlers<Data>,
): Promise<ListeningServer<Data>> {
  const core = new ServerCore(nodeRuntime, resolveServerOptions(options, handlers), handlers);
  const { maxConnections } = options;
  if (maxConnections !== undefined && !(Number.isInteger(maxConnections) && maxConnections > 0)) {
    throw new RangeError(`maxConnections must be a positive integer, not ${String(maxConnections)}`);
  }
  const readPath = await chooseReadPath(options.readPath);
  const handshakes = new Set<NetSocket>();
  const accept = (socket: NetSocket): void => {
    new Opening(core, new NodeTransport(socket, readPath));
  };
  const { tls, port = 0, host, path, listenBacklog = 511 } = options;
  const netServer =
    tls === undefined
      ? createServer({ noDelay: true, allowHalfOpen: true }, accept)
      : createTlsServer(
          { noDelay: true, handshakeTimeout: core.options.timeouts.handshakeMs, ...tls },
          accept,
        );
  if (maxConnections !== undefined) netServer.maxConnections = maxConnections;
  if (tls !== undefined) netServer.on("connection", (socket) => keep(handshakes, socket));
  netServer.listen(
    path === undefined ? { port, host, backlog: listenBacklog } : { path, backlog: listenBacklog },
  );
  await once(netServer, "listening");
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
    const scheme = options.tls === undefined ? "ws" : "wss";
    if (address === null || typeof address === "string") {
      this.port = 0;
      this.url = `${scheme}+unix:${encodedPath(address ?? "")}`;
    } else {
      this.port = address.port;
      this.url = `${scheme}://${reachable(address.address)}:${address.port}`;
    }
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

/** A file's path as it stands in a URL, in which a colon ends it. */
function encodedPath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** An address that a client on this machine can use for the one that a server listens on. */
function reachable(address: string): string {
  if (address === "0.0.0.0" || address === "::") return "127.0.0.1";
  return address.includes(":") ? `[${address}]` : address;
}
