// The application's handlers as a session calls them: in their asynchronous context, with every exception caught.
import { CloseCode } from "../../protocol/close-code.js";
import type { EndpointState } from "../../protocol/endpoint-options.js";
import type { CloseEvent, MessageType } from "../../protocol/events.js";
import type { AsyncContext } from "../transport.js";
import type { SocketContext } from "./context.js";
import { handlersWithoutMessages } from "./given-handlers.js";
import type { Handlers, Socket, SubscriberHandlers } from "./handlers.js";
import { IncompleteMessageError, type MessageStream } from "./message-stream.js";
import { isThenable, reportError } from "./report.js";

/** The session of an {@link Application}, as seen from here. */
export interface ApplicationOwner {
  readonly context: SocketContext;
  readonly socket: Socket;
  readonly state: EndpointState;
  /** Fails the connection. */
  fail(code: number, reason: string, cause?: unknown): void;
  /** Failing the connection threw as well. */
  broke(error: unknown): void;
  /** Has everything behind the event that is being handled wait for {@link release}. */
  hold(): void;
  release(): void;
}

/**
 * Calls handlers in the asynchronous context of the connection. The session has entered it already while a read is
 * handled; at other times it is entered here.
 */
export class Application {
  readonly #owner: ApplicationOwner;
  #handlers: Handlers & SubscriberHandlers;
  readonly #context: AsyncContext;

  constructor(owner: ApplicationOwner, context: AsyncContext) {
    this.#owner = owner;
    this.#handlers = owner.context.handlers;
    this.#context = context;
  }

  /** Calls back in the asynchronous context of the connection. */
  enter<This, Args extends unknown[]>(
    callback: (this: This, ...args: Args) => void,
    self?: This,
    ...args: Args
  ): void {
    this.#context.runInAsyncScope(callback, self, ...args);
  }

  opened(): void {
    if (this.#handlers.open === undefined) return;
    this.enter(() => {
      try {
        this.#await(this.#handlers.open?.(this.#owner.socket));
      } catch (error) {
        this.threw(error);
      }
    });
  }

  message(data: string | Uint8Array, type: MessageType): void {
    try {
      const result = this.#handlers.message?.(this.#owner.socket, data, type);
      if (result !== undefined) this.#await(result);
    } catch (error) {
      this.threw(error);
    }
  }

  fragment(payload: Uint8Array, type: MessageType, final: boolean): void {
    try {
      this.#await(this.#handlers.fragment?.(this.#owner.socket, payload, type, final));
    } catch (error) {
      this.threw(error);
    }
  }

  /** @param handled - is called when the handler has returned, or its promise has settled */
  stream(message: MessageStream, handled: () => void): void {
    try {
      const result = this.#handlers.stream?.(this.#owner.socket, message);
      if (isThenable(result)) this.#watch(result, handled);
      else handled();
    } catch (error) {
      this.threw(error);
      handled();
    }
  }

  /** No handler is called for messages from now on. */
  discardMessages(): void {
    this.#handlers = handlersWithoutMessages(this.#handlers);
  }

  pinged(payload: Uint8Array): void {
    this.#call(this.#handlers.ping, payload);
  }

  ponged(payload: Uint8Array): void {
    this.#call(this.#handlers.pong, payload);
  }

  /** Messages of these topics were left out, because the peer was slow. */
  missed(topics: ReadonlySet<string>): void {
    if (this.#handlers.gap === undefined) return;
    for (const topic of topics) this.enter(() => this.#call(this.#handlers.gap, topic, "slow"));
  }

  drained(): void {
    this.enter(() => this.#call(this.#handlers.drain));
  }

  closed(event: CloseEvent): void {
    if (this.#handlers.close === undefined) return;
    this.enter(() => this.#call(this.#handlers.close, event));
  }

  /**
   * Fails the connection for an exception of the application, or for a bug of this package: neither is the peer's
   * fault. It is no failure of a handler that the connection ended while the handler read or sent a stream.
   */
  threw(error: unknown): void {
    if (error instanceof IncompleteMessageError && this.#owner.state !== "open") return;
    try {
      this.#owner.fail(CloseCode.INTERNAL_ERROR, "", error);
      this.report(error);
    } catch {
      this.#owner.broke(error);
    }
  }

  /** Tells the `error` handler. */
  report(error: unknown): void {
    this.enter(() => reportError(this.#handlers, this.#owner.socket, error));
  }

  /** Calls a handler, if there is one, as a method of its object. */
  #call<Rest extends unknown[]>(
    handler: ((socket: Socket, ...rest: Rest) => unknown) | undefined,
    ...rest: Rest
  ): void {
    try {
      const result = handler?.call(this.#handlers, this.#owner.socket, ...rest);
      if (isThenable(result)) this.#watch(result);
    } catch (error) {
      this.threw(error);
    }
  }

  /** With the option `sequential`, what comes next waits for an asynchronous handler. */
  #await(result: unknown): void {
    if (!isThenable(result)) return;
    const { context } = this.#owner;
    if (context.options.sequential) {
      this.#owner.hold();
      this.#watch(result, () => this.#owner.release());
    } else this.#watch(result);
  }

  /**
   * Handles the rejection of an asynchronous handler.
   * @param settled - is called when its promise has settled
   */
  #watch(result: PromiseLike<unknown>, settled?: () => void): void {
    const promise = Promise.resolve(result).catch((error: unknown) => this.threw(error));
    if (settled !== undefined) promise.then(settled);
  }
}
