// The option `path` of servers: the paths of requests, in a form in which they can be compared.
import { parseTarget } from "../../http/target.js";
import { refuse } from "../../protocol/option-readers.js";

const UNRESERVED = /[A-Za-z0-9\-._~]/;

/** The path of a request target, be it absolute or not, in the form in which paths are compared. */
export function pathOf(target: string): string {
  const [before = ""] = target.split("?", 1);
  // The host of an absolute target is not checked here; the handshake on that path checks it.
  return comparablePath(parseTarget(target, undefined)?.path ?? before);
}

/**
 * Reads a path that an application gives, into the form in which paths are compared.
 * @throws TypeError or RangeError if no request can have this path
 */
export function readPath(path: string | undefined, name: string): string {
  if (typeof path !== "string" || !path.startsWith("/") || /[?#\p{Surrogate}]/u.test(path))
    return refuse(path, "string", name, 'a path that begins with "/" and has no query and no fragment');
  return comparablePath(new URL(`http://a${path}`).pathname);
}

/**
 * Brings a URL's path to the form in which paths are compared: characters that need no percent-encoding are decoded,
 * and the hexadecimal digits of the others are capital (RFC 3986 section 6.2.2).
 */
export function comparablePath(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return UNRESERVED.test(character) ? character : encoded.toUpperCase();
  });
}
