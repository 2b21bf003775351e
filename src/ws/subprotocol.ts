// `subprotocol` of ws: reads Sec-WebSocket-Protocol, RFC 6455 section 4.1.
import { COMMA } from "../http/characters.js";
import { TokenScanner } from "./token-scanner.js";

/**
 * Reads the value of a `Sec-WebSocket-Protocol` field.
 * @returns the subprotocols in order
 * @throws SyntaxError if it is malformed, or names a subprotocol twice
 */
export function parse(header: string): Set<string> {
  const protocols = new Set<string>();
  const scanner = new TokenScanner(header);
  let more: boolean;
  do {
    const protocol = scanner.name();
    more = scanner.take(COMMA);
    if (!more) scanner.end();
    if (protocols.has(protocol)) throw new SyntaxError(`The "${protocol}" subprotocol is duplicated`);
    protocols.add(protocol);
  } while (more);
  return protocols;
}
