// `connect` for Node, and for other runtimes with `node:net`.

import type { ConnectionOptions } from "node:tls";
import type { Address } from "../adapter/client/address.js";
import { CLIENT_READERS, type ClientOptions, connectBy } from "../adapter/client/client.js";
import {
  type ClientHandlers as AnyClientHandlers,
  readClientHandlers,
} from "../adapter/client/client-handlers.js";
import { proxyDialer, readProxy } from "../adapter/client/proxy/option.js";
import type { ProxyAddress, ProxyChoice, Tunnel } from "../adapter/client/proxy/proxy.js";
import { readGiven } from "../adapter/given-options.js";
import type { Socket } from "../adapter/socket/handlers.js";
import type { TextTypeOption } from "../adapter/socket/options.js";
import type { Runtime } from "../adapter/transport.js";
import type { TextType } from "../protocol/endpoint-options.js";
import { ownOptions, type Readers } from "../protocol/option-readers.js";
import type { ClientHandlers } from "./handlers.js";
import { nodeRuntime } from "./host.js";
import {
  INTERNALS_READERS,
  type InternalsOptions,
  knownInternals,
  prepareInternals,
} from "./internals-option.js";
import { NodeTransport, nodeTransports, type TransportOf, type Transports } from "./node-transport.js";
import { openSocket } from "./open-socket.js";

/** How {@link connect} reaches servers through a proxy. */
export interface ProxyOptions extends ProxyChoice {
  /** Certificates and so on, for a proxy that speaks TLS: `tls` of {@link ConnectOptions} is for the server alone. */
  readonly tls?: ConnectionOptions | undefined;
}

/** Options of {@link connect}. */
export interface ConnectOptions<Data = unknown> extends ClientOptions<Data>, InternalsOptions {
  /** Certificates, server name and so on, for `wss:`. */
  readonly tls?: ConnectionOptions | undefined;
  /**
   * An HTTP proxy that is asked for a tunnel to the server, by the method CONNECT: its URL, or more about it. The word
   * `"environment"` respects `HTTP_PROXY` and the like, see {@link ProxyOptions}. Default: no proxy, even if the
   * environment names one. The choice is made again for each redirect. Through a proxy, `remoteAddress` of the socket
   * is the proxy's.
   */
  readonly proxy?: string | URL | ProxyOptions | undefined;
}

const CONNECT_READERS: Readers<ConnectOptions> = {
  ...CLIENT_READERS,
  ...INTERNALS_READERS,
  tls: ownOptions,
  proxy: readProxy<ConnectionOptions>,
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
 * import { connect } from "wsimd/node";
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
export function connect<Data = unknown, Text extends TextType = TextType>(
  url: string | URL,
  options: ConnectOptions<Data> & TextTypeOption<Text> = {},
  handlers: ClientHandlers<Data, Text> = {},
): Promise<Socket<Data>> {
  return connectOn(nodeRuntime, nodeTransports, url, options, handlers);
}

/** {@link connect} on any runtime that has `node:net`. */
export async function connectOn<Data>(
  runtime: Runtime,
  transports: Transports,
  url: string | URL,
  given: ConnectOptions<Data>,
  handlers: AnyClientHandlers<Data>,
): Promise<Socket<Data>> {
  const options = readGiven<ConnectOptions>(given, CONNECT_READERS);
  const told = readClientHandlers(handlers, options);
  const internals = knownInternals(options.internals);
  await prepareInternals(internals);
  const transportOf = await transports(internals);
  const open = (address: Address) => transportOf(openSocket(address, options.tls));
  const proxy = proxyDialer<ConnectionOptions>(options.proxy, process.env, (address, tls) =>
    openTunnel(address, tls, options.tls, transportOf),
  );
  return connectBy<Data>({ runtime, open, proxy }, url, options, told);
}

/**
 * Connects to a proxy.
 * @param proxyTls - for the proxy itself
 * @param tls - for the server behind it
 */
function openTunnel(
  proxy: ProxyAddress,
  proxyTls: ConnectionOptions | undefined,
  tls: ConnectionOptions | undefined,
  transportOf: TransportOf,
): Tunnel {
  const transport = new NodeTransport(openSocket(proxy, proxyTls), "off");
  const enter = (address: Address) => {
    const inside = transportOf(openSocket(address, tls, transport.release()));
    // Not every runtime reports the address of a connection with TLS within TLS.
    inside.remoteAddress = transport.remoteAddress;
    return inside;
  };
  return { transport, enter };
}
