// The checks of an upgrade request, in the order of `ws` and with its statuses and messages.
import { type IncomingMessage, type OutgoingHttpHeaders, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { isWebSocketKey } from "../handshake/accept-key.js";

/** The answer to a request that is refused. */
export interface Refusal {
  readonly status: number;
  /** The body. Default: the status in words. */
  readonly message?: string | undefined;
  readonly headers?: OutgoingHttpHeaders | undefined;
}

/** A request of which the header fields make sense. */
export interface UpgradeRequest {
  readonly key: string;
  readonly version: 8 | 13;
}

/** A fault of the client, of which the event `wsClientError` tells. */
export interface ClientFault extends Refusal {
  readonly message: string;
}

/** Checks the header fields that every request must have. */
export function checkUpgrade({ method, headers }: IncomingMessage): UpgradeRequest | ClientFault {
  const key = headers["sec-websocket-key"];
  const version = Number(headers["sec-websocket-version"]);
  if (method !== "GET") return { status: 405, message: "Invalid HTTP method" };
  if (headers.upgrade?.toLowerCase() !== "websocket") return malformed("Upgrade");
  if (key === undefined || !isWebSocketKey(key)) return missing("Sec-WebSocket-Key");
  if (version !== 13 && version !== 8)
    return { ...missing("Sec-WebSocket-Version"), headers: { "Sec-WebSocket-Version": "13, 8" } };
  return { key, version };
}

/** The fault of a client that sent a header field with a value that is not valid. */
export function malformed(header: string): ClientFault {
  return { status: 400, message: `Invalid ${header} header` };
}

function missing(header: string): ClientFault {
  return { status: 400, message: `Missing or invalid ${header} header` };
}

/** Whether the connection of a request is encrypted. Only sockets of `node:tls` have these members. */
export function isSecure(socket: object): boolean {
  return Boolean(Reflect.get(socket, "authorized") || Reflect.get(socket, "encrypted"));
}

/** Answers a request with an HTTP error, and ends the connection. */
export function refuse(socket: Duplex, { status, message, headers }: Refusal): void {
  const body = message || (STATUS_CODES[status] ?? "");
  const fields: OutgoingHttpHeaders = {
    Connection: "close",
    "Content-Type": "text/html",
    "Content-Length": Buffer.byteLength(body),
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once("finish", socket.destroy);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`);
}
