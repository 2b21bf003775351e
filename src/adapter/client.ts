import type { HandshakeFailure, HeaderFields } from "../handshake/index.js";
import { fieldsOf } from "../handshake/outgoing.js";
import { type Address, headersFor, parseAddress, redirected } from "./address.js";
import { Dialing, HandshakeError } from "./dialing.js";
import type { Handlers, Socket } from "./handlers.js";
import { LiveSocket } from "./live-socket.js";
import {
  assertPiecesHandled,
  type ResolvedSocketOptions,
  resolveSocketOptions,
  type SocketOptions,
} from "./options.js";
import type { Runtime, SocketTransport } from "./transport.js";
import { withData } from "./typed-data.js";

/** Options of a client, whatever the runtime. */
export interface ClientOptions<Data = unknown> extends SocketOptions {
  /** Subprotocols to offer, the one liked best first. */
  readonly protocols?: readonly string[];
  /** More headers for the request. */
  readonly headers?: HeaderFields;
  readonly origin?: string;
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

/** How a runtime makes connections. */
export interface Dialer {
  readonly runtime: Runtime;
  /** A connection to this address that is there or about to be. What becomes of it, its sink gets to know. */
  open(address: Address): SocketTransport;
}

const MOST_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Connects to a server.
 * @param url - `ws:`, `wss:` or `ws+unix:`
 * @returns the open socket. `handlers.open` was called before
 * @throws TypeError, RangeError for options that make no sense; rejects with a {@link HandshakeError}, with the system's
 * error, or with the signal's reason
 */
export async function connectBy<Data>(
  dialer: Dialer,
  url: string | URL,
  options: ClientOptions<Data>,
  handlers: Handlers<Data>,
): Promise<Socket<Data>> {
  const { maxRedirects = 0, signal } = options;
  if (!Number.isInteger(maxRedirects) || maxRedirects < 0 || maxRedirects > MOST_REDIRECTS) {
    throw new RangeError(`maxRedirects must be an integer from 0 to ${MOST_REDIRECTS}`);
  }
  const resolved = resolveSocketOptions(options);
  assertPiecesHandled(resolved.pieces, handlers);
  let address = parseAddress(url);
  let headers = requestHeaders(options.headers, address);
  for (let redirects = 0; ; redirects++) {
    signal?.throwIfAborted();
    const result = await dial(dialer, address, headers, options, resolved, handlers);
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
  dialer: Dialer,
  address: Address,
  headers: HeaderFields,
  options: ClientOptions,
  resolved: ResolvedSocketOptions,
  handlers: Handlers,
): Promise<LiveSocket | HandshakeFailure> {
  return new Promise((resolve, reject) => {
    const { protocols = [], origin, signal } = options;
    const { limits, timeouts } = resolved;
    const request = { host: address.host, target: address.target, protocols, headers, origin };
    const over = (): void => signal?.removeEventListener("abort", abort);
    const dialing = new Dialing(
      { ...request, limits, timeoutMs: timeouts.handshakeMs, deadlines: dialer.runtime.deadlines },
      {
        opened(accepted, rest) {
          over();
          const socket = new LiveSocket({
            role: "client",
            runtime: dialer.runtime,
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
    const transport = dialer.open(address);
    const abort = (): void => dialing.abort(signal?.reason);
    signal?.addEventListener("abort", abort);
    dialing.begin(transport);
  });
}
