import { connect as connectTcp, isIP, type Socket as NetSocket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { type Address, headersFor, parseAddress, redirected } from "../adapter/address.js";
import { Dialing, HandshakeError } from "../adapter/dialing.js";
import type { Handlers, Socket } from "../adapter/handlers.js";
import { LiveSocket } from "../adapter/live-socket.js";
import {
  assertPiecesHandled,
  type ResolvedSocketOptions,
  resolveSocketOptions,
  type SocketOptions,
} from "../adapter/options.js";
import { withData } from "../adapter/typed-data.js";
import type { HandshakeFailure, HeaderFields } from "../handshake/index.js";
import { fieldsOf } from "../handshake/outgoing.js";
import { nodeRuntime } from "./host.js";
import { NodeTransport } from "./node-transport.js";
import { chooseReadPath, type ReadOptions, type ReadPath } from "./read-path.js";

/** Options of {@link connect}. */
export interface ConnectOptions<Data = unknown> extends SocketOptions, ReadOptions {
  /** Subprotocols to offer, the one liked best first. */
  readonly protocols?: readonly string[];
  /** More headers for the request. */
  readonly headers?: HeaderFields;
  readonly origin?: string;
  /** Certificates, server name and so on, for `wss:`. */
  readonly tls?: ConnectionOptions;
  /** Gives up the attempt; has no effect once the connection is open. */
  readonly signal?: AbortSignal;
  /**
   * How many redirects to follow, 10 at most. Default 0: they are an error with status and headers. `Authorization` and
   * `Cookie` stay behind when the origin changes, and nothing leads from `wss:` to `ws:`.
   */
  readonly maxRedirects?: number;
  /** Becomes the socket's `data`, which is undefined without it. */
  readonly data?: Data;
}

/** What still waits to be written when the server ends its side is written, before this side ends. */
const HALF_OPEN = { allowHalfOpen: true };
const MOST_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Connects to a server.
 * @param url - `ws:`, `wss:` or `ws+unix:`
 * @returns the open socket. `handlers.open` was called before
 * @throws TypeError, RangeError for options that make no sense; rejects with a {@link HandshakeError}, with the system's
 * error, or with the signal's reason
 */
export async function connect<Data = unknown>(
  url: string | URL,
  options: ConnectOptions<Data> = {},
  handlers: Handlers<Data> = {},
): Promise<Socket<Data>> {
  const { maxRedirects = 0, signal } = options;
  if (!Number.isInteger(maxRedirects) || maxRedirects < 0 || maxRedirects > MOST_REDIRECTS) {
    throw new RangeError(`maxRedirects must be an integer from 0 to ${MOST_REDIRECTS}`);
  }
  const resolved = resolveSocketOptions(options);
  assertPiecesHandled(resolved.pieces, handlers);
  const readPath = await chooseReadPath(options.readPath);
  let address = parseAddress(url);
  let headers = requestHeaders(options.headers, address);
  for (let redirects = 0; ; redirects++) {
    signal?.throwIfAborted();
    const result = await dial(address, headers, options, resolved, readPath, handlers);
    if (result instanceof LiveSocket) return withData(result);
    if (!REDIRECTS.has(result.status) || redirects === maxRedirects) {
      throw new HandshakeError(result.code, result.reason, result);
    }
    const next = redirected(address, result);
    headers = headersFor(address, next, headers);
    address = next;
  }
}

function requestHeaders(headers: HeaderFields | undefined, address: Address): HeaderFields {
  const given = headers === undefined ? [] : [...fieldsOf(headers)];
  const { authorization } = address;
  const own = given.some(([name]) => name.toLowerCase() === "authorization");
  return authorization === undefined || own ? given : [...given, ["Authorization", authorization]];
}

/** One attempt, at one address. */
function dial(
  address: Address,
  headers: HeaderFields,
  options: ConnectOptions,
  resolved: ResolvedSocketOptions,
  readPath: ReadPath,
  handlers: Handlers,
): Promise<LiveSocket | HandshakeFailure> {
  return new Promise((resolve, reject) => {
    const { protocols = [], origin, signal } = options;
    const { limits, timeouts } = resolved;
    const request = { host: address.host, target: address.target, protocols, headers, origin };
    const over = (): void => signal?.removeEventListener("abort", abort);
    const dialing = new Dialing(
      { ...request, limits, timeoutMs: timeouts.handshakeMs },
      {
        opened(accepted, rest) {
          over();
          const socket = new LiveSocket({
            role: "client",
            runtime: nodeRuntime,
            transport,
            handlers,
            options: resolved,
            owner: undefined,
            protocol: accepted.protocol ?? "",
            data: options.data,
          });
          transport.sink = socket;
          socket.open(undefined, rest);
          resolve(socket);
        },
        refused(failure) {
          over();
          resolve(failure);
        },
        failed(error) {
          over();
          reject(error);
        },
      },
    );
    const transport = new NodeTransport(openTransport(address, options.tls), readPath);
    const abort = (): void => dialing.abort(signal?.reason);
    signal?.addEventListener("abort", abort);
    dialing.begin(transport);
  });
}

function openTransport(address: Address, tls: ConnectionOptions | undefined): NetSocket {
  const { hostname, port, unixPath } = address;
  const target = unixPath === undefined ? { host: hostname, port } : { path: unixPath };
  if (!address.secure) return connectTcp({ ...target, noDelay: true, ...HALF_OPEN });
  const servername = isIP(hostname) === 0 ? { servername: hostname } : {};
  const options: ConnectionOptions = {
    ...target,
    ...servername,
    ...HALF_OPEN,
    ALPNProtocols: ["http/1.1"],
    ...tls,
  };
  const socket = connectTls(options);
  socket.setNoDelay(true);
  return socket;
}
