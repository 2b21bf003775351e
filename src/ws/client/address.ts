// The address of a client: the URLs it takes, and where each of them leads.
import { unescape as decodePercents } from "node:querystring";

/** Where a request goes. */
export interface Target {
  readonly secure: boolean;
  /** Without the brackets of an IPv6 address. Empty for a socket of the file system. */
  readonly host: string;
  /** As in the URL, or the default of the scheme. */
  readonly port: string | number;
  readonly defaultPort: number;
  /** The socket of the file system, or pipe of Windows, that `ws+unix:` names. */
  readonly socketPath: string | undefined;
  /** Path and query of the request. */
  readonly path: string;
  /** User name and password of the URL, separated by a colon. */
  readonly auth: string | undefined;
  /** Host with its port, or path of the socket: redirects within the same authority keep credentials. */
  readonly authority: string;
}

/**
 * Reads a URL. `http:` and `https:` become `ws:` and `wss:`.
 *
 * @param base - the address that a redirect is relative to
 * @throws SyntaxError if it is none
 */
export function parseAddress(address: string | URL, base?: URL): URL {
  let url: URL;
  try {
    url = new URL(address, base);
  } catch {
    throw new SyntaxError(`Invalid URL: ${address}`);
  }
  if (url.protocol === "http:") url.protocol = "ws:";
  else if (url.protocol === "https:") url.protocol = "wss:";
  return url;
}

/** @throws SyntaxError if a WebSocket cannot have this URL */
export function targetOf(url: URL): Target {
  const secure = url.protocol === "wss:";
  const local = url.protocol === "ws+unix:";
  if (!secure && !local && url.protocol !== "ws:") {
    throw new SyntaxError(
      'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"',
    );
  }
  if (local && url.pathname === "") throw new SyntaxError("The URL's pathname is empty");
  if (url.hash !== "") throw new SyntaxError("The URL contains a fragment identifier");
  const defaultPort = secure ? 443 : 80;
  const { socketPath, path } = pathsOf(url, local);
  return {
    secure,
    host: url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === "" ? defaultPort : url.port,
    defaultPort,
    socketPath,
    path,
    auth: credentialsOf(url),
    authority: socketPath === undefined ? `tcp:${url.host}` : `unix:${socketPath}`,
  };
}

/** In `ws+unix:/path/to/socket:/path/of/request` a colon ends the path of the socket. */
function pathsOf(url: URL, local: boolean): Pick<Target, "socketPath" | "path"> {
  const path = url.pathname + url.search;
  if (!local) return { socketPath: undefined, path };
  const colon = path.indexOf(":");
  if (colon === -1) return { socketPath: path, path: "" };
  return { socketPath: path.slice(0, colon), path: path.slice(colon + 1) };
}

function credentialsOf(url: URL): string | undefined {
  if (url.username === "" && url.password === "") return undefined;
  // A stray "%" stays as it is, where decodeURIComponent would throw.
  return `${decodePercents(url.username)}:${decodePercents(url.password)}`;
}
