// Hands requests for an upgrade that no listener takes back to the HTTP server: "A server MAY ignore a received Upgrade
// header field if it wishes to continue using the current protocol on that connection." RFC 9110 section 7.8. Node
// itself offers no way to ignore the field after it has emitted `upgrade`.
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { tls } from "./tls.js";

/** The number of names and values that Node keeps of a head by default. */
const KEPT_HEADERS = 2_000;

/**
 * Gives a request back to its HTTP server, which serves it as if it had asked for no upgrade: the connection is
 * injected with the head in front, as Node documents it for `connection`, so that content, further requests and
 * time-outs are handled by the server as usual.
 * @param head - the bytes that came behind the request's head
 * @returns false if that is impossible, because Node has dropped some of its header lines
 */
export function servePlain(
  httpServer: HttpServer | HttpsServer,
  request: IncomingMessage,
  stream: Duplex,
  head: Uint8Array,
): boolean {
  const { maxHeadersCount } = httpServer;
  const kept = typeof maxHeadersCount === "number" ? 2 * maxHeadersCount : KEPT_HEADERS;
  // A dropped line could have been `Content-Length`, and the content would then be read as a request.
  if (kept > 0 && request.rawHeaders.length >= kept) return false;
  stream.unshift(Buffer.concat([headWithoutUpgrade(request), head]));
  httpServer.emit(httpServer instanceof tls().Server ? "secureConnection" : "connection", stream);
  return true;
}

function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== "upgrade") head += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  }
  return Buffer.from(`${head}\r\n`, "latin1");
}

/** Whether content follows a request's head. */
export function announcesContent({ headers }: IncomingMessage): boolean {
  const { "content-length": length = "0" } = headers;
  return headers["transfer-encoding"] !== undefined || Number(length) !== 0;
}
