import { connect as connectTcp, isIP, type Socket as NetSocket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { Address } from "../adapter/address.js";
import { type ClientOptions, connectBy } from "../adapter/client.js";
import type { Handlers, Socket } from "../adapter/handlers.js";
import { nodeRuntime } from "./host.js";
import { NodeTransport } from "./node-transport.js";
import { chooseReadPath, type ReadOptions } from "./read-path.js";

/** Options of {@link connect}. */
export interface ConnectOptions<Data = unknown> extends ClientOptions<Data>, ReadOptions {
  /** Certificates, server name and so on, for `wss:`. */
  readonly tls?: ConnectionOptions;
}

/** What still waits to be written when the server ends its side is written, before this side ends. */
const HALF_OPEN = { allowHalfOpen: true };

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
  const readPath = await chooseReadPath(options.readPath);
  const open = (address: Address) => new NodeTransport(openSocket(address, options.tls), readPath);
  return connectBy({ runtime: nodeRuntime, open }, url, options, handlers);
}

function openSocket(address: Address, tls: ConnectionOptions | undefined): NetSocket {
  const { hostname, port, unixPath } = address;
  const target = unixPath === undefined ? { host: hostname, port } : { path: unixPath };
  if (!address.secure) return connectTcp({ ...target, noDelay: true, ...HALF_OPEN });
  const servername = isIP(hostname) === 0 ? { servername: hostname } : {};
  const options: ConnectionOptions = {
    ...target,
    ...servername,
    ...HALF_OPEN,
    ALPNProtocols: ["http/1.1"],
    ...tls,
  };
  const socket = connectTls(options);
  socket.setNoDelay(true);
  return socket;
}
