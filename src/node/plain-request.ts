// Requests for an upgrade that nothing takes: "A server MAY ignore a received Upgrade header field if it wishes to continue using
// the current protocol on that connection." RFC 9110 section 7.8. Node knows none that ignores it once it has told of the upgrade.
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { Server as TlsServer } from "node:tls";

/** How many names and values Node keeps of a head, unless it is told another number. */
const KEPT_HEADERS = 2_000;

/**
 * Gives a request back to its HTTP server, which serves it as if it had asked for no upgrade: the connection is injected with the
 * head in front, as Node documents it for `connection`, so that content, further requests and time-outs are the server's as ever.
 * @param head - the bytes that came behind the request's head
 * @returns false if that can't be: Node has forgotten some of its header lines
 */
export function servePlain(
  httpServer: HttpServer | HttpsServer,
  request: IncomingMessage,
  stream: Duplex,
  head: Uint8Array,
): boolean {
  const { maxHeadersCount } = httpServer;
  const kept = typeof maxHeadersCount === "number" ? 2 * maxHeadersCount : KEPT_HEADERS;
  // One of those could have said how long the content is, which would be read as a request then.
  if (kept > 0 && request.rawHeaders.length >= kept) return false;
  stream.unshift(Buffer.concat([headWithoutUpgrade(request), head]));
  httpServer.emit(httpServer instanceof TlsServer ? "secureConnection" : "connection", stream);
  return true;
}

function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== "upgrade") head += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  }
  return Buffer.from(`${head}\r\n`, "latin1");
}

/** Whether content is to come behind a request's head. */
export function announcesContent({ headers }: IncomingMessage): boolean {
  const { "content-length": length = "0" } = headers;
  return headers["transfer-encoding"] !== undefined || Number(length) !== 0;
}
