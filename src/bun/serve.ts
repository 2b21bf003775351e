// `serve` for Bun, on Bun's own sockets.

import { readGiven } from "../adapter/given-options.js";
import { hostOptions } from "../adapter/host-options.js";
import {
  assertOnePlace,
  LISTEN_READERS,
  type Listener,
  type ListeningServer,
  type ListenOptions,
  type Place,
  PortServer,
  type Where,
} from "../adapter/server/listening.js";
import { Opening } from "../adapter/server/opening.js";
import { resolveServerOptions } from "../adapter/server/options.js";
import { ServerCore } from "../adapter/server/server.js";
import { readServerHandlers, type ServerHandlers } from "../adapter/server/server-handlers.js";
import type { TextTypeOption } from "../adapter/socket/options.js";
import type { TextType } from "../protocol/endpoint-options.js";
import { ownOptions, type Readers } from "../protocol/option-readers.js";
import {
  type BunHandlers,
  type BunListener,
  type BunPlace,
  type BunSocket,
  type BunTls,
  bunApi,
} from "./bun.js";
import { BunTransport, TRANSPORT_HANDLERS } from "./bun-transport.js";
import { bunRuntime } from "./host.js";

/** Options of {@link serve}. */
export interface ServeOptions<Data = unknown> extends ListenOptions<Data, undefined> {
  /** Key and certificate: serves `wss:`. */
  readonly tls?: BunTls | undefined;
}

const SERVE_READERS: Readers<ServeOptions> = { ...LISTEN_READERS, tls: ownOptions };

/**
 * Opens a port, or a Unix socket, that speaks WebSocket: requests that are no opening handshake go to `fetch`, or get
 * an HTTP error status.
 * @throws TypeError or RangeError for options that make no sense; rejects with the system's error if it can't listen
 * @example
 * ```js
 * import { serve } from "wsimd/bun";
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
): Promise<ListeningServer<Data>> {
  const bun = bunApi();
  const known = readGiven<ServeOptions>(options, SERVE_READERS);
  const { fetch, maxConnections, tls, unix, path } = known;
  // Bun takes an object without a key and a certificate for no TLS at all.
  if (tls !== undefined && (tls.key === undefined || tls.cert === undefined)) {
    throw new TypeError("tls needs a key and a cert");
  }
  assertOnePlace(known);
  const resources = { fetch, secure: tls !== undefined, path };
  const told = readServerHandlers(handlers, known);
  const core = new ServerCore(bunRuntime, resolveServerOptions(known), told, resources);
  const listen = (place: BunPlace): BunListener =>
    bun.listen(
      hostOptions({
        ...place,
        allowHalfOpen: true,
        socket: acceptingHandlers(core, maxConnections),
        ...(tls !== undefined && { tls: hostOptions(tls) }),
      }),
    );
  return new PortServer(core, new PlaceListener(listenOn(listen, known), unix));
}

/** Listens at the given place; without a host, on all addresses, those of IPv6 included if the machine has any. */
function listenOn(
  listen: (place: BunPlace) => BunListener,
  { port = 0, host, unix, fd, reusePort = false }: Place,
): BunListener {
  if (fd !== undefined) return listen({ fd });
  if (unix !== undefined) return listen({ unix });
  if (host !== undefined) return listen({ hostname: host, port, reusePort });
  try {
    return listen({ hostname: "::", port, reusePort });
  } catch {
    return listen({ hostname: "0.0.0.0", port, reusePort });
  }
}

/** A listener of Bun's. */
class PlaceListener implements Listener {
  readonly where: Where;
  readonly #listener: BunListener;

  constructor(listener: BunListener, unix: string | undefined) {
    this.#listener = listener;
    this.where = unix ?? placeOf(listener);
  }

  stop(): void {
    this.#listener.stop();
  }

  /** Connections belong to the server from the beginning. */
  async drained(): Promise<void> {}

  ref(): void {
    this.#listener.ref();
  }

  unref(): void {
    this.#listener.unref();
  }
}

/** The address and port of a listener, also if it was made from a descriptor. */
function placeOf(listener: BunListener): Where {
  const found: { address?: string; port?: number } = {};
  listener.getsockname(found);
  const { address, port } = found;
  return address === undefined || port === undefined ? "" : { address, port };
}

/** The handlers of a listener: those of all sockets, and one that makes an opening for each accepted socket. */
function acceptingHandlers(
  core: ServerCore,
  maxConnections = Number.POSITIVE_INFINITY,
): BunHandlers<BunTransport> {
  let count = 0;
  return {
    ...TRANSPORT_HANDLERS,
    open(socket) {
      count++;
      socket.data = new BunTransport();
      // An exception here ends this connection and no other.
      try {
        if (count > maxConnections || peerIsGone(socket)) socket.close();
        else accept(core, socket);
      } catch (error) {
        socket.close();
        core.report(error);
      }
    },
    close(socket, error) {
      count--;
      socket.data.closed(error);
    },
  };
}

function accept(core: ServerCore, socket: BunSocket<BunTransport>): void {
  const transport = socket.data;
  transport.adopt(socket);
  new Opening(core, transport);
  if (!core.secure) transport.ready();
}

/** Whether a TCP connection's peer has reset it already. */
function peerIsGone({ remoteAddress, localAddress }: BunSocket<BunTransport>): boolean {
  return remoteAddress === undefined && localAddress !== undefined;
}
