// `serve` for Node, and for other runtimes with `node:net`.

import type { IncomingMessage } from "node:http";
import * as net from "node:net";
import type { Duplex } from "node:stream";
import type { TlsOptions } from "node:tls";
import { MAX_TIMER_MS } from "../adapter/deadline.js";
import { readGiven } from "../adapter/given-options.js";
import { hostOptions } from "../adapter/host-options.js";
import {
  assertOnePlace,
  LISTEN_READERS,
  type ListeningServer,
  type ListenOptions,
  PortServer,
} from "../adapter/server/listening.js";
import { Opening } from "../adapter/server/opening.js";
import { resolveServerOptions } from "../adapter/server/options.js";
import { ServerCore } from "../adapter/server/server.js";
import {
  type ServerHandlers as AnyServerHandlers,
  readServerHandlers,
} from "../adapter/server/server-handlers.js";
import type { TextTypeOption } from "../adapter/socket/options.js";
import type { Runtime } from "../adapter/transport.js";
import type { TextType } from "../protocol/endpoint-options.js";
import { integer, ownOptions, type Readers } from "../protocol/option-readers.js";
import { EarlySockets } from "./early-sockets.js";
import { setImmediate } from "./globals.js";
import type { ServerHandlers } from "./handlers.js";
import { nodeRuntime } from "./host.js";
import {
  boundDeclines,
  type ConnectionHandle,
  HandleTransport,
  peerAddress,
  takeConnections,
  tellSize,
  whatWorks,
} from "./internals/index.js";
import {
  INTERNALS_READERS,
  type Internals,
  type InternalsOptions,
  knownInternals,
  prepareInternals,
} from "./internals-option.js";
import { NodeListener } from "./node-listener.js";
import { nodeTransports, type TransportOf, type Transports } from "./node-transport.js";
import type { NodeServer } from "./public-http.js";
import { peerIsGone } from "./remote-address.js";
import { tls as nodeTls } from "./tls.js";
import { type Attachment, takeUpgrade } from "./upgrade-opening.js";

/** Options of {@link serve}. */
export interface ServeOptions<Data = unknown, Incoming = IncomingMessage | undefined>
  extends ListenOptions<Data, Incoming>,
    InternalsOptions {
  /** Connections that wait to be accepted. Default 511. */
  readonly backlog?: number | undefined;
  /** Key, certificate and so on: serves `wss:`. */
  readonly tls?: TlsOptions | undefined;
}

const SERVE_READERS: Readers<ServeOptions> = {
  ...LISTEN_READERS,
  ...INTERNALS_READERS,
  backlog: integer(0, 0x7fffffff),
  tls: ownOptions,
};

/** A server that owns its port. Its `upgrade` takes the upgrade requests of other HTTP servers as well. */
export interface NodeListeningServer<Data = unknown> extends ListeningServer<Data>, NodeServer<Data> {}

/**
 * Opens a port, or a Unix socket, that speaks WebSocket: requests that are no opening handshake go to `fetch`, or get
 * an HTTP error status.
 * @throws TypeError or RangeError for options that make no sense; rejects with the system's error if it can't listen
 * @example
 * ```js
 * import { serve } from "wsimd/node";
 *
 * const server = await serve({ port: 8080 }, {
 *   message: (socket, data) => socket.send(data),
 * });
 * console.log(server.url);
 * ```
 */
export async function serve<Data = unknown, Text extends TextType = TextType>(
  options: ServeOptions<Data> & TextTypeOption<Text>,
  handlers: ServerHandlers<Data, Text>,
): Promise<NodeListeningServer<Data>> {
  const { attachment, listener } = await listenOn(nodeRuntime, nodeTransports, options, handlers);
  return new NodePortServer(attachment, listener);
}

/** A server that listens, without the handle that the application gets. */
export interface Listens {
  readonly attachment: Attachment;
  readonly listener: NodeListener;
}

/** Makes a server that listens, on any runtime that has `node:net`. */
export async function listenOn(
  runtime: Runtime,
  transports: Transports,
  given: ServeOptions<unknown, unknown>,
  handlers: AnyServerHandlers,
): Promise<Listens> {
  const options = readGiven<ServeOptions>(given, SERVE_READERS);
  const { fetch, maxConnections, path, tls } = options;
  const resources = { fetch, secure: tls !== undefined, path };
  assertOnePlace(options);
  const told = readServerHandlers(handlers, options);
  const core = new ServerCore(runtime, resolveServerOptions(options), told, resources);
  const internals = knownInternals(options.internals);
  const transportOf = await transports(internals);
  const early = new EarlySockets((socket) => acceptSocket(core, socket, transportOf));
  const accept = (socket: net.Socket): void => early.came(socket);
  const netServer =
    tls === undefined
      ? net.createServer(hostOptions({ noDelay: true, allowHalfOpen: true }), accept)
      : nodeTls().createServer(
          hostOptions({
            noDelay: true,
            handshakeTimeout: tlsTimeout(core),
            ...tls,
          }),
          accept,
        );
  // Set in any case, so that an inherited value does not count.
  netServer.maxConnections = maxConnections ?? Number.POSITIVE_INFINITY;
  const listener = new NodeListener(netServer, core.secure);
  const begin = async (): Promise<void> => {
    try {
      await prepareInternals(internals);
      takeHandles(core, netServer, internals, maxConnections);
    } catch (error) {
      // A bug. Connections do not need private parts.
      core.report(error);
    }
    early.acceptAll();
  };
  // All connections of a server that counts them are accepted in the same way, so the trial comes first.
  if (maxConnections !== undefined) await prepareInternals(internals);
  await listener.listen(options);
  netServer.on("error", (error) => core.report(error));
  if (internals === "off" || whatWorks() !== undefined) await begin();
  // The application goes on first.
  else setImmediate(begin);
  return { attachment: { core, internals }, listener };
}

/** Accepts connections without sockets from now on, if that passed the trial. */
function takeHandles(
  core: ServerCore,
  netServer: net.Server,
  internals: Internals,
  maxConnections?: number,
): void {
  const bare = !core.secure && internals !== "off" && whatWorks()?.handles === true;
  const taken = bare && takeConnections(netServer, (handle) => acceptHandle(core, handle, maxConnections));
  if (maxConnections === undefined) return;
  if (taken) tellSize(netServer, maxConnections, () => core.size);
  else boundDeclines(netServer);
}

/** The handle of a server that owns its port. */
class NodePortServer<Data> extends PortServer<Data> implements NodeListeningServer<Data> {
  readonly #attachment: Attachment;

  constructor(attachment: Attachment, listener: NodeListener) {
    super(attachment.core, listener);
    this.#attachment = attachment;
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Uint8Array): void {
    takeUpgrade(this.#attachment, request, stream, head);
  }
}

/** The longest delay of Node's timers (24 days) stands for `Infinity`. */
function tlsTimeout(core: ServerCore): number {
  return Math.min(Math.ceil(core.options.timeouts.handshakeMs), MAX_TIMER_MS);
}

/** An exception here ends this connection and no other. */
function acceptSocket(core: ServerCore, socket: net.Socket, transportOf: TransportOf): void {
  try {
    // Over TLS this applies only from here on: a client that ends its side during the TLS handshake is gone.
    socket.allowHalfOpen = true;
    if (peerIsGone(socket)) socket.destroy();
    else new Opening(core, transportOf(socket));
  } catch (error) {
    socket.destroy();
    core.report(error);
  }
}

/** As {@link acceptSocket}, without a socket. */
function acceptHandle(
  core: ServerCore,
  handle: ConnectionHandle,
  maxConnections = Number.POSITIVE_INFINITY,
): void {
  let transport: HandleTransport | undefined;
  try {
    const address = core.size < maxConnections ? peerAddress(handle) : undefined;
    if (address === undefined) {
      handle.close();
      return;
    }
    transport = new HandleTransport(handle, address);
    new Opening(core, transport);
  } catch (error) {
    if (transport === undefined) handle.close();
    else transport.destroy();
    core.report(error);
  }
}
