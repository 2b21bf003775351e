// Servers that own their port, on any runtime.
import { callback, flag, integer, type Readers, text } from "../../protocol/option-readers.js";
import { SERVER_READERS, type ServerOptions } from "./options.js";
import type { FetchHandler } from "./plain-exchange.js";
import { readPath } from "./request-path.js";
import type { Server, ServerCore } from "./server.js";
import { type ConnectionSource, ServerHandle } from "./server-handle.js";

/** Options of a server that owns its port, on any runtime. */
export interface ListenOptions<Data = unknown, Incoming = unknown> extends ServerOptions<Data, Incoming> {
  /** The port to listen on. Default 0: any free port. */
  readonly port?: number | undefined;
  /** The address to listen on. Default: all addresses of this machine. */
  readonly host?: string | undefined;
  /** The file of a Unix socket to listen on, instead of a port. */
  readonly unix?: string | undefined;
  /**
   * The path of the URL at which there are WebSockets. Percent-encoding makes no difference, nor does a query, nor an
   * absolute target. Upgrade requests for other paths get 404; plain requests are for `fetch`, whatever their path.
   * Default: any path.
   */
  readonly path?: string | undefined;
  /**
   * A file descriptor that already listens, instead of a port or a Unix socket. systemd and other parent processes pass such
   * sockets, the first as 3. It is closed with the server.
   */
  readonly fd?: number | undefined;
  /**
   * Lets other processes that set this option as well listen on the same port; the system gives each connection to one
   * of them. Default false. Needs Node 22.12 or 23.1, and Linux, FreeBSD or another system that does this.
   */
  readonly reusePort?: boolean | undefined;
  /**
   * The most connections at a time, those in their handshake included; further ones are closed as soon as they come. A
   * worker of `node:cluster` that gets its connections from the primary leaves them to the other workers. Default: any
   * number.
   */
  readonly maxConnections?: number | undefined;
  /**
   * Answers plain HTTP requests, which get 426 without it: for a health check or a page, one request for each
   * connection, content up to `maxContentBytes`, an answer that is sent when it is whole. An exception becomes a 500
   * and goes to the `error` handler, except for the `AbortError` of a request whose signal was aborted because the
   * client left or the time was up.
   */
  readonly fetch?: FetchHandler | undefined;
}

/** A server that owns its port. */
export interface ListeningServer<Data = unknown> extends Server<Data> {
  /** The port on which it listens, 0 for a Unix socket. */
  readonly port: number;
  /** A URL that a client on this machine can use. */
  readonly url: string;
  /**
   * Takes no more connections and frees the port; open connections are not affected. It allows a restart without a gap:
   * the next process listens, this one stops accepting and ends with its last connection. Resolves when the port is
   * free. A second call changes nothing.
   */
  stopAccepting(): Promise<void>;
  /** Undoes {@link unref}. */
  ref(): void;
  /** Lets the process end although the server still listens. Connections keep it alive all the same. */
  unref(): void;
}

/** A listening socket of a server. Its port or file is free when `stop` returns. */
export interface Listener extends ConnectionSource {
  readonly where: Where;
  ref(): void;
  unref(): void;
}

/** An address and a port, or the file of a Unix socket. */
export type Where = string | { readonly address: string; readonly port: number };

/** The server of a listener. */
export class PortServer<Data> extends ServerHandle<Data> implements ListeningServer<Data> {
  readonly port: number;
  readonly url: string;
  readonly #listener: Listener;

  constructor(core: ServerCore, listener: Listener) {
    super(core, listener);
    this.#listener = listener;
    const { where } = listener;
    this.port = typeof where === "string" ? 0 : where.port;
    this.url = listeningUrl(core.secure, where, core.path);
  }

  ref(): void {
    this.#listener.ref();
  }

  unref(): void {
    this.#listener.unref();
  }
}

/** How options of a server that owns its port are read. */
export const LISTEN_READERS = {
  ...SERVER_READERS,
  port: integer(0, 65_535),
  host: text,
  unix: text,
  path: readPath,
  fd: integer(0, 0x7fffffff),
  reusePort: flag,
  maxConnections: integer(1),
  fetch: callback,
} satisfies Readers<ListenOptions>;

/** The options that say where to listen. */
export type Place = Pick<ListenOptions, "port" | "host" | "unix" | "fd" | "reusePort">;

/** A path that is hardly a URL's. */
const LIKE_A_FILE = /^\/(?:tmp|run|var)\/|\.(?:sock|socket|ipc)$/;

/** @throws TypeError for options that name two places to listen, or none but a path like that of a Unix socket */
export function assertOnePlace({
  port,
  host,
  unix,
  path,
  fd,
  reusePort,
}: Place & { path?: string | undefined }): void {
  const onPort = port !== undefined || host !== undefined;
  if (fd !== undefined && (onPort || unix !== undefined)) {
    throw new TypeError("fd is instead of port, host and unix");
  }
  if (unix !== undefined && onPort) throw new TypeError("unix is instead of port and host");
  if (reusePort && (fd !== undefined || unix !== undefined)) {
    throw new TypeError("reusePort is for a port");
  }
  const placed = onPort || fd !== undefined || unix !== undefined;
  if (!placed && path !== undefined && LIKE_A_FILE.test(path)) {
    throw new TypeError(
      `path is the URL's; to listen on a Unix socket, write { unix: ${JSON.stringify(path)} }`,
    );
  }
}

/**
 * A URL that a client on this machine can use.
 * @param where - the address and port that a server listens on, or the file of its Unix socket
 * @param path - the path at which there are WebSockets, if there is but one
 */
export function listeningUrl(secure: boolean, where: Where, path?: string): string {
  const scheme = secure ? "wss" : "ws";
  if (typeof where === "string") {
    return `${scheme}+unix:${encodedPath(where)}${path === undefined ? "" : `:${path}`}`;
  }
  return `${scheme}://${reachable(where.address)}:${where.port}${path ?? ""}`;
}

/** A file's path as it stands in a URL, in which a colon ends it. */
function encodedPath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** An address that a client on this machine can use for the one that a server listens on. */
function reachable(address: string): string {
  if (address === "0.0.0.0" || address === "::") return "127.0.0.1";
  return address.includes(":") ? `[${address}]` : address;
}
