// The steps from an upgrade request to a WebSocket, or to a refusal.
import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { nextTick } from "../node/globals.js";
import type { ClientInfo, VerifyClientCallback } from "./server-options.js";
import { type ClientFault, isSecure, malformed, refuse, type UpgradeRequest } from "./upgrade.js";
import {
  type AgreedExtensions,
  agreeOnExtensions,
  answerLines,
  type ExtensionOptions,
  readProtocols,
} from "./upgrade-answer.js";
import type { UpgradeConnection } from "./upgrade-connection.js";
import type { ServerSideOptions, WebSocket } from "./websocket.js";

/** The states of a server. */
export const RUNNING = 0;
export const CLOSING = 1;
export const CLOSED = 2;

/** Is called with a client that has connected, and with its request. */
export type ConnectionCallback<Client, Request> = (
  websocket: Client,
  request: Request,
  verified?: unknown,
) => void;

/** An upgrade request that was checked, on its way to becoming a WebSocket. */
export interface Upgrade<Client, Request> {
  readonly request: Request;
  readonly connection: UpgradeConnection;
  readonly head: Buffer;
  readonly callback: ConnectionCallback<Client, Request>;
  readonly key: string;
  readonly protocols: Set<string>;
  readonly extensions: AgreedExtensions;
}

/** The options of a server that the steps read. */
export interface UpgradeOptions<Request extends IncomingMessage> extends ServerSideOptions, ExtensionOptions {
  readonly handleProtocols?:
    | ((protocols: Set<string>, request: Request) => string | false)
    | null
    | undefined;
  readonly verifyClient?: VerifyClientCallback<Request> | null | undefined;
  readonly WebSocket: new (address: null, protocols: undefined, options: ServerSideOptions) => WebSocket;
}

/** The server, as upgrades see it. */
export interface UpgradingServer<Client, Request extends IncomingMessage> {
  readonly options: UpgradeOptions<Request>;
  readonly _state: number;
  shouldHandle(request: Request): unknown;
  completeUpgrade(
    extensions: AgreedExtensions,
    key: string,
    protocols: Set<string>,
    request: Request,
    socket: Duplex,
    head: Buffer,
    callback: ConnectionCallback<Client, Request>,
  ): void;
}

/** Takes the upgrade requests of one server. */
export class Upgrading<Client extends WebSocket, Request extends IncomingMessage> {
  readonly #server: UpgradingServer<Client, Request>;
  readonly #events: EventEmitter;
  readonly #ownCompletion: unknown;
  readonly #joined: (websocket: Client, isBare: boolean) => void;

  /**
   * @param events - the server again, where its events are emitted
   * @param ownCompletion - the server's method `completeUpgrade`, unless a subclass has its own
   * @param joined - is called for each WebSocket, before the callback of its upgrade
   */
  constructor(
    server: UpgradingServer<Client, Request>,
    events: EventEmitter,
    ownCompletion: unknown,
    joined: (websocket: Client, isBare: boolean) => void,
  ) {
    this.#server = server;
    this.#events = events;
    this.#ownCompletion = ownCompletion;
    this.#joined = joined;
  }

  /** Goes on with a request that is in order: looks at its path, and at what it offers. */
  consider(
    { key, version }: UpgradeRequest,
    request: Request,
    connection: UpgradeConnection,
    head: Buffer,
    callback: ConnectionCallback<Client, Request>,
  ): void {
    if (!this.#server.shouldHandle(request)) {
      refuse(connection.stream, { status: 400 });
      return;
    }
    const { headers } = request;
    const protocols = readProtocols(headers["sec-websocket-protocol"]);
    if (protocols === undefined) {
      this.refuseFault(malformed("Sec-WebSocket-Protocol"), request, connection);
      return;
    }
    const extensions = agreeOnExtensions(this.#server.options, headers["sec-websocket-extensions"]);
    if (extensions === undefined) {
      const message = "Invalid or unacceptable Sec-WebSocket-Extensions header";
      this.refuseFault({ status: 400, message }, request, connection);
      return;
    }
    this.#verify(version, { request, connection, head, callback, key, protocols, extensions });
  }

  /** Asks `verifyClient`, if there is one. */
  #verify(version: 8 | 13, upgrade: Upgrade<Client, Request>): void {
    const { verifyClient } = this.#server.options;
    if (!verifyClient) {
      this.#complete(upgrade);
      return;
    }
    const { connection, request } = upgrade;
    const info = clientInfo(version, request, connection);
    if (verifyClient.length === 2) {
      this.#server.options.verifyClient?.(info, (verified, status, message, headers) => {
        if (verified) this.#complete(upgrade);
        else refuse(connection.stream, { status: status || 401, message, headers });
      });
      return;
    }
    const verified: unknown = Reflect.apply(verifyClient, this.#server.options, [info]);
    if (isPromise(verified)) this.#awaitVerdict(verified, upgrade);
    else if (verified) this.#complete(upgrade);
    else refuse(connection.stream, { status: 401 });
  }

  #awaitVerdict(verdict: PromiseLike<unknown>, upgrade: Upgrade<Client, Request>): void {
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
  #complete(upgrade: Upgrade<Client, Request>): void {
    const { extensions, key, protocols, request, connection, head, callback } = upgrade;
    if (connection.isBare && this.#server.completeUpgrade === this.#ownCompletion) this.accept(upgrade);
    else this.#server.completeUpgrade(extensions, key, protocols, request, connection.stream, head, callback);
  }

  /** The inner part of `completeUpgrade`. @throws Error if a WebSocket has the connection already */
  accept(upgrade: Upgrade<Client, Request>): void {
    const { connection, head, request, callback, extensions, key, protocols } = upgrade;
    // The client may have left, or have ended its side.
    if (!connection.isOpen) {
      connection.destroy();
      return;
    }
    connection.assertFree();
    if (this.#server._state > RUNNING) {
      refuse(connection.stream, { status: 503 });
      return;
    }
    const { options } = this.#server;
    // The type of an instance follows from the type of the class, but not for the compiler.
    const websocket = new options.WebSocket(null, undefined, options) as Client;
    const protocol = protocols.size > 0 && this.#select(protocols, request);
    const lines = answerLines(websocket, key, protocol, extensions);
    this.#events.emit("headers", lines, request);
    connection.accept(websocket, `${lines.join("\r\n")}\r\n\r\n`, head, options);
    this.#joined(websocket, connection.isBare);
    callback(websocket, request);
  }

  #select(protocols: Set<string>, request: Request): string | false | undefined {
    const { options } = this.#server;
    if (options.handleProtocols) return options.handleProtocols(protocols, request);
    return protocols.values().next().value;
  }

  /** Leaves a client that sent nonsense to the listeners of `wsClientError`, or refuses it. */
  refuseFault(fault: ClientFault, request: Request, { stream }: UpgradeConnection): void {
    if (this.#events.listenerCount("wsClientError") === 0) refuse(stream, fault);
    else this.#events.emit("wsClientError", new Error(fault.message), stream, request);
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
