// The part of `connect` that all adapters share: addresses, redirects, the handshake, and the socket.

import type { ClientExtension } from "../../handshake/negotiation.js";
import { REQUEST_RESERVED } from "../../handshake/request.js";
import { headersBut, headerValue, tokens } from "../../handshake/value-readers.js";
import type { HeaderFields } from "../../http/header-fields.js";
import type { MessagePath } from "../../protocol/extensions/message-path.js";
import { callback, integer, ownOptions, type Readers } from "../../protocol/option-readers.js";
import { type CompressionOption, clientCompression, readCompression } from "../compression.js";
import type { HandshakeResponse } from "../handshake-response.js";
import { EndpointChoices } from "../socket/endpoint-choices.js";
import type { Handlers, Socket } from "../socket/handlers.js";
import {
  type ResolvedSocketOptions,
  resolveSocketOptions,
  SOCKET_READERS,
  type SocketOptions,
} from "../socket/options.js";
import { Session } from "../socket/session.js";
import { withData } from "../socket/typed-data.js";
import type { Runtime, SocketTransport } from "../transport.js";
import { abortSignal } from "../value-readers.js";
import { offAbort, onAbort } from "./abort-listeners.js";
import {
  type Address,
  headersFor,
  isRedirect,
  parseAddress,
  redirected,
  withCredentials,
} from "./address.js";
import type { ClientHandlers } from "./client-handlers.js";
import { Dialing, type Refused } from "./dialing.js";
import type { Exchange } from "./exchange.js";
import { HandshakeError } from "./handshake-error.js";
import { type ProxyDialer, proxyFor } from "./proxy/proxy.js";
import { openTunnel } from "./proxy/tunnel.js";
import { type ReconnectOptions, readReconnect, reconnectPlan } from "./reconnect-option.js";
import { hostClock, Reconnection } from "./reconnection.js";

/** Options of a client, on any runtime. */
export interface ClientOptions<Data = unknown> extends SocketOptions, CompressionOption {
  /** Subprotocols to offer, in order of preference. */
  readonly protocols?: readonly string[] | undefined;
  /** More headers for the request. */
  readonly headers?: HeaderFields | undefined;
  /** The `Origin` header. Default: none, as for other clients that are not browsers. */
  readonly origin?: string | undefined;
  /**
   * Gives up the attempt, and with the option `reconnect` the wait for the next one. A connection that is open is left
   * alone, but no other follows it.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * How many redirects to follow, 10 at most. Default 0: they are an error with status and headers. `Authorization` and
   * `Cookie` stay behind when the origin changes, and nothing leads from `wss:` to `ws:`.
   */
  readonly maxRedirects?: number | undefined;
  /** Makes the socket's `data`, which is undefined without it. */
  readonly data?: (() => Data) | undefined;
  /**
   * Connects again after each end that the application did not ask for, with a new socket each time, and makes further
   * attempts if one fails, the first included. `true` has the defaults of {@link ReconnectOptions}. Nothing is sent
   * again. `close` or `terminate` of the newest socket ends it, and so does the signal. A wait for the next attempt
   * keeps the process alive, as a connection would. Default false.
   */
  readonly reconnect?: boolean | ReconnectOptions | undefined;
}

/** How a runtime makes connections. */
export interface Dialer {
  readonly runtime: Runtime;
  /** Begins a connection to this address. The sink of its transport is told the outcome. */
  open(address: Address): SocketTransport;
  /** How to connect through the proxy of the options, if they name one. */
  readonly proxy?: ProxyDialer | undefined;
}

const MOST_REDIRECTS = 10;

/** How options of a client are read. */
export const CLIENT_READERS: Readers<ClientOptions> = {
  ...SOCKET_READERS,
  protocols: tokens,
  headers: headersBut(REQUEST_RESERVED),
  origin: headerValue,
  signal: abortSignal,
  maxRedirects: integer(0, MOST_REDIRECTS),
  compression: readCompression,
  data: callback,
  reconnect: readReconnect,
};

/** One attempt to connect, redirects included. */
interface Call {
  readonly address: Address;
  readonly options: ClientOptions;
  readonly resolved: ResolvedSocketOptions;
  readonly extensions: readonly ClientExtension<MessagePath>[];
  readonly handlers: Handlers;
  readonly signal: AbortSignal | undefined;
  /** The application has closed or terminated the socket. */
  endRequested(): void;
}

/**
 * Connects to a server.
 * @param url - `ws:` or `wss:`; `http:` and `https:` are taken as these two; or, for a Unix socket, `ws+unix:` or
 * `wss+unix:`, as in `ws+unix:/run/app.sock:/chat`
 * @returns the open socket. `handlers.open` was called before
 * @param options - as {@link CLIENT_READERS} reads them
 * @throws TypeError for an invalid URL; rejects with a {@link HandshakeError}, with the system's error, or with the
 * signal's reason
 */
export async function connectBy<Data>(
  dialer: Dialer,
  url: string | URL,
  options: ClientOptions,
  handlers: ClientHandlers,
): Promise<Socket<Data>> {
  const { signal } = options;
  const [address, resolved] = [parseAddress(url), resolveSocketOptions(options)];
  const plan = reconnectPlan(options.reconnect);
  const extensions = await clientCompression(options.compression, options.kernel);
  const known = { address, options, resolved, extensions };
  if (plan === undefined) {
    const call = { ...known, handlers: onceHandlers(handlers), signal, endRequested() {} };
    return withData(await connectOnce(dialer, call));
  }
  const connect = (attempt: Pick<Call, "handlers" | "signal" | "endRequested">): Promise<Socket> =>
    connectOnce(dialer, { ...known, ...attempt });
  const reconnection = new Reconnection({ plan, clock: hostClock, handlers, signal, connect });
  return withData(await reconnection.first());
}

/** The handlers of a client that does not connect again. */
function onceHandlers({ open, reconnecting: _, reconnectFailed: __, ...others }: ClientHandlers): Handlers {
  if (open === undefined) return ownOptions(others);
  return ownOptions({ ...others, open: (socket: Socket) => open(socket, { attempt: 0 }) });
}

/** Makes one attempt, and follows redirects. */
async function connectOnce(dialer: Dialer, call: Call): Promise<Socket> {
  const { maxRedirects = 0 } = call.options;
  let { address } = call;
  let headers = withCredentials(call.options.headers, "Authorization", address.authorization);
  for (let redirects = 0; ; redirects++) {
    call.signal?.throwIfAborted();
    const result = await dial(dialer, { ...call, address }, headers);
    if (result instanceof Session) return result.socket;
    if (!isRedirect(result.status) || redirects === maxRedirects) {
      throw new HandshakeError(result.code, result.reason, result);
    }
    const next = redirected(address, result);
    headers = headersFor(address, next, headers);
    address = next;
  }
}

/** One attempt, at one address. */
function dial(dialer: Dialer, call: Call, headers: HeaderFields): Promise<Session | Refused> {
  return new Promise((resolve, reject) => {
    const { address, options, resolved, extensions, handlers, signal, endRequested } = call;
    const { protocols = [], origin, data: makeData } = options;
    const { limits, timeouts } = resolved;
    const { runtime, proxy } = dialer;
    const asyncContext = runtime.captureContext();
    const exchange = { limits, timeoutMs: timeouts.handshakeMs, deadlines: runtime.deadlines };
    const request = { host: address.host, target: address.target, protocols, extensions, headers, origin };
    const over = (): void => {
      if (signal !== undefined) offAbort(signal, abort);
    };
    const failed = (error: unknown): void => {
      reject(error);
      over();
    };
    const dialing = new Dialing(
      { ...request, ...exchange },
      {
        opened(accepted, rest) {
          over();
          const context = {
            runtime,
            handlers,
            options: resolved,
            endpoints: new EndpointChoices(resolved, "client", runtime.host),
            socketClosed() {},
            endRequested,
          };
          const response: HandshakeResponse = { status: 101, headers: accepted.headers };
          const session = new Session(context, {
            role: "client",
            transport,
            protocol: accepted.protocol ?? "",
            extensions: accepted.extensions,
            data: makeData?.(),
            response,
            asyncContext,
          });
          transport.sink = session;
          session.open(undefined, rest);
          resolve(session);
        },
        refused(refused) {
          over();
          resolve(refused);
        },
        failed,
      },
    );
    let transport: SocketTransport;
    let step: Exchange = dialing;
    const opened = (connection: SocketTransport): void => {
      transport = connection;
      step = dialing;
      dialing.begin(transport);
    };
    const abort = (): void => step.abort(signal?.reason);
    if (signal !== undefined) onAbort(signal, abort);
    try {
      const route = proxy && proxyFor(proxy.choice.url, address, proxy.environment);
      if (proxy === undefined || route === undefined) opened(dialer.open(address));
      else step = openTunnel(proxy, route, address, exchange, { opened, failed });
    } catch (error) {
      // Runtimes report some failures by throwing: a missing permission, an invalid address, invalid options for TLS.
      failed(error);
    }
  });
}
