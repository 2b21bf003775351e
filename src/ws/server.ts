// `WebSocketServer`: the server of `ws`.
import { EventEmitter } from "node:events";
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { giveDisposal } from "../adapter/async-disposal.js";
import { nextTick } from "../node/globals.js";
import { knownInternals, prepareInternals } from "../node/internals-option.js";
import type { Bytes } from "../protocol/arguments.js";
import type { PreparedMessage } from "../protocol/prepared-message.js";
import { Heartbeat } from "./heartbeat.js";
import { PortListener, type TakeUpgrade } from "./port-listener.js";
import {
  type BroadcastOptions,
  broadcast,
  type CloseOptions,
  ClosingClients,
  readCloseOptions,
} from "./server-clients.js";
import { type KnownServerOptions, knownOptions, type ServerOptions } from "./server-options.js";
import { checkUpgrade } from "./upgrade.js";
import type { AgreedExtensions } from "./upgrade-answer.js";
import { destroyBroken, StreamConnection } from "./upgrade-connection.js";
import { CLOSED, CLOSING, type ConnectionCallback, RUNNING, Upgrading } from "./upgrading.js";
import type { WebSocket } from "./websocket.js";

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
  /** Closes the server and its clients, as `close({})`. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;
  /** @internal */
  _state = RUNNING;
  /** This server, where its events are emitted: their types depend on type parameters, which are not known here. */
  readonly #events: EventEmitter = this;
  readonly #upgrading: Upgrading<InstanceType<Socket>, InstanceType<Request>>;
  readonly #emitConnection: ConnectionCallback<InstanceType<Socket>, InstanceType<Request>> =
    this.#events.emit.bind(this, "connection");
  readonly #owner = { left: (websocket: InstanceType<Socket>) => this.#left(websocket) };
  /** The owner of the sockets whose connections the HTTP server does not count. */
  readonly #uncountedOwner = { left: (websocket: InstanceType<Socket>) => this.#leftPort(websocket) };
  /** The listener on the port, if there is one. */
  #listener: PortListener | undefined;
  /** The HTTP server from which the requests come. */
  #http: HttpServer | HttpsServer | null | undefined;
  readonly #closing: ClosingClients[] = [];
  readonly #heartbeats = new Map<WebSocket, Heartbeat>();
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
    const { clientTracking, internals, port, server } = this.options;
    // Begins the trial of Node's private parts.
    void prepareInternals(knownInternals(internals));
    if (port != null) {
      this.#listener = new PortListener(this.options, this.#takeUpgrade, listening);
      this.#http = this.#listener.server;
    } else if (server) this.#http = server;
    this.#http?.on("listening", this.#onListening).on("error", this.#onError).on("upgrade", this.#onUpgrade);
    if (clientTracking) this.clients = new Set();
    const { completeUpgrade } = WebSocketServer.prototype;
    this.#upgrading = new Upgrading(this, this.#events, completeUpgrade, (...joined) =>
      this.#join(...joined),
    );
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
  close(callback?: (error?: Error) => void): void;
  /**
   * Accepts no more connections, and closes those of `clients`. `ws` does not have this form.
   * @returns a promise that is resolved when all connections are over, and never rejected
   * @throws TypeError or RangeError for options that make no sense, before anything changes
   */
  close(options: CloseOptions): Promise<void>;
  close(given?: ((error?: Error) => void) | CloseOptions): Promise<void> | void {
    if (typeof given === "object" && given !== null) return this.#closeAll(given);
    this.#close(given);
  }

  #closeAll(given: CloseOptions): Promise<void> {
    const options = readCloseOptions(given, this.options.closeTimeout);
    if (this._state === CLOSED) return Promise.resolve();
    const closed = new Promise<void>((resolve) => this.once("close", resolve));
    this.#close(undefined);
    const closing = new ClosingClients(this.clients ?? new Set(), options);
    this.#closing.push(closing);
    return Promise.all([closed, closing.gone]).then(() => {});
  }

  #close(callback: ((error?: Error) => void) | undefined): void {
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

  /**
   * Sends a message to all clients that are open. It is framed once, and compressed once for all that agreed on the same.
   * `ws` does not have this method.
   * @param data - a string, bytes, or a prepared message, which has its own type
   * @returns the number of clients to which it was sent
   * @throws TypeError for data of another type, or text that is not UTF-8; Error if the server does not track clients
   */
  broadcast(
    data: string | Bytes | PreparedMessage,
    options?: BroadcastOptions<InstanceType<Socket>>,
  ): number {
    if (this.clients === undefined) throw new Error("a server without clientTracking knows no clients");
    return broadcast(this.clients, data, options);
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
      this.#upgrading.consider(asked, request, connection, head, this.#emitConnection);
    else this.handleUpgrade(request, connection.stream, head, this.#emitConnection);
  };

  readonly #emitClose = (): void => {
    this._state = CLOSED;
    this.#events.emit("close");
  };

  #join(websocket: InstanceType<Socket>, isBare: boolean): void {
    const { heartbeat } = this.options;
    this.clients?.add(websocket);
    websocket.owner = isBare ? this.#uncountedOwner : this.#owner;
    if (heartbeat) this.#heartbeats.set(websocket, new Heartbeat(websocket, heartbeat));
  }

  #left(websocket: InstanceType<Socket>): void {
    this.#heartbeats.get(websocket)?.stop();
    this.#heartbeats.delete(websocket);
    this.clients?.delete(websocket);
    for (const closing of this.#closing) closing.left();
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
    if ("status" in asked) this.#upgrading.refuseFault(asked, request, connection);
    else this.#upgrading.consider(asked, request, connection, head, callback);
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
    this.#upgrading.accept({ extensions, key, protocols, request, connection, head, callback });
  }
}

giveDisposal(WebSocketServer.prototype, async function () {
  await this.close({});
});
