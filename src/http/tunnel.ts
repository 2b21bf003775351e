// The request for a tunnel through a proxy: the method CONNECT.
import { encodeHead, type HeaderFields, headerLines } from "./header-fields.js";
import { isAuthority } from "./target.js";

/** A client's request for a tunnel. */
export interface ConnectRequest {
  /** Host and port of the server; IPv6 addresses are in brackets. */
  readonly authority: string;
  /** For the proxy alone, such as `Proxy-Authorization`. */
  readonly headers?: HeaderFields | undefined;
}

/** Header fields that the caller may not set, in the form of `headerLines`. */
export const TUNNEL_RESERVED: readonly string[] = [
  "host",
  "connection",
  "upgrade",
  "content-length",
  "transfer-encoding",
  "sec-websocket-",
];

/**
 * Writes the request for a tunnel, RFC 6455 section 4.1 and RFC 9110 section 9.3.6.
 *
 * @returns the head, owned by the caller
 * @throws TypeError if any part cannot be sent as it is
 */
export function buildConnect({ authority, headers }: ConnectRequest): Uint8Array {
  if (!isAuthority(authority)) throw new TypeError("authority must be a host with a port");
  return encodeHead(
    `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${headerLines(headers, TUNNEL_RESERVED)}\r\n`,
  );
}
