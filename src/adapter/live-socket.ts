import type { KernelName } from "../kernel/kernel.js";
import { assertMessage } from "../protocol/arguments.js";
import { CloseCode } from "../protocol/close-code.js";
import type { EndpointState, Role } from "../protocol/endpoint.js";
import type { CloseEvent, EndpointSink, MessageType } from "../protocol/events.js";
import { PreparedMessage } from "../protocol/prepared-message.js";
import type { SendResult, Socket } from "./handlers.js";
import { isThenable, reportError } from "./report.js";
import type { SocketContext } from "./socket-context.js";
import { SocketKeepalive } from "./socket-keepalive.js";
import type { Transport, TransportSink } from "./transport.js";

/** What a socket has of its own. */
export interface LiveSocketInit {
  readonly role: Role;
  readonly transport: Transport;
  readonly protocol: string;
  readonly data: unknown;
}

let lastId = 0;

/**
 * A socket at work: a transport on one side, an endpoint on the other, and the application's handlers above. It is the sink of the
 * first two, so that a connection needs no closures.
 */
export class LiveSocket extends SocketKeepalive implements Socket<unknown>, EndpointSink, TransportSink {
  readonly id = ++lastId;
  readonly protocol: string;
  data: unknown;
  #peerEnded = false;
  #gone = false;
  #closeEvent: CloseEvent | undefined;

  constructor(context: SocketContext, init: LiveSocketInit) {
    super(context, init.role, init.transport);
    this.protocol = init.protocol;
    this.data = init.data;
  }

  // ---- For the application ----

  get role(): Role {
    return this.endpoint.role;
  }

  get kernel(): KernelName {
    return this.endpoint.kernel;
  }

  get remoteAddress(): string {
    return this.transport.remoteAddress;
  }

  get readPath(): "buffer" | "data" {
    return this.transport.readPath;
  }

  /** Closed only when the transport is gone, too. */
  get state(): EndpointState {
    if (this.#gone) return "closed";
    return this.endpoint.state === "open" ? "open" : "closing";
  }

  send(message: string | Uint8Array | PreparedMessage, type?: MessageType): SendResult {
    const endpoint = this.endpoint;
    if (endpoint.state !== "open" || this.overBacklog()) return this.#refuse(message, type);
    if (type !== undefined) assertMessage(message, type);
    if (typeof message === "string") endpoint.sendText(message);
    else if (message instanceof PreparedMessage) endpoint.sendPrepared(message);
    else if (type === "text") endpoint.sendText(message);
    else endpoint.sendBinary(message);
    return this.queued();
  }

  sendFragment(part: string | Uint8Array, final: boolean, type?: MessageType): SendResult {
    if (this.endpoint.state !== "open") return this.#refuse(part, type);
    if (this.overBacklog()) {
      // A message can't be dropped from the middle.
      this.#failBacklog();
      return "dropped";
    }
    this.endpoint.sendFragment(part, final, type);
    return this.queued();
  }

  ping(payload?: Uint8Array): SendResult {
    if (this.endpoint.state !== "open" || this.overBacklog()) return "dropped";
    this.endpoint.ping(payload);
    return this.queued();
  }

  close(code?: number, reason?: string): void {
    this.endpoint.close(code, reason);
    this.closingBegan();
  }

  terminate(): void {
    this.endpoint.end();
    this.endpoint.outbox.clear();
    this.transport.destroy();
  }

  // ---- For the adapter ----

  /** Whether a message can be sent right now. */
  get sendable(): boolean {
    return this.endpoint.sendable;
  }

  /**
   * Opens the connection.
   * @param head - bytes to be written before any frame, the answer of the opening handshake
   * @param rest - bytes that came behind the peer's
   */
  open(head: Uint8Array | undefined, rest: Uint8Array): void {
    this.expireAfter(this.options.timeouts.idleMs);
    if (head !== undefined) this.endpoint.outbox.append(head);
    this.cork();
    this.#call(this.context.handlers.open);
    this.uncork();
    if (rest.length > 0) this.received(rest);
    this.transport.readInto(this.endpoint.readWindow);
  }

  /** Fails the connection with a code of the application's or the adapter's choice. */
  fail(code: number, reason: string, cause?: unknown): void {
    this.endpoint.fail(code, reason, cause);
    this.later();
  }

  received(chunk: Uint8Array): void {
    this.cork();
    this.heard();
    try {
      this.endpoint.receive(chunk);
    } catch (error) {
      this.#threw(error);
    }
    this.uncork();
  }

  receivedInWindow(length: number, window: Uint8Array): void {
    if (window !== this.endpoint.readWindow) {
      // The kernel was replaced since.
      this.received(window.subarray(0, length));
      this.transport.readInto(this.endpoint.readWindow);
      return;
    }
    this.cork();
    this.heard();
    try {
      this.endpoint.receiveWindow(length);
    } catch (error) {
      this.#threw(error);
    }
    this.uncork();
  }

  drained(): void {
    this.flush();
  }

  ended(): void {
    this.#peerEnded = true;
    this.endpoint.end();
    this.flush();
  }

  failed(error: unknown): void {
    if (this.context.handlers.error !== undefined) reportError(this.context.handlers, this, error);
  }

  closed(): void {
    if (this.#gone) return;
    this.endpoint.end();
    this.endpoint.outbox.clear();
    this.#gone = true;
    this.neverExpire();
    this.context.socketClosed(this);
    const event = this.#closeEvent;
    if (event !== undefined) this.#call(this.context.handlers.close, event);
  }

  // ---- What the endpoint finds ----

  onText(text: string | Uint8Array): void {
    this.#message(text, "text");
  }

  onBinary(payload: Uint8Array): void {
    this.#message(payload, "binary");
  }

  onPiece(payload: Uint8Array, type: MessageType, final: boolean): void {
    try {
      this.#watch(this.context.handlers.piece?.(this, payload, type, final));
    } catch (error) {
      this.#threw(error);
    }
  }

  onPing(payload: Uint8Array): void {
    this.#call(this.context.handlers.ping, payload);
  }

  onPong(payload: Uint8Array): void {
    this.#call(this.context.handlers.pong, payload);
  }

  onClose(event: CloseEvent): void {
    this.#closeEvent = event;
    this.closingBegan();
  }

  // ---- Output ----

  protected override get gone(): boolean {
    return this.#gone;
  }

  protected override drainedOut(): void {
    this.#call(this.context.handlers.drain);
  }

  /** Section 7.1.1: the server ends TCP first, and the client when the server did, unless there is nothing to wait for. */
  protected override finished(): void {
    const abnormal = this.#closeEvent?.wasClean === false;
    if (this.role === "server" || abnormal || this.#peerEnded) this.transport.end();
  }

  protected override broke(error: unknown): void {
    reportError(this.context.handlers, this, error);
    this.terminate();
  }

  #refuse(message: unknown, type: MessageType | undefined): SendResult {
    // A prepared message has its own type.
    if (type !== undefined || !(message instanceof PreparedMessage)) assertMessage(message, type);
    if (this.endpoint.state === "open" && this.options.backlog === "close") this.#failBacklog();
    return "dropped";
  }

  #failBacklog(): void {
    this.fail(CloseCode.TRY_AGAIN_LATER, "backlog limit reached");
  }

  // ---- The application's exceptions ----

  #message(data: string | Uint8Array, type: MessageType): void {
    try {
      const result = this.context.handlers.message?.(this, data, type);
      if (result !== undefined) this.#watch(result);
    } catch (error) {
      this.#threw(error);
    }
  }

  /** Calls a handler, if it is there, in the name of the object that it is a method of. */
  #call<Rest extends unknown[]>(
    handler: ((socket: Socket, ...rest: Rest) => unknown) | undefined,
    ...rest: Rest
  ): void {
    try {
      this.#watch(handler?.call(this.context.handlers, this, ...rest));
    } catch (error) {
      this.#threw(error);
    }
  }

  /** Minds the promise of an asynchronous handler. */
  #watch(result: unknown): void {
    if (isThenable(result)) Promise.resolve(result).catch((error: unknown) => this.#threw(error));
  }

  /** An exception of the application's, or a bug of our own: neither is blamed on the peer. */
  #threw(error: unknown): void {
    this.fail(CloseCode.INTERNAL_ERROR, "", error);
    reportError(this.context.handlers, this, error);
  }
}
