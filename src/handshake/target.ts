import {
  COLON,
  consistsOf,
  DIGIT,
  endOfRun,
  equalsIgnoringCase,
  HOST_CHARACTER,
  IP_LITERAL_CHARACTER,
  TARGET_CHARACTER,
} from "./characters.js";

/** A request target, taken apart. */
export interface Resource {
  /** Begins with `/`; percent-encoding and dot segments are as the client sent them. */
  readonly path: string;
  /** What follows the first `?`, without it; `undefined` if there is none. */
  readonly query: string | undefined;
}

/** Whether `text` can stand in a request line: visible ASCII, no fragment, not empty. */
export function isTarget(text: string): boolean {
  return consistsOf(TARGET_CHARACTER, text);
}

/** Whether `text` is a host with an optional port, as `Host` holds it: RFC 9110 section 7.2. No user information. */
export function isAuthority(text: string): boolean {
  const end = endOfHost(text);
  if (end <= 0) return false;
  if (end === text.length) return true;
  return text.charCodeAt(end) === COLON && endOfRun(DIGIT, text, end + 1) === text.length;
}

/** @returns where the host ends, 0 or -1 if there is none */
function endOfHost(text: string): number {
  if (!text.startsWith("[")) return endOfRun(HOST_CHARACTER, text, 0);
  const end = endOfRun(IP_LITERAL_CHARACTER, text, 1);
  return end > 1 && text.startsWith("]", end) ? end + 1 : -1;
}

/**
 * Reads a request target: "a /resource name/ … (or an absolute HTTP/HTTPS URI containing the /resource name/)",
 * RFC 6455 section 4.2.1.
 *
 * A target that begins with `/` is a path, whatever follows: `//evil/chat` names no other host. An absolute URI must
 * name the very authority that `Host` does, so that a target cannot change which origin a request is for.
 *
 * @param host the value of `Host`
 * @returns `undefined` if the target is neither
 */
export function parseTarget(target: string, host: string): Resource | undefined {
  if (!isTarget(target)) return undefined;
  if (target.startsWith("/")) return splitQuery(target);
  const start = startOfAuthority(target);
  const end = start + host.length;
  if (start < 0 || !equalsIgnoringCase(target.slice(start, end), host)) return undefined;
  const rest = target.slice(end);
  if (rest === "" || rest.startsWith("?")) return splitQuery(`/${rest}`);
  return rest.startsWith("/") ? splitQuery(rest) : undefined;
}

function startOfAuthority(target: string): number {
  if (equalsIgnoringCase(target.slice(0, 7), "http://")) return 7;
  return equalsIgnoringCase(target.slice(0, 8), "https://") ? 8 : -1;
}

function splitQuery(resource: string): Resource {
  const mark = resource.indexOf("?");
  if (mark < 0) return { path: resource, query: undefined };
  return { path: resource.slice(0, mark), query: resource.slice(mark + 1) };
}
