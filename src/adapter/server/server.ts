// The connections of a server: broadcasting to them, and closing them.

import type { Extension } from "../../handshake/extensions.js";
import type { ServerExtension } from "../../handshake/negotiation.js";
import { clearTimeout, setTimeout } from "../../host/globals.js";
import { type Bytes, messageOf } from "../../protocol/arguments.js";
import { CloseCode } from "../../protocol/close-code.js";
import { checkedClosePayload } from "../../protocol/close-payload.js";
import type { MessagePath } from "../../protocol/extensions/message-path.js";
import { ownOptions } from "../../protocol/option-readers.js";
import { PreparedMessage } from "../../protocol/prepared-message.js";
import type { AsyncDisposal } from "../async-disposal.js";
import { type Loading, serverCompression } from "../compression.js";
import { MAX_TIMER_MS } from "../deadline.js";
import { IdMap } from "../id-map.js";
import type { SocketContext } from "../socket/context.js";
import { EndpointChoices } from "../socket/endpoint-choices.js";
import type { Socket } from "../socket/handlers.js";
import { reportError } from "../socket/report.js";
import { type ApplicationSocket, sessionBehind } from "../socket/socket.js";
import { TransportEnd } from "../socket/transport-end.js";
import type { Receiver } from "../topics/audience.js";
import type { Publication, PublishingRules } from "../topics/group.js";
import { maxSharedBytes, Publisher } from "../topics/publisher.js";
import { topicName } from "../topics/topic-name.js";
import type { Runtime } from "../transport.js";
import { Allowance } from "./allowance.js";
import type { ResolvedServerOptions } from "./options.js";
import type { FetchHandler } from "./plain-exchange.js";
import {
  type BroadcastOptions,
  type PublishOptions,
  readBroadcastOptions,
  readCloseOptions,
  readPublishOptions,
  type ServerCloseOptions,
} from "./server-calls.js";
import type { ServerHandlers } from "./server-handlers.js";

/** The milliseconds that a destroyed transport may take to report `closed`. */
const TRANSPORT_GRACE_MS = 1_000;

/** The members that every server has, whether or not it owns its port. */
export interface Server<Data = unknown> extends AsyncDisposal {
  /** The sockets by their `id`: those that are open, and those that are closing. */
  readonly connections: ReadonlyMap<number, Socket<Data>>;
  /** Frames a message once and sends it on every connection. @returns the number of connections that took it */
  broadcast(message: string | Bytes | PreparedMessage, options?: BroadcastOptions<Data>): number;
  /**
   * Frames a message once and sends it to all sockets that have subscribed to the topic. Each socket gets what was sent
   * to it by `publish`, `broadcast` and `send` in the order of the calls, and all that was published in a turn of the
   * event loop in one write.
   * @returns the number of sockets that took it: 0 if the topic has no subscribers
   * @throws TypeError or RangeError for a topic that `Socket.subscribe` would not take, or a message that `send` would
   * not take
   */
  publish(topic: string, message: string | Bytes | PreparedMessage, options?: PublishOptions<Data>): number;
  /** The sockets that have subscribed to a topic, as they are now. */
  subscribers(topic: string): readonly Socket<Data>[];
  /** How many sockets have subscribed to a topic. */
  subscriberCount(topic: string): number;
  /**
   * Takes no more connections, closes the open ones, and resolves when all are gone and the port is free. A client in
   * its opening handshake gets 503; plain requests in progress are still answered.
   * @throws RangeError for a code or a reason that must not be sent
   */
  close(options?: ServerCloseOptions): Promise<void>;
}

/** Which requests a server answers. */
export interface Resources {
  /** Answers plain HTTP requests; without it they get 426. */
  readonly fetch?: FetchHandler | undefined;
  /** Whether their URLs are `https:`. Default false. */
  readonly secure?: boolean;
  /** The only path at which there are WebSockets, in the form in which paths are compared. Default: any path. */
  readonly path?: string | undefined;
}

/** A connection that is not, or not yet, a WebSocket. */
export interface PendingOpening {
  /** Tells it from the others. */
  readonly id: number;
  /** The server closes. */
  serverCloses(): void;
  /** Ends it without an answer. */
  abandon(): void;
  /** Counts it as gone. */
  closed(): void;
}

/** The sockets and openings of a server. */
export class ServerCore implements SocketContext {
  readonly runtime: Runtime;
  readonly options: ResolvedServerOptions;
  readonly endpoints: EndpointChoices;
  /** Undefined if the options don't ask for it. */
  readonly compression: Loading<ServerExtension<MessagePath>> | undefined;
  readonly handlers: ServerHandlers;
  readonly connections = new IdMap<ApplicationSocket>();
  readonly publisher: Publisher;
  /** Memory for the contents of plain requests. */
  readonly contents: Allowance;
  /** Answers requests that ask for no WebSocket. */
  readonly fetch: FetchHandler | undefined;
  readonly secure: boolean;
  /** The only path at which there are WebSockets, if there is but one. */
  readonly path: string | undefined;
  readonly #openings = new IdMap<PendingOpening>();
  #closed: Promise<void> | undefined;
  #emptied: (() => void) | undefined;

  constructor(
    runtime: Runtime,
    options: ResolvedServerOptions,
    handlers: ServerHandlers,
    resources: Resources = {},
  ) {
    const { fetch, secure = false, path } = ownOptions(resources);
    this.runtime = runtime;
    this.options = options;
    this.endpoints = new EndpointChoices(options, "server", runtime.host);
    this.compression = serverCompression(options.compression, options.kernel);
    // The requests that need it wait for it, and report what is wrong.
    this.compression?.load().catch(() => {});
    this.handlers = handlers;
    this.publisher = new Publisher(runtime, publishingRules(options));
    this.contents = new Allowance(options.limits.maxTotalContentBytes);
    this.fetch = fetch;
    this.secure = secure;
    this.path = path;
  }

  /** Compression, if it must be loaded before a client with these offers gets its answer. */
  loadingFor(offers: readonly Extension[]): Loading<ServerExtension<MessagePath>> | undefined {
    const { compression } = this;
    return offers.length > 0 && compression?.value === undefined ? compression : undefined;
  }

  /** Whether no more connections are wanted. */
  get closing(): boolean {
    return this.#closed !== undefined;
  }

  /** Connections, open or not. */
  get size(): number {
    return this.connections.size + this.#openings.size;
  }

  /** A connection came. */
  openingBegan(opening: PendingOpening): void {
    this.#openings.add(opening);
  }

  /** The connection became a WebSocket, or is gone. */
  openingEnded(opening: PendingOpening): void {
    this.#openings.delete(opening.id);
    this.#checkEmpty();
  }

  socketOpened(socket: ApplicationSocket): void {
    this.connections.add(socket);
    const { output } = sessionBehind(socket);
    output.group?.join(output);
  }

  socketClosed(socket: Socket): void {
    const opened = this.connections.get(socket.id);
    if (opened !== undefined) {
      const { output } = sessionBehind(opened);
      output.group?.leave(output);
    }
    this.connections.delete(socket.id);
    this.#checkEmpty();
  }

  broadcast(message: string | Bytes | PreparedMessage, options: BroadcastOptions = {}): number {
    return this.publisher.broadcast(this.#publication(message, readBroadcastOptions(options), 0));
  }

  publish(topic: string, message: string | Bytes | PreparedMessage, options: PublishOptions = {}): number {
    const { within = 0, ...others } = readPublishOptions(options);
    const name = topicName(topic);
    return this.publisher.publish(name, this.#publication(message, others, within));
  }

  #publication(
    message: string | Bytes | PreparedMessage,
    { type, compress, except }: BroadcastOptions,
    withinMs: number,
  ): Publication {
    if (type !== undefined) messageOf(message, type);
    return {
      message: message instanceof PreparedMessage ? message : new PreparedMessage(message, { type }),
      options: compress === undefined ? undefined : { compress },
      except: this.#receiver(except),
      withinMs,
    };
  }

  /** A socket as a receiver, if it is one of these. */
  #receiver(socket: Socket | undefined): Receiver | undefined {
    const own = socket === undefined ? undefined : this.connections.get(socket.id);
    return own === undefined || own !== socket ? undefined : sessionBehind(own).output;
  }

  *subscribers(topic: string): Iterable<ApplicationSocket> {
    for (const { id } of this.publisher.subscribers(topicName(topic))) {
      const socket = this.connections.get(id);
      if (socket !== undefined) yield socket;
    }
  }

  subscriberCount(topic: string): number {
    return this.publisher.subscriberCount(topicName(topic));
  }

  /**
   * Closes every connection and resolves when the last is gone. The second call waits for the first.
   * @throws RangeError before anything changes
   */
  closeAll(options: ServerCloseOptions = {}): Promise<void> {
    const known = readCloseOptions(options);
    const { code = CloseCode.GOING_AWAY, reason = "", timeoutMs = this.options.timeouts.closeMs } = known;
    checkedClosePayload(code, reason, this.runtime.host);
    this.#withEach((socket) => socket.close(code, reason));
    this.#closed ??= this.#allGone(timeoutMs);
    return this.#closed;
  }

  async #allGone(timeoutMs: number): Promise<void> {
    for (const opening of this.#openings.values()) opening.serverCloses();
    if (this.size === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
      const terminate = (): void => {
        timer = setTimeout(() => this.#giveUp(), TRANSPORT_GRACE_MS);
        const cause = new TransportEnd("CLOSE_TIMEOUT", `the server closed, and waited ${timeoutMs} ms`);
        this.#withEach((socket) => sessionBehind(socket).timedOut(cause));
        for (const opening of this.#openings.values()) opening.abandon();
      };
      timer = setTimeout(terminate, Math.min(timeoutMs, MAX_TIMER_MS));
    });
    clearTimeout(timer);
  }

  /** Takes a step with each connection. An exception in one keeps no other from it, and does not reach the event loop. */
  #withEach(step: (socket: ApplicationSocket) => void): void {
    for (const socket of this.connections.values()) {
      try {
        step(socket);
      } catch (error) {
        this.report(error);
      }
    }
  }

  /** Counts connections as gone whose transports have not reported `closed`. */
  #giveUp(): void {
    for (const socket of this.connections.values()) sessionBehind(socket).closed();
    for (const opening of this.#openings.values()) opening.closed();
  }

  /** Tells the application of an exception that belongs to no socket. */
  report(error: unknown): void {
    reportError(this.handlers, undefined, error);
  }

  #checkEmpty(): void {
    if (this.size === 0) this.#emptied?.();
  }
}

function publishingRules({
  backpressure,
  limits,
  maxFrameBytes,
  slowSubscribers,
}: ResolvedServerOptions): PublishingRules {
  const bound = backpressure === "queue" ? Number.POSITIVE_INFINITY : limits.maxBackpressureBytes;
  return {
    maxSharedBytes: maxSharedBytes(bound, maxFrameBytes),
    maxTopics: limits.maxTopics,
    skipsSlow: slowSubscribers === "skip",
  };
}
