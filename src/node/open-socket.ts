// Begins connections of `node:net` and `node:tls` for clients.
import { connect as connectTcp, isIP, type Socket as NetSocket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { Address } from "../adapter/client/address.js";
import { hostOptions } from "../adapter/host-options.js";

/** When the other side ends, waiting bytes are still written before this side ends. */
const HALF_OPEN = { allowHalfOpen: true };

interface Place extends Pick<Address, "secure" | "hostname" | "port"> {
  readonly unixPath?: string | undefined;
}

/**
 * Begins a connection to a server or a proxy, with TLS if it is secure.
 * @param tunnel - a connection that leads there already
 */
export function openSocket(to: Place, tls: ConnectionOptions | undefined, tunnel?: NetSocket): NetSocket {
  const { hostname, port, unixPath } = to;
  const target = unixPath === undefined ? { host: hostname, port } : { path: unixPath };
  if (!to.secure) return tunnel ?? connectTcp(hostOptions({ ...target, noDelay: true, ...HALF_OPEN }));
  const servername = isIP(hostname) === 0 ? { servername: hostname } : {};
  const socket = connectTls(
    hostOptions({
      // In a tunnel as well, the certificate must be for this host.
      ...target,
      ...servername,
      ...HALF_OPEN,
      ...(tunnel !== undefined && { socket: tunnel }),
      ALPNProtocols: ["http/1.1"],
      ...tls,
    }),
  );
  socket.setNoDelay(true);
  return socket;
}
