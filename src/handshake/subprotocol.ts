// Subprotocols: reads a client's offers, and selects one for a server.
import type { HeaderList } from "../http/header-list.js";
import { parseTokens } from "../http/token-list.js";
import { assertHeaders } from "./given-head.js";

/**
 * The subprotocols that a client offers, in its order of preference, out of any number of `Sec-WebSocket-Protocol`
 * fields. RFC 6455 sections 4.1 and 11.3.4.
 *
 * @returns an empty array if the client offers none, `undefined` if the fields are malformed
 * @throws TypeError if `headers` is not a HeaderList
 */
export function parseSubprotocols(headers: HeaderList): readonly string[] | undefined {
  assertHeaders(headers);
  const protocols = parseTokens(headers.getAll("Sec-WebSocket-Protocol"));
  // "The elements that comprise this value MUST be non-empty strings … and MUST all be unique strings."
  return protocols !== undefined && areUnique(protocols) ? protocols : undefined;
}

/** Whether no string is there twice. */
export function areUnique(strings: readonly string[]): boolean {
  return strings.length < 2 || new Set(strings).size === strings.length;
}

/** The subprotocol that `selectSubprotocol` picks. */
export function preferredSubprotocol(
  offered: readonly string[],
  supported: readonly string[],
): string | undefined {
  if (offered.length === 0) return undefined;
  const known = new Set(supported);
  return offered.find((protocol) => known.has(protocol));
}
