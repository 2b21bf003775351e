// `WebSocketServer`: the server of `ws`.
import { EventEmitter } from "node:events";
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { acceptKey } from "../handshake/accept-key.js";
import { nextTick } from "../node/globals.js";
import * as extension from "./extension.js";
import { PerMessageDeflate } from "./permessage-deflate.js";
import { PortListener, type TakeUpgrade } from "./port-listener.js";
import {
  type ClientInfo,
  type KnownServerOptions,
  knownOptions,
  type ServerOptions,
} from "./server-options.js";
import * as subprotocol from "./subprotocol.js";
import {
  type ClientFault,
  checkUpgrade,
  isSecure,
  malformed,
  refuse,
  type UpgradeRequest,
} from "./upgrade.js";
import { destroyBroken, StreamConnection, type UpgradeConnection } from "./upgrade-connection.js";
import type { WebSocket } from "./websocket.js";

const RUNNING = 0;
const CLOSING = 1;
const CLOSED = 2;

const DEFLATE = PerMessageDeflate.extensionName;

/** The events of a {@link WebSocketServer}, with the arguments of their listeners. */
export interface ServerEvents<Client, Request> {
  /** All connections are over, and the server accepts no more. */
  close: [];
  /** A client has connected. The third argument is the value that the promise of `verifyClient` had, if it had one. */
  connection: [websocket: Client, request: Request, verified?: unknown];
  /** The HTTP server has failed. */
  error: [error: Error];
  /** The lines of an answer before it is sent. They may be changed. */
  headers: [lines: string[], request: Request];
  /** The HTTP server listens. */
  listening: [];
  /** A request makes no sense. If this event has a listener, the listener has to answer. */
  wsClientError: [error: Error, socket: Duplex, request: Request];
}

/** Is called with a client that has connected, and with its request. */
export type ConnectionCallback<Client, Request> = (
  websocket: Client,
  request: Request,
  verified?: unknown,
) => void;

/** The extensions that were agreed on, by their names. */
export type AgreedExtensions = Record<string, PerMessageDeflate>;

/** An upgrade request that was checked, on its way to becoming a WebSocket. */
interface Upgrade<Client, Request> {
  readonly request: Request;
  readonly connection: UpgradeConnection;
  readonly head: Buffer;
  readonly callback: ConnectionCallback<Client, Request>;
  readonly key: string;
  readonly protocols: Set<string>;
  readonly extensions: AgreedExtensions;
}

/**
 * A server that is used like the one of `ws`.
 * @example
 * ```js
 * import { WebSocketServer } from "wsimd/ws";
 *
 * const server = new WebSocketServer({ port: 8080 });
 * server.on("connection", (socket) => {
 *   socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
 * });
 * ```
 */
export class WebSocketServer<
  Socket extends typeof WebSocket = typeof WebSocket,
  Request extends typeof IncomingMessage = typeof IncomingMessage,
> extends EventEmitter<ServerEvents<InstanceType<Socket>, InstanceType<Request>>> {
  /** The options, with the defaults filled in. They are read anew for each connection. */
  options: KnownServerOptions<Socket, Request>;
  /** The clients that are connected. Undefined if the option `clientTracking` is false. */
  clients: Set<InstanceType<Socket>> | undefined;
  /** @internal */
  _state = RUNNING;
  /** This server, where its events are emitted: their types depend on type parameters, which are not known here. */
  readonly #events: EventEmitter = this;
  readonly #emitConnection: ConnectionCallback<InstanceType<Socket>, InstanceType<Request>> =
    this.#events.emit.bind(this, "connection");
  readonly #owner = { left: (websocket: InstanceType<Socket>) => this.#left(websocket) };
  /** The owner of the sockets whose connections the HTTP server does not count. */
  readonly #uncountedOwner = { left: (websocket: InstanceType<Socket>) => this.#leftPort(websocket) };
  /** The listener on the port, if there is one. */
  #listener: PortListener | undefined;
  /** The HTTP server from which the requests come. */
  #http: HttpServer | HttpsServer | null | undefined;
  /** Whether `close` is emitted as soon as the last client has left. */
  #awaitsClients = false;

  /**
   * @param options - with exactly one of `port`, `server` and `noServer`
   * @param listening - a listener of the event `listening`, if there is a port
   * @throws TypeError if the options do not say where the connections come from
   */
  constructor(options?: ServerOptions<Socket, Request>, listening?: () => void) {
    super();
    this.options = knownOptions(options);
    const { clientTracking, port, server } = this.options;
    if (port != null) {
      this.#listener = new PortListener(this.options, this.#takeUpgrade, listening);
      this.#http = this.#listener.server;
    } else if (server) this.#http = server;
    this.#http?.on("listening", this.#onListening).on("error", this.#onError).on("upgrade", this.#onUpgrade);
    if (clientTracking) this.clients = new Set();
  }

  /** @internal The HTTP server: that of the application, or the own one of a server with a port. */
  get _server(): HttpServer | HttpsServer | null | undefined {
    return this.#http;
  }

  /**
   * The address at which the server listens; the name of a Unix socket. Null if it does not listen.
   * @throws Error if the server has no HTTP server by its options
   */
  address(): AddressInfo | string | null {
    if (this.options.noServer) throw new Error('The server is operating in "noServer" mode');
    return this.#http?.address() ?? null;
  }

  /**
   * Accepts no more connections. `close` is emitted when all are over; their clients are not told.
   * @param callback - a listener of the event `close`. It gets an error if the server was closed before
   */
  close(callback?: (error?: Error) => void): void {
    if (this._state === CLOSED) {
      if (callback) this.once("close", () => callback(new Error("The server is not running")));
      nextTick(this.#emitClose);
      return;
    }
    if (callback) this.once("close", callback);
    if (this._state === CLOSING) return;
    this._state = CLOSING;
    this.#detach();
    if (this.#listener) this.#listener.close(this.#emitClose);
    else if (this.clients && this.clients.size > 0) this.#awaitsClients = true;
    else nextTick(this.#emitClose);
  }

  #detach(): void {
    if (!this.#http) return;
    this.#http
      .off("listening", this.#onListening)
      .off("error", this.#onError)
      .off("upgrade", this.#onUpgrade);
    this.#http = null;
  }

  readonly #onListening = (): void => void this.#events.emit("listening");
  readonly #onError = (error: Error): void => void this.#events.emit("error", error);
  readonly #onUpgrade = (request: InstanceType<Request>, socket: Duplex, head: Buffer): void =>
    this.handleUpgrade(request, socket, head, this.#emitConnection);

  /** Takes a request that did not come by the HTTP server. */
  readonly #takeUpgrade: TakeUpgrade = (asked, portRequest, connection, head) => {
    // Without an HTTP server of the application, there are no requests of a class of the application.
    const request = portRequest as InstanceType<Request>;
    if (this.handleUpgrade === WebSocketServer.prototype.handleUpgrade)
      this.#consider(asked, request, connection, head, this.#emitConnection);
    else this.handleUpgrade(request, connection.stream, head, this.#emitConnection);
  };

  readonly #emitClose = (): void => {
    this._state = CLOSED;
    this.#events.emit("close");
  };

  #left(websocket: InstanceType<Socket>): void {
    this.clients?.delete(websocket);
    if (this.#awaitsClients && this.clients?.size === 0) nextTick(this.#emitClose);
  }

  #leftPort(websocket: InstanceType<Socket>): void {
    this.#left(websocket);
    this.#listener?.ended();
  }

  /** Whether this server takes a request: by its path, unless a subclass decides otherwise. */
  shouldHandle(request: InstanceType<Request>): boolean | Promise<boolean> {
    const { path } = this.options;
    if (!path) return true;
    const { url = "" } = request;
    const query = url.indexOf("?");
    return (query === -1 ? url : url.slice(0, query)) === path;
  }

  /**
   * Answers an upgrade request: makes a WebSocket of its connection, or refuses it.
   * @param request - as the event `upgrade` of an HTTP server gives it
   * @param socket - likewise; it belongs to the server from now on
   * @param head - likewise: the bytes that came behind the request
   * @param callback - is called if there is a WebSocket, before any of its messages is emitted
   * @throws Error if the socket has become a WebSocket already
   */
  handleUpgrade(
    request: InstanceType<Request>,
    socket: Duplex,
    head: Buffer,
    callback: ConnectionCallback<InstanceType<Socket>, InstanceType<Request>>,
  ): void {
    socket.on("error", destroyBroken);
    const connection = new StreamConnection(socket);
    const asked = checkUpgrade(request);
    if ("status" in asked) this.#refuseFault(asked, request, connection);
    else this.#consider(asked, request, connection, head, callback);
  }

  /** Goes on with a request that is in order: looks at its path, and at what it offers. */
  #consider(
    { key, version }: UpgradeRequest,
    request: InstanceType<Request>,
    connection: UpgradeConnection,
    head: Buffer,
    callback: ConnectionCallback<InstanceType<Socket>, InstanceType<Request>>,
  ): void {
    if (!this.shouldHandle(request)) {
      refuse(connection.stream, { status: 400 });
      return;
    }
    const { headers } = request;
    const protocols = readProtocols(headers["sec-websocket-protocol"]);
    if (protocols === undefined) {
      this.#refuseFault(malformed("Sec-WebSocket-Protocol"), request, connection);
      return;
    }
    const extensions = this.#agree(headers["sec-websocket-extensions"]);
    if (extensions === undefined) {
      const message = "Invalid or unacceptable Sec-WebSocket-Extensions header";
      this.#refuseFault({ status: 400, message }, request, connection);
      return;
    }
    this.#verify(version, { request, connection, head, callback, key, protocols, extensions });
  }

  /** @returns undefined if the offers are malformed, or none of them can be accepted */
  #agree(offered: string | undefined): AgreedExtensions | undefined {
    const { maxPayload, perMessageDeflate } = this.options;
    if (!perMessageDeflate || offered === undefined) return {};
    const options = perMessageDeflate === true ? {} : perMessageDeflate;
    const deflate = new PerMessageDeflate({ ...options, isServer: true, maxPayload });
    try {
      const offers = extension.parse(offered)[DEFLATE];
      if (offers === undefined) return {};
      deflate.accept(offers);
      return { [DEFLATE]: deflate };
    } catch {
      return undefined;
    }
  }

  /** Asks `verifyClient`, if there is one. */
  #verify(version: 8 | 13, upgrade: Upgrade<InstanceType<Socket>, InstanceType<Request>>): void {
    const { verifyClient } = this.options;
    if (!verifyClient) {
      this.#complete(upgrade);
      return;
    }
    const { connection, request } = upgrade;
    const info = clientInfo(version, request, connection);
    if (verifyClient.length === 2) {
      this.options.verifyClient?.(info, (verified, status, message, headers) => {
        if (verified) this.#complete(upgrade);
        else refuse(connection.stream, { status: status || 401, message, headers });
      });
      return;
    }
    const verified: unknown = Reflect.apply(verifyClient, this.options, [info]);
    if (isPromise(verified)) this.#awaitVerdict(verified, upgrade);
    else if (verified) this.#complete(upgrade);
    else refuse(connection.stream, { status: 401 });
  }

  #awaitVerdict(
    verdict: PromiseLike<unknown>,
    upgrade: Upgrade<InstanceType<Socket>, InstanceType<Request>>,
  ): void {
    const { callback, connection } = upgrade;
    const decided = (verified: unknown): void => {
      if (!verified) refuse(connection.stream, { status: 401 });
      else
        this.#complete({
          ...upgrade,
          callback: (websocket, request) => callback(websocket, request, verified),
        });
    };
    const failed = (error: unknown): never => {
      refuse(connection.stream, { status: 500 });
      throw error;
    };
    // Exceptions of listeners must not become rejections.
    verdict.then((verified) => nextTick(() => decided(verified)), failed);
  }

  /** Goes on with `completeUpgrade`, of which a connection without a stream needs no more than the inner part. */
  #complete(upgrade: Upgrade<InstanceType<Socket>, InstanceType<Request>>): void {
    const { extensions, key, protocols, request, connection, head, callback } = upgrade;
    if (connection.isBare && this.completeUpgrade === WebSocketServer.prototype.completeUpgrade)
      this.#accept(upgrade);
    else this.completeUpgrade(extensions, key, protocols, request, connection.stream, head, callback);
  }

  /** @internal The last step of `handleUpgrade`, which subclasses may override. */
  completeUpgrade(
    extensions: AgreedExtensions,
    key: string,
    protocols: Set<string>,
    request: InstanceType<Request>,
    socket: Duplex,
    head: Buffer,
    callback: ConnectionCallback<InstanceType<Socket>, InstanceType<Request>>,
  ): void {
    const connection = new StreamConnection(socket);
    this.#accept({ extensions, key, protocols, request, connection, head, callback });
  }

  #accept(upgrade: Upgrade<InstanceType<Socket>, InstanceType<Request>>): void {
    const { connection, head, request, callback } = upgrade;
    // The client may have left, or have ended its side.
    if (!connection.isOpen) {
      connection.destroy();
      return;
    }
    connection.assertFree();
    if (this._state > RUNNING) {
      refuse(connection.stream, { status: 503 });
      return;
    }
    const { options } = this;
    // The type of an instance follows from the type of the class, but not for the compiler.
    const websocket = new options.WebSocket(null, undefined, options) as InstanceType<Socket>;
    const lines = this.#answer(upgrade, websocket);
    this.#events.emit("headers", lines, request);
    connection.accept(websocket, `${lines.join("\r\n")}\r\n\r\n`, head, options);
    this.clients?.add(websocket);
    if (connection.isBare) websocket.owner = this.#uncountedOwner;
    else if (this.clients) websocket.owner = this.#owner;
    callback(websocket, request);
  }

  /** The lines of the answer. Tells the WebSocket what was agreed on. */
  #answer(
    { extensions, key, protocols, request }: Upgrade<InstanceType<Socket>, InstanceType<Request>>,
    websocket: WebSocket,
  ): string[] {
    const lines = [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${acceptKey(key)}`,
    ];
    const protocol = protocols.size > 0 && this.#select(protocols, request);
    if (protocol) {
      lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
      websocket._protocol = protocol;
    }
    const params = extensions[DEFLATE]?.params;
    if (params) {
      lines.push(`Sec-WebSocket-Extensions: ${extension.format({ [DEFLATE]: params })}`);
      websocket._extensions = extensions;
    }
    return lines;
  }

  #select(protocols: Set<string>, request: InstanceType<Request>): string | false | undefined {
    const { options } = this;
    if (options.handleProtocols) return options.handleProtocols(protocols, request);
    return protocols.values().next().value;
  }

  /** Leaves a client that sent nonsense to the listeners of `wsClientError`, or refuses it. */
  #refuseFault(fault: ClientFault, request: InstanceType<Request>, { stream }: UpgradeConnection): void {
    if (this.listenerCount("wsClientError") === 0) refuse(stream, fault);
    else this.#events.emit("wsClientError", new Error(fault.message), stream, request);
  }
}

/** @returns undefined if the value is malformed */
function readProtocols(offered: string | undefined): Set<string> | undefined {
  if (offered === undefined) return new Set();
  try {
    return subprotocol.parse(offered);
  } catch {
    return undefined;
  }
}

function clientInfo<Request extends IncomingMessage>(
  version: 8 | 13,
  request: Request,
  connection: UpgradeConnection,
): ClientInfo<Request> {
  const origin = request.headers[version === 8 ? "sec-websocket-origin" : "origin"];
  // The types of `ws` do not tell that it may be undefined, so callbacks that are typed by them would not fit.
  return { origin: origin as string, secure: !connection.isBare && isSecure(request.socket), req: request };
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "then") === "function";
}
