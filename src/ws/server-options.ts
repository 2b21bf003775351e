// The options of a `WebSocketServer`.
import type { Server as HttpServer, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { InternalsOptions } from "../node/internals-option.js";
import type { SocketOptions } from "./choices.js";
import { type HeartbeatOptions, readHeartbeat } from "./heartbeat.js";
import type { PerMessageDeflateOptions } from "./permessage-deflate.js";
import { WebSocket } from "./websocket.js";

/** What `verifyClient` gets to know about a client. */
export interface ClientInfo<Request extends IncomingMessage = IncomingMessage> {
  /** The value of `Origin`; of `Sec-WebSocket-Origin` if the client speaks version 8. Undefined if it was not sent. */
  readonly origin: string;
  /** Whether the connection is encrypted. */
  readonly secure: boolean;
  /** The request. */
  readonly req: Request;
}

/**
 * Decides about a client by the value that it returns: a falsy one refuses the client, with status 401.
 *
 * It may return a promise. Then the promise's value decides, and a truthy one is the third argument of the event
 * `connection`. A promise that is rejected refuses the client with status 500, and the rejection is not handled, as an
 * exception of this function is not caught.
 */
export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = (
  info: ClientInfo<Request>,
) => unknown;

/** Decides about a client by a callback. A function of two parameters is taken for one of this type. */
export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = (
  info: ClientInfo<Request>,
  callback: VerifyClientAnswer,
) => void;

/** Accepts a client, or refuses it with a status, a body and header fields. Default: 401 in words. */
export type VerifyClientAnswer = (
  result: boolean,
  code?: number,
  message?: string,
  headers?: OutgoingHttpHeaders,
) => void;

/** A function of one of the two types above. */
export type VerifyClientCallback<Request extends IncomingMessage = IncomingMessage> = (
  info: ClientInfo<Request>,
  callback: VerifyClientAnswer,
) => unknown;

/** Options of a `WebSocketServer`. They are those of `ws`, and are read anew for each connection. */
export interface ServerOptions<
  Socket extends typeof WebSocket = typeof WebSocket,
  Request extends typeof IncomingMessage = typeof IncomingMessage,
> extends InternalsOptions,
    Pick<SocketOptions, "holdMessages" | "sequential" | "text"> {
  /** Whether several messages may be emitted in one turn of the event loop. Default true. */
  allowSynchronousEvents?: boolean | undefined;
  /** Whether pings are answered. Default true. */
  autoPong?: boolean | undefined;
  /** Connections that wait to be accepted. Default 511. */
  backlog?: number | null | undefined;
  /** Whether the server keeps a set of its clients. Default true. */
  clientTracking?: boolean | undefined;
  /** Milliseconds that a closing handshake may take. Default 30,000. */
  closeTimeout?: number | undefined;
  /** Selects one of the subprotocols that a client offers; false selects none. Default: the first. */
  handleProtocols?:
    | ((protocols: Set<string>, request: InstanceType<Request>) => string | false)
    | null
    | undefined;
  /** Looks for clients that are gone. `ws` has no such option. Default: none is looked at. */
  heartbeat?: HeartbeatOptions | undefined;
  /** The host name or address to listen at. */
  host?: string | null | undefined;
  /** Accepted for the sake of `ws`: received chunks are not kept. */
  maxBufferedChunks?: number | undefined;
  /** The most fragments of a message. Default 16,384; 0 for any number. */
  maxFragments?: number | undefined;
  /** The most bytes of a message. Default 100 MiB; 0 for any number. */
  maxPayload?: number | undefined;
  /** The most pongs that wait to be sent. Default 60; 0 for any number. */
  maxPendingAutoPongs?: number | undefined;
  /** Whether the server gets its connections by calls of `handleUpgrade` alone. Default false. */
  noServer?: boolean | undefined;
  /** Refuses requests for all other paths. Default: all paths are accepted. */
  path?: string | null | undefined;
  /** Whether to accept permessage-deflate, and how. Default false. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** The port to listen at. */
  port?: number | null | undefined;
  /** The HTTP server of which to take the upgrade requests. */
  server?: HttpServer<Request> | HttpsServer<Request> | null | undefined;
  /** Whether to accept text that is not UTF-8. Default false. */
  skipUTF8Validation?: boolean | undefined;
  /** Decides about each client. */
  verifyClient?: VerifyClientCallback<InstanceType<Request>> | null | undefined;
  /** The class of the server's sockets: `WebSocket`, or a class that extends it. */
  WebSocket?: Socket | undefined;
}

/** Options with the defaults filled in. */
export type KnownServerOptions<
  Socket extends typeof WebSocket,
  Request extends typeof IncomingMessage,
> = Omit<ServerOptions<Socket, Request>, "WebSocket"> & { WebSocket: Socket };

/** How long a closing handshake may take, in milliseconds. */
const CLOSE_TIMEOUT = 30_000;

/** Fills in the defaults. @throws TypeError if not exactly one of the three origins of connections is given */
export function knownOptions<Socket extends typeof WebSocket, Request extends typeof IncomingMessage>(
  given: ServerOptions<Socket, Request> | undefined,
): KnownServerOptions<Socket, Request> {
  const options = {
    allowSynchronousEvents: true,
    autoPong: true,
    maxBufferedChunks: 256 * 1024,
    maxFragments: 16 * 1024,
    maxPayload: 100 * 1024 * 1024,
    maxPendingAutoPongs: 60,
    skipUTF8Validation: false,
    perMessageDeflate: false,
    handleProtocols: null,
    clientTracking: true,
    closeTimeout: CLOSE_TIMEOUT,
    verifyClient: null,
    noServer: false,
    backlog: null,
    server: null,
    host: null,
    path: null,
    port: null,
    WebSocket,
    ...given,
  };
  const origins = [options.port != null, Boolean(options.server), Boolean(options.noServer)];
  if (origins.filter(Boolean).length !== 1) {
    throw new TypeError('One and only one of the "port", "server", or "noServer" options must be specified');
  }
  if (options.heartbeat !== undefined) options.heartbeat = readHeartbeat(options.heartbeat);
  if (options.perMessageDeflate === true) options.perMessageDeflate = {};
  // The default is a class of the type that the parameter has by default, which the compiler can't know.
  return options as KnownServerOptions<Socket, Request>;
}
