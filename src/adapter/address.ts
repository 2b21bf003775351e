import type { HeaderFields, HeaderList } from "../handshake/index.js";
import { fieldsOf } from "../handshake/outgoing.js";
import { HandshakeError } from "./dialing.js";

/** Where a client connects to, read from a URL. */
export interface Address {
  readonly url: URL;
  readonly secure: boolean;
  /** Path of a Unix socket, instead of host and port. */
  readonly unixPath: string | undefined;
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
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
 * @throws TypeError if the URL is of another scheme or has a fragment
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
  const hostname = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  return { ...common, unixPath: undefined, hostname, port, host: url.host, target };
}

function unixAddress(url: URL): Pick<Address, "unixPath" | "hostname" | "port" | "host" | "target"> {
  const colon = url.pathname.indexOf(":");
  const path = colon < 0 ? url.pathname : url.pathname.slice(0, colon);
  const target = colon < 0 ? "/" : url.pathname.slice(colon + 1);
  if (path === "") throw new TypeError("a ws+unix: URL names a socket");
  return {
    unixPath: decodeURIComponent(path),
    hostname: "localhost",
    port: 0,
    host: "localhost",
    target: `${target === "" ? "/" : target}${url.search}`,
  };
}

function basicAuthorization(url: URL): string | undefined {
  if (url.username === "" && url.password === "") return undefined;
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const bytes = new TextEncoder().encode(credentials);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/**
 * Where a redirect leads.
 * @throws HandshakeError if it leads nowhere, or from TLS to plain text
 */
export function redirected(from: Address, answer: { status: number; headers: HeaderList }): Address {
  const location = answer.headers.get("Location");
  const fail = (message: string) => new HandshakeError("invalid-redirect", message, answer);
  if (location === undefined) throw fail("a redirect without a Location");
  let to: Address;
  try {
    const base = from.unixPath === undefined ? from.url : onUnixSocket(from);
    const url = new URL(location, base);
    url.hash = "";
    // What a Unix socket answers about its own host stays on it.
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

/** A URL of the request that goes to a Unix socket, to resolve others against. */
function onUnixSocket(from: Address): URL {
  return new URL(from.target, `${from.secure ? "wss" : "ws"}://${from.host}`);
}

/** What of the caller's headers may go to another origin: neither `Authorization` nor `Cookie`. */
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
