// `connect` for Bun, on Bun's own sockets.

import type { Address } from "../adapter/client/address.js";
import { CLIENT_READERS, type ClientOptions, connectBy } from "../adapter/client/client.js";
import { type ClientHandlers, readClientHandlers } from "../adapter/client/client-handlers.js";
import { proxyDialer, readProxy } from "../adapter/client/proxy/option.js";
import type { ProxyAddress, ProxyChoice, Tunnel } from "../adapter/client/proxy/proxy.js";
import { readGiven } from "../adapter/given-options.js";
import { hostOptions } from "../adapter/host-options.js";
import type { Socket } from "../adapter/socket/handlers.js";
import type { TextTypeOption } from "../adapter/socket/options.js";
import type { TextType } from "../protocol/endpoint-options.js";
import { ownOptions, type Readers } from "../protocol/option-readers.js";
import { type BunApi, type BunTls, bunApi } from "./bun.js";
import { BunTransport, CLIENT_HANDLERS, SECURE_CLIENT_HANDLERS } from "./bun-transport.js";
import { bunRuntime } from "./host.js";

/** How {@link connect} reaches servers through a proxy. */
export interface ProxyOptions extends ProxyChoice {
  /** Certificates and so on, for a proxy that speaks TLS: `tls` of {@link ConnectOptions} is for the server alone. */
  readonly tls?: BunTls | undefined;
}

/** Options of {@link connect}. */
export interface ConnectOptions<Data = unknown> extends ClientOptions<Data> {
  /** Certificates, server name and so on, for `wss:`. */
  readonly tls?: BunTls | undefined;
  /**
   * An HTTP proxy that is asked for a tunnel to the server, by the method CONNECT: its URL, or more about it. The word
   * `"environment"` respects `HTTP_PROXY` and the like, see {@link ProxyOptions}. Default: no proxy, even if the
   * environment names one. Bun does not support TLS within TLS, so an `https:` proxy leads to `ws:` servers only.
   */
  readonly proxy?: string | URL | ProxyOptions | undefined;
}

const CONNECT_READERS: Readers<ConnectOptions> = {
  ...CLIENT_READERS,
  tls: ownOptions,
  proxy: readProxy<BunTls>,
};

/**
 * Connects to a server.
 * @param url - `ws:` or `wss:`; `http:` and `https:` are taken as these two; or, for a Unix socket, `ws+unix:` or
 * `wss+unix:`, as in `ws+unix:/run/app.sock:/chat`
 * @returns the open socket. `handlers.open` was called before
 * @throws TypeError, RangeError for options that make no sense; rejects with a `HandshakeError`, with the system's
 * error, or with the signal's reason
 * @example
 * ```js
 * import { connect } from "wsimd/bun";
 *
 * const socket = await connect("ws://127.0.0.1:8080/", {}, {
 *   message(socket, data) {
 *     console.log(data);
 *     socket.close(1000);
 *   },
 * });
 * socket.send("hello");
 * ```
 */
export async function connect<Data = unknown, Text extends TextType = TextType>(
  url: string | URL,
  options: ConnectOptions<Data> & TextTypeOption<Text> = {},
  handlers: ClientHandlers<Data, Text> = {},
): Promise<Socket<Data>> {
  const bun = bunApi();
  const known = readGiven<ConnectOptions>(options, CONNECT_READERS);
  const told = readClientHandlers(handlers, known);
  const open = (address: Address) => openTransport(bun, address, known.tls);
  const proxy = proxyDialer<BunTls>(known.proxy, process.env, (address, tls) =>
    openTunnel(bun, address, tls, known.tls),
  );
  return connectBy<Data>({ runtime: bunRuntime, open, proxy }, url, known, told);
}

type Place = Pick<Address, "secure" | "hostname" | "port" | "unixPath">;

function openTransport(bun: BunApi, place: Place, tls: BunTls | undefined): BunTransport {
  const transport = new BunTransport();
  const { hostname, port, unixPath, secure } = place;
  bun
    .connect(
      hostOptions({
        ...(unixPath === undefined ? { hostname, port } : { unix: unixPath }),
        allowHalfOpen: true,
        data: transport,
        socket: secure ? SECURE_CLIENT_HANDLERS : CLIENT_HANDLERS,
        ...(secure && { tls: clientTls(tls) }),
      }),
    )
    .catch((error: unknown) => transport.closed(error));
  return transport;
}

/** Options for TLS with one default set explicitly: Bun takes an empty object for no TLS at all. */
function clientTls(tls: BunTls | undefined): BunTls {
  return hostOptions({ ...tls, rejectUnauthorized: tls?.rejectUnauthorized ?? true });
}

/**
 * Connects to a proxy.
 * @param proxyTls - for the proxy itself
 * @param tls - for the server behind it
 */
function openTunnel(
  bun: BunApi,
  proxy: ProxyAddress,
  proxyTls: BunTls | undefined,
  tls: BunTls | undefined,
): Tunnel {
  const transport = openTransport(bun, { ...proxy, unixPath: undefined }, proxyTls);
  // The certificate must be for the server, and not for the proxy.
  const enter = ({ secure, hostname }: Address) =>
    secure ? transport.secure(clientTls({ serverName: hostname, ...tls })) : transport;
  return { transport, enter };
}
