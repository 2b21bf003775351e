// Begins connections of `node:net` and `node:tls` for clients.
import * as net from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { Address } from "../adapter/client/address.js";
import { hostOptions } from "../adapter/host-options.js";
import { tls } from "./tls.js";

/** When the other side ends, waiting bytes are still written before this side ends. */
const HALF_OPEN = { allowHalfOpen: true };

interface Place extends Pick<Address, "secure" | "hostname" | "port"> {
  readonly unixPath?: string | undefined;
}

/**
 * Begins a connection to a server or a proxy, with TLS if it is secure.
 * @param tunnel - a connection that leads there already
 */
export function openSocket(
  to: Place,
  options: ConnectionOptions | undefined,
  tunnel?: net.Socket,
): net.Socket {
  const { hostname, port, unixPath } = to;
  const target = unixPath === undefined ? { host: hostname, port } : { path: unixPath };
  if (!to.secure) return tunnel ?? net.connect(hostOptions({ ...target, noDelay: true, ...HALF_OPEN }));
  const servername = net.isIP(hostname) === 0 ? { servername: hostname } : {};
  const socket = tls().connect(
    hostOptions({
      // In a tunnel as well, the certificate must be for this host.
      ...target,
      ...servername,
      ...HALF_OPEN,
      ...(tunnel !== undefined && { socket: tunnel }),
      ALPNProtocols: ["http/1.1"],
      ...options,
    }),
  );
  socket.setNoDelay(true);
  return socket;
}
