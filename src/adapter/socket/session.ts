// One open WebSocket connection: it connects a transport, an endpoint and the application's handlers.

import { writeExtensions } from "../../handshake/extensions.js";
import { Endpoint } from "../../protocol/endpoint.js";
import type { EndpointState, Role } from "../../protocol/endpoint-options.js";
import type { CloseEvent, EndpointSink, MessageType } from "../../protocol/events.js";
import type { AgreedPath } from "../compression.js";
import type { HandshakeResponse } from "../handshake-response.js";
import type { AsyncContext, Transport, TransportSink } from "../transport.js";
import { Application, type ApplicationOwner } from "./application.js";
import type { SocketContext } from "./context.js";
import type { Delivery } from "./delivery.js";
import { IncomingStreams, type IncomingStreamsOwner } from "./incoming-streams.js";
import { Input, type InputOwner } from "./input.js";
import { Keepalive, type KeepaliveOwner } from "./keepalive.js";
import { completed, type Loss } from "./loss.js";
import type { MessageStream } from "./message-stream.js";
import type { OutgoingStream, StreamingSession } from "./outgoing-stream.js";
import { Output, type OutputOwner } from "./output.js";
import { ApplicationSocket, type SocketSession } from "./socket.js";
import { TransportEnd } from "./transport-end.js";

/** The parameters of one session. */
export interface SessionInit {
  readonly role: Role;
  readonly transport: Transport;
  readonly protocol: string;
  /** The extensions that were agreed on: one at most, since all that there are use RSV1. Default: none. */
  readonly extensions?: readonly AgreedPath[] | undefined;
  readonly data: unknown;
  /** The handler that gets messages. Default: the one that the options name. */
  readonly deliver?: Delivery | undefined;
  /** On a client, the server's response. */
  readonly response?: HandshakeResponse;
  /** The asynchronous context in which handlers run. Default: the one in which the session is made. */
  readonly asyncContext?: AsyncContext;
}

let lastId = 0;

const NO_EXTENSIONS: readonly AgreedPath[] = [];

/** How far the end of the transport has come: each stage is higher than those before it. */
const RUNNING = 0;
/** The peer has ended its side, and bytes that came before are still being handled. */
const PEER_ENDS = 1;
const PEER_ENDED = 2;
/** The transport is gone, and bytes that came before are still being handled. */
const GOING = 3;
const GONE = 4;

/**
 * A session owns an endpoint, an input, an output and a keepalive, and connects them to the transport and to the
 * application. It is the sink of transport and endpoint itself, so that a connection needs no closures. No method of
 * {@link TransportSink} throws.
 */
export class Session
  implements
    EndpointSink,
    TransportSink,
    SocketSession,
    InputOwner,
    OutputOwner,
    KeepaliveOwner,
    ApplicationOwner,
    IncomingStreamsOwner,
    StreamingSession
{
  readonly id = ++lastId;
  readonly context: SocketContext;
  readonly transport: Transport;
  readonly endpoint: Endpoint;
  readonly input: Input;
  readonly output: Output;
  readonly socket: ApplicationSocket;
  readonly keepalive: Keepalive;
  readonly application: Application;
  /** Only of a connection whose messages are streams. */
  readonly #incoming: IncomingStreams | undefined;
  outgoing: OutgoingStream | undefined;
  #ending = RUNNING;
  /** What is known of an end of the transport before its time. */
  #loss: Loss | undefined;
  closeEvent: CloseEvent | undefined;
  /** They wait for the end. */
  #disposers: (() => void)[] | undefined;

  constructor(context: SocketContext, init: SessionInit) {
    const { role, transport, protocol, extensions = NO_EXTENSIONS, data, response, asyncContext } = init;
    const { deliver = context.options.deliver } = init;
    this.context = context;
    this.transport = transport;
    this.endpoint = new Endpoint(this, context.endpoints.of(deliver, extensions[0]?.agreed));
    this.input = new Input(this);
    this.output = new Output(this);
    this.keepalive = new Keepalive(this);
    this.application = new Application(this, asyncContext ?? context.runtime.captureContext());
    this.#incoming = deliver === "stream" ? new IncomingStreams(this) : undefined;
    const { remoteAddress } = transport;
    this.socket = new ApplicationSocket(this, {
      id: this.id,
      role,
      protocol,
      extensions: extensions.length === 0 ? "" : writeExtensions(extensions),
      remoteAddress,
      response,
      data,
    });
  }

  /** Whether the transport is gone. */
  get gone(): boolean {
    return this.#ending === GONE;
  }

  /** The endpoint may be closed before the transport is gone; the session is not. */
  get state(): EndpointState {
    if (this.gone) return "closed";
    return this.#ending < GOING && this.endpoint.state === "open" ? "open" : "closing";
  }

  // ---- Calls of the application ----

  close(code?: number, reason?: string): void {
    this.output.settle();
    this.endpoint.close(code, reason);
    this.context.endRequested?.();
    this.#closingBegan();
    if (this.context.options.discardAfterClose) this.application.discardMessages();
  }

  terminate(): void {
    this.context.endRequested?.();
    this.#end();
  }

  /** Ends the transport at once. */
  #end(): void {
    this.#lose(undefined);
    this.endpoint.end();
    this.output.clear();
    this.input.drop();
    this.transport.destroy();
  }

  pause(): void {
    if (!this.keepalive.closing) this.input.pause();
  }

  resume(): void {
    this.input.resume();
  }

  // ---- Calls of the adapter ----

  /**
   * Opens the connection.
   * @param head - bytes to be written before any frame, the answer of the opening handshake
   * @param rest - bytes that came behind the peer's
   */
  open(head: Uint8Array | undefined, rest: Uint8Array): void {
    this.keepalive.start();
    if (head !== undefined) this.endpoint.outbox.append(head);
    this.output.cork();
    this.application.opened();
    this.output.uncork();
    if (rest.length > 0) this.received(rest);
    this.transport.readInto(this.endpoint.readWindow);
  }

  /** Fails the connection with a code of the application's or the adapter's choice. */
  fail(code: number, reason: string, cause?: unknown): void {
    this.output.settle();
    this.endpoint.fail(code, reason, { cause });
    this.output.later();
  }

  // ---- Reports of the transport ----

  received(chunk: Uint8Array): void {
    if (this.context.runtime.readsInContext) this.input.received(chunk);
    else this.application.enter(this.input.received, this.input, chunk);
  }

  receivedInWindow(length: number, window: Uint8Array): void {
    if (window !== this.endpoint.readWindow) {
      // The kernel was replaced since.
      this.received(window.subarray(0, length));
      this.transport.readInto(this.endpoint.readWindow);
    } else if (this.context.runtime.readsInContext) this.input.receivedInWindow(length);
    else this.application.enter(this.input.receivedInWindow, this.input, length);
  }

  drained(): void {
    this.output.uncork();
    this.outgoing?.drained();
  }

  /** Runs a step whose exceptions must not reach the event loop of the host. */
  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.broke(error);
    }
  }

  failed(error: unknown): void {
    this.#lose(error);
  }

  #lose(cause: unknown): void {
    this.#loss ??= this.#lossNow(cause);
  }

  #lossNow(cause: unknown): Loss {
    const { output, endpoint } = this;
    // Messages that wait for a fragmented one count when they are dropped.
    return { cause, unsentBytes: output.bufferedAmount - endpoint.outbox.waitingBytes };
  }

  ended(): void {
    if (this.#ending === RUNNING) this.#ending = PEER_ENDS;
    this.#guarded(() => this.input.end());
  }

  closed(): void {
    if (this.gone) return;
    this.#ending = GOING;
    this.#lose(undefined);
    this.#guarded(() => {
      // A handler may wait for it, and the close event for the handler.
      this.outgoing?.stop(this.closeEvent);
      this.input.end();
      // Handlers of messages that came before may take long, but not for ever.
      if (!this.gone) this.keepalive.closingBegan();
    });
  }

  /** The peer has ended its side or the transport is gone, and all bytes of the peer were handled. */
  inputOver(): void {
    this.endpoint.end();
    if (this.#ending < GOING) {
      this.#ending = PEER_ENDED;
      this.output.uncork();
    } else if (this.input.held) this.input.end();
    else this.#over();
  }

  #over(): void {
    if (this.gone) return;
    this.output.clear();
    this.#ending = GONE;
    this.keepalive.stop();
    this.output.stop();
    this.context.socketClosed(this.socket);
    const event = this.closeEvent;
    if (event !== undefined) this.application.closed(this.#completed(event));
    for (const resolve of this.#disposers ?? []) resolve();
  }

  async dispose(): Promise<void> {
    this.close();
    if (this.gone) return;
    await new Promise<void>((resolve) => {
      this.#disposers ??= [];
      this.#disposers.push(resolve);
    });
  }

  #completed(event: CloseEvent): CloseEvent {
    const loss = this.#loss ?? this.#lossNow(undefined);
    return completed(event, loss, this.endpoint.outbox.droppedBytes);
  }

  // ---- Events of the endpoint. What a handler broadcasts goes ahead of the answers to later events. ----

  onText(text: string | Uint8Array): void {
    this.application.message(text, "text");
    this.output.settle();
  }

  onBinary(payload: Uint8Array): void {
    this.application.message(payload, "binary");
    this.output.settle();
  }

  onFragment(payload: Uint8Array, type: MessageType, final: boolean): void {
    if (this.#incoming === undefined) this.application.fragment(payload, type, final);
    else this.#incoming.fragment(payload, type, final);
    this.output.settle();
  }

  onPing(payload: Uint8Array): void {
    this.application.pinged(payload);
    this.output.settle();
  }

  onPong(payload: Uint8Array): void {
    this.application.ponged(payload);
    this.output.settle();
  }

  onClose(event: CloseEvent): void {
    this.closeEvent = event;
    this.#incoming?.closed(this.#completed(event));
    this.outgoing?.stop(this.#completed(event));
    this.#closingBegan();
    this.input.ignore();
  }

  /** The closing handshake has begun, or the connection failed. */
  #closingBegan(): void {
    this.output.stray();
    this.outgoing?.stop(this.closeEvent);
    // No Close frame is exchanged any more.
    if (this.#ending >= GOING) return;
    this.keepalive.closingBegan();
    // The peer's Close frame, or its FIN, has to be read.
    if (this.input.paused) this.input.resume();
    this.output.later();
  }

  // ---- Reports of the session's parts ----

  streamSent(): void {
    this.outgoing = undefined;
  }

  streamCame(message: MessageStream, handled: () => void): void {
    this.application.stream(message, handled);
  }

  hold(): void {
    this.input.hold();
  }

  release(): void {
    if (this.#ending === GOING) this.keepalive.closingGoesOn();
    this.#guarded(() => this.input.release());
  }

  missed(topics: ReadonlySet<string>): void {
    this.application.missed(topics);
  }

  drainedOut(): void {
    this.application.drained();
  }

  /**
   * Section 7.1.1: the server ends TCP first, and the client when the server did, unless there is nothing to wait for.
   */
  finished(): void {
    const abnormal = this.closeEvent?.wasClean === false;
    if (this.endpoint.role === "server" || abnormal || this.#ending >= PEER_ENDED) this.transport.end();
  }

  broke(error: unknown): void {
    // This comes first, because an error handler that calls `flush` must not cause the same error again.
    this.#attempt(() => this.output.clear());
    this.application.report(error);
    this.#attempt(() => this.#end());
  }

  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.application.report(error);
    }
  }

  stalled(): void {
    const { writeMs } = this.context.options.timeouts;
    this.timedOut(new TransportEnd("WRITE_TIMEOUT", `the peer took nothing in ${writeMs} ms`));
  }

  timedOut(cause: TransportEnd): void {
    this.#lose(cause);
    this.#end();
  }
}
