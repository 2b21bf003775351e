// The 101 answer of the benchmark's bare servers, which have no WebSocket library to write it.
import { createHash } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * The answer of servers that look at nothing else of a request.
 * @param {Buffer} request
 */
export function switching(request) {
  const key = /sec-websocket-key: (\S+)/i.exec(request.toString("latin1"))?.[1] ?? "";
  const accept = createHash("sha1")
    .update(key + GUID)
    .digest("base64");
  return Buffer.from(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}
