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
import { allWithData } from "../adapter/typed-data.js";
import type { Bytes } from "../protocol/arguments.js";
import { ownOptions, type Readers, readOptions } from "../protocol/option-readers.js";
import type { PreparedMessage } from "../protocol/prepared-message.js";
import { type BunHandlers, type BunListener, type BunPlace, type BunTls, bunApi } from "./bun.js";
import { BunTransport, TRANSPORT_HANDLERS } from "./bun-transport.js";
import { bunRuntime } from "./host.js";

/** Options of {@link serve}. */
export interface ServeOptions<Data = unknown> extends ListenOptions<Data> {
  /** Key and certificate: serves `wss:`. */
  readonly tls?: BunTls;
}

const SERVE_READERS: Readers<ServeOptions> = { ...LISTEN_READERS, tls: ownOptions };

/**
 * Opens a port, or a Unix socket, that speaks WebSocket: requests that are no opening handshake get the HTTP status they
 * deserve, or go to `fetch`.
 * @throws TypeError or RangeError for options that make no sense; rejects with the system's error if it can't listen
 */
export async function serve<Data = unknown>(
  options: ServeOptions<Data>,
  handlers: Handlers<Data>,
): Promise<ListeningServer<Data>> {
  const bun = bunApi();
  const known = readOptions<ServeOptions>(options, SERVE_READERS);
  const { fetch, maxConnections, tls, port = 0, host, path } = known;
  // Bun takes an object without either for no TLS at all.
  if (tls !== undefined && (tls.key === undefined || tls.cert === undefined)) {
    throw new TypeError("tls needs a key and a cert");
  }
  const plain = { fetch, secure: tls !== undefined };
  const told = readHandlers(handlers, known.pieces);
  const core = new ServerCore(bunRuntime, resolveServerOptions(known), told, plain);
  const listen = (place: BunPlace): BunListener =>
    bun.listen(
      hostOptions({
        ...place,
        allowHalfOpen: true,
        socket: acceptingHandlers(core, maxConnections),
        ...(tls !== undefined && { tls: hostOptions(tls) }),
      }),
    );
  return new BunServer(
    core,
    path === undefined ? listenOn(listen, host, port) : listen({ unix: path }),
    known,
  );
}

/** Listens on one address, or else on all: those of IPv6, too, if the machine has it. */
function listenOn(
  listen: (place: BunPlace) => BunListener,
  host: string | undefined,
  port: number,
): BunListener {
  if (host !== undefined) return listen({ hostname: host, port });
  try {
    return listen({ hostname: "::", port });
  } catch {
    return listen({ hostname: "0.0.0.0", port });
  }
}

/** The table of a listener: that of all sockets, and what makes an opening of each that comes. */
function acceptingHandlers(
  core: ServerCore,
  maxConnections = Number.POSITIVE_INFINITY,
): BunHandlers<BunTransport> {
  let count = 0;
  return {
    ...TRANSPORT_HANDLERS,
    open(socket) {
      const transport = new BunTransport();
      socket.data = transport;
      count++;
      transport.adopt(socket);
      const opening = new Opening(core, transport);
      if (!core.secure) transport.ready();
      if (count > maxConnections) opening.abandon();
    },
    close(socket, error) {
      count--;
      socket.data.closed(error);
    },
  };
}

class BunServer<Data> implements ListeningServer<Data> {
  readonly port: number;
  readonly url: string;
  readonly #core: ServerCore;
  readonly #listener: BunListener;

  constructor(core: ServerCore, listener: BunListener, options: ServeOptions) {
    this.#core = core;
    this.#listener = listener;
    const { hostname: address = "", port = 0 } = listener;
    this.port = port;
    this.url = listeningUrl(options.tls !== undefined, options.path ?? { address, port });
  }

  get connections(): ReadonlyMap<number, Socket<Data>> {
    return allWithData(this.#core.connections);
  }

  broadcast(message: string | Bytes | PreparedMessage, options?: BroadcastOptions<Data>): number {
    return this.#core.broadcast(message, options);
  }

  async close(options?: ServerCloseOptions): Promise<void> {
    const gone = this.#core.closeAll(options);
    this.#listener.stop();
    await gone;
  }
}
