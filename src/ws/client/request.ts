// The request that opens a connection: RFC 6455 section 4.1, by way of `node:http` or `node:https`.
import http, { type ClientRequest, type ClientRequestArgs, type OutgoingHttpHeaders } from "node:http";
import https, { type RequestOptions } from "node:https";
import net from "node:net";
import tls from "node:tls";
import type { ClientOptions } from "../client-options.js";
import { format } from "../extension.js";
import { PerMessageDeflate } from "../permessage-deflate.js";
import type { Target } from "./address.js";
import type { Offer } from "./agreement.js";
import type { Credentials } from "./redirects.js";

/**
 * Makes a request, which the caller sends by ending it. The modules are asked for their functions each time, because
 * programs replace `http.request` and `tls.connect`.
 */
export function makeRequest(
  target: Target,
  credentials: Credentials,
  offer: Offer,
  options: ClientOptions,
): ClientRequest {
  const requestOptions: RequestOptions = {
    ...options,
    createConnection: options.createConnection || connectorTo(target),
    defaultPort: options.defaultPort || target.defaultPort,
    headers: { ...credentials.headers, ...headersOf(offer, options) },
    auth: credentials.auth,
    method: "GET",
    protocol: undefined,
    hostname: undefined,
    host: target.host,
    port: target.port,
    socketPath: target.socketPath,
    path: target.path,
    // A listener for each request is a leak to Node, if many requests share a signal.
    signal: undefined,
    timeout: options.handshakeTimeout,
  };
  return target.secure ? https.request(requestOptions) : http.request(requestOptions);
}

function headersOf({ key, protocols, deflate }: Offer, options: ClientOptions): OutgoingHttpHeaders {
  const { protocolVersion = 13, origin } = options;
  const headers: OutgoingHttpHeaders = {
    "Sec-WebSocket-Version": protocolVersion,
    "Sec-WebSocket-Key": key,
    Connection: "Upgrade",
    Upgrade: "websocket",
  };
  if (deflate !== undefined) {
    headers["Sec-WebSocket-Extensions"] = format({ [PerMessageDeflate.extensionName]: deflate.offer() });
  }
  if (protocols.size > 0) headers["Sec-WebSocket-Protocol"] = [...protocols].join();
  if (origin) headers[protocolVersion < 13 ? "Sec-WebSocket-Origin" : "Origin"] = origin;
  return headers;
}

/** Connects to a target, with what else the options say about the socket. */
function connectorTo({ secure, host, port, socketPath }: Target) {
  return (options: ClientRequestArgs): net.Socket => {
    // `path` is that of the request, and would name a socket of the file system.
    const address = { ...options, host, port: Number(port), path: socketPath };
    return secure ? connectTls(address) : net.connect(address);
  };
}

function connectTls(options: tls.ConnectionOptions): tls.TLSSocket {
  if (options.servername || options.servername === "") return tls.connect(options);
  const { host = "" } = options;
  return tls.connect({ ...options, servername: net.isIP(host) === 0 ? host : "" });
}
