// Where a client connects to, read from a URL.
import { TextEncoder } from "../../host/text-coders.js";
import type { HeaderFields } from "../../http/header-fields.js";
import { fieldsOf } from "../../http/header-fields.js";
import type { HeaderList } from "../../http/header-list.js";
import { HandshakeError } from "./handshake-error.js";

/** The place that a client connects to, read from a URL. */
export interface Address {
  /** The URL itself. */
  readonly url: URL;
  /** Whether the connection uses TLS. */
  readonly secure: boolean;
  /** Path of a Unix socket, instead of host and port. */
  readonly unixPath: string | undefined;
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  /** The port of the URL, or the default of its scheme. */
  readonly port: number;
  /** The `Host` header. */
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  /** `Authorization` for the URL's user and password. */
  readonly authorization: string | undefined;
}

/**
 * Reads a `ws:`, `wss:`, `ws+unix:` or `wss+unix:` URL (section 3); `http:` and `https:` stand for the first two. The
 * path of `ws+unix:/run/app.sock:/chat` is the socket's, then behind a colon the request's.
 * @throws TypeError if the URL is of another scheme, has a fragment, or holds an escape that can't be decoded
 */
export function parseAddress(input: string | URL): Address {
  const url = new URL(input);
  const scheme = url.protocol.replace("http", "ws");
  const unix = scheme === "ws+unix:" || scheme === "wss+unix:";
  if (!unix && scheme !== "ws:" && scheme !== "wss:") {
    throw new TypeError(`a WebSocket URL begins with ws: or wss:, not ${url.protocol}`);
  }
  // Section 3: "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used".
  if (url.hash !== "") throw new TypeError("a WebSocket URL has no fragment");
  const secure = scheme.startsWith("wss");
  const target = `${url.pathname === "" ? "/" : url.pathname}${url.search}`;
  const common = { url, secure, authorization: basicAuthorization(url) };
  if (unix) return { ...common, ...unixAddress(url) };
  const place = { hostname: withoutBrackets(url.hostname), port: portOf(url, secure) };
  return { ...common, ...place, unixPath: undefined, host: url.host, target };
}

/** A URL's host; the brackets of an IPv6 address belong to the URL. */
export function withoutBrackets(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

/** A URL's port, be it written or the default. */
export function portOf(url: URL, secure: boolean): number {
  if (url.port !== "") return Number(url.port);
  return secure ? 443 : 80;
}

/** Host and port as a request for a tunnel names them. */
export function authorityOf({ hostname, port }: Pick<Address, "hostname" | "port">): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

function unixAddress(url: URL): Pick<Address, "unixPath" | "hostname" | "port" | "host" | "target"> {
  const colon = url.pathname.indexOf(":");
  const path = colon < 0 ? url.pathname : url.pathname.slice(0, colon);
  const target = colon < 0 ? "/" : url.pathname.slice(colon + 1);
  if (path === "") throw new TypeError("a ws+unix: URL names a socket");
  return {
    unixPath: percentDecoded(path, "path"),
    hostname: "localhost",
    port: 0,
    host: "localhost",
    target: `${target === "" ? "/" : target}${url.search}`,
  };
}

/**
 * The value of `Authorization` for a URL's user and password (RFC 7617), if it has them.
 * @throws TypeError if they can't be decoded
 */
export function basicAuthorization(url: URL): string | undefined {
  if (url.username === "" && url.password === "") return undefined;
  const credentials = `${percentDecoded(url.username, "user")}:${percentDecoded(url.password, "password")}`;
  const bytes = new TextEncoder().encode(credentials);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/**
 * Decodes a part of a URL. The parser of URLs accepts any percent sign, so decoding may fail. The error does not show
 * the part, which may be a secret.
 */
function percentDecoded(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError(`the ${part} in a URL must be percent-encoded UTF-8`);
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Whether an answer of this status is a redirect (RFC 9110 section 15.4). */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/**
 * Where a redirect leads.
 * @throws HandshakeError if it leads nowhere, or from TLS to plain text
 */
export function redirected(from: Address, answer: { status: number; headers: HeaderList }): Address {
  const location = answer.headers.get("Location");
  const fail = (message: string) => new HandshakeError("INVALID_REDIRECT", message, answer);
  if (location === undefined) throw fail("a redirect without a Location");
  let to: Address;
  try {
    const base = from.unixPath === undefined ? from.url : onUnixSocket(from);
    const url = new URL(location, base);
    url.hash = "";
    // A redirect to the request's own host stays on the Unix socket.
    if (base !== from.url && url.host === base.host)
      return { ...from, target: `${url.pathname}${url.search}` };
    to = parseAddress(url);
  } catch {
    throw fail(`a redirect to ${location}`);
  }
  if (from.secure && !to.secure) throw fail("a redirect from TLS to plain text");
  if (to.unixPath !== undefined) throw fail("a redirect to a Unix socket");
  return to;
}

/** The URL of a request to a Unix socket, to resolve redirects against. */
function onUnixSocket(from: Address): URL {
  return new URL(from.target, `${from.secure ? "wss" : "ws"}://${from.host}`);
}

/** Headers with a URL's credentials, unless there are others already. */
export function withCredentials(
  headers: HeaderFields | undefined,
  name: "Authorization" | "Proxy-Authorization",
  credentials: string | undefined,
): HeaderFields {
  const given = headers === undefined ? [] : [...fieldsOf(headers)];
  const own = given.some(([each]) => each.toLowerCase() === name.toLowerCase());
  return credentials === undefined || own ? given : [...given, [name, credentials]];
}

/** The caller's headers that may go to another origin: all but `Authorization` and `Cookie`. */
export function headersFor(from: Address, to: Address, headers: HeaderFields): HeaderFields {
  if (isSameOrigin(from, to)) return headers;
  return [...fieldsOf(headers)].filter(([name]) => !/^(authorization|cookie)$/i.test(name));
}

function isSameOrigin(one: Address, other: Address): boolean {
  return (
    one.secure === other.secure &&
    one.hostname === other.hostname &&
    one.port === other.port &&
    one.unixPath === other.unixPath
  );
}
