import { callback, integer, type Readers, text } from "../protocol/option-readers.js";
import type { FetchHandler } from "./plain-exchange.js";
import type { Server } from "./server.js";
import { SERVER_READERS, type ServerOptions } from "./server-options.js";

/** Options of a server that owns its port, whatever the runtime. */
export interface ListenOptions<Data = unknown> extends ServerOptions<Data> {
  /** Default 0: one that is free. */
  readonly port?: number;
  /** Address to listen on. Default: all of this machine's. */
  readonly host?: string;
  /** A Unix socket to listen on, instead of a port. */
  readonly path?: string;
  /** Connections at a time, those in their handshake too; more are closed as soon as they come. Default: any number. */
  readonly maxConnections?: number;
  /**
   * Answers plain HTTP requests, which get 426 without it: for a health check or a page, one request for each connection,
   * content up to `maxContentBytes`, an answer that is sent when it is whole. What it throws becomes 500 and goes to the `error` handler,
   * but for the `AbortError` of a request whose signal told that nothing waits for the answer.
   */
  readonly fetch?: FetchHandler;
}

/** A server that owns its port. */
export interface ListeningServer<Data = unknown> extends Server<Data> {
  /** Where it listens, 0 for a Unix socket. */
  readonly port: number;
  /** A URL that a client on this machine can use. */
  readonly url: string;
}

/** How options of a server that owns its port are read. */
export const LISTEN_READERS: Readers<ListenOptions> = {
  ...SERVER_READERS,
  port: integer(0, 65_535),
  host: text,
  path: text,
  maxConnections: integer(1),
  fetch: callback,
};

/**
 * A URL that a client on this machine can use.
 * @param where - the address and port that a server listens on, or the path of its Unix socket
 */
export function listeningUrl(secure: boolean, where: string | { address: string; port: number }): string {
  const scheme = secure ? "wss" : "ws";
  if (typeof where === "string") return `${scheme}+unix:${encodedPath(where)}`;
  return `${scheme}://${reachable(where.address)}:${where.port}`;
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
