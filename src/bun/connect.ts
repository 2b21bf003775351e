import type { Address } from "../adapter/address.js";
import { type ClientOptions, connectBy } from "../adapter/client.js";
import type { Handlers, Socket } from "../adapter/handlers.js";
import { type BunApi, type BunHandlers, type BunTls, bunApi } from "./bun.js";
import { BunTransport, TRANSPORT_HANDLERS } from "./bun-transport.js";
import { bunRuntime } from "./host.js";

/** Options of {@link connect}. */
export interface ConnectOptions<Data = unknown> extends ClientOptions<Data> {
  /** Certificates, server name and so on, for `wss:`. */
  readonly tls?: BunTls;
}

/**
 * Connects to a server.
 * @param url - `ws:`, `wss:` or `ws+unix:`
 * @returns the open socket. `handlers.open` was called before
 * @throws TypeError, RangeError for options that make no sense; rejects with a `HandshakeError`, with the system's
 * error, or with the signal's reason
 */
export async function connect<Data = unknown>(
  url: string | URL,
  options: ConnectOptions<Data> = {},
  handlers: Handlers<Data> = {},
): Promise<Socket<Data>> {
  const bun = bunApi();
  const open = (address: Address) => openTransport(bun, address, options.tls);
  return connectBy({ runtime: bunRuntime, open }, url, options, handlers);
}

function openTransport(bun: BunApi, address: Address, tls: BunTls | undefined): BunTransport {
  const transport = new BunTransport();
  const { hostname, port, unixPath, secure } = address;
  bun
    .connect({
      ...(unixPath === undefined ? { hostname, port } : { unix: unixPath }),
      allowHalfOpen: true,
      data: transport,
      socket: secure ? SECURE_HANDLERS : HANDLERS,
      // Said in so many words, for Bun takes an object in which nothing is said for no TLS at all.
      ...(secure && { tls: { ...tls, rejectUnauthorized: tls?.rejectUnauthorized ?? true } }),
    })
    .catch((error: unknown) => transport.closed(error));
  return transport;
}

const HANDLERS: BunHandlers<BunTransport> = {
  ...TRANSPORT_HANDLERS,
  open(socket) {
    socket.data.adopt(socket);
    socket.data.ready();
  },
};

const SECURE_HANDLERS: BunHandlers<BunTransport> = {
  ...TRANSPORT_HANDLERS,
  open(socket) {
    socket.data.adopt(socket);
  },
};
