// The application's handlers as a session calls them: in their asynchronous context, with every exception caught.
import { CloseCode } from "../../protocol/close-code.js";
import type { CloseEvent, MessageType } from "../../protocol/events.js";
import type { AsyncContext } from "../transport.js";
import type { Handlers, Socket } from "./handlers.js";
import { isThenable, reportError } from "./report.js";

/** The session of an {@link Application}, as seen from here. */
export interface ApplicationOwner {
  readonly socket: Socket;
  /** Fails the connection. */
  fail(code: number, reason: string, cause?: unknown): void;
  /** Failing the connection threw as well. */
  broke(error: unknown): void;
}

/**
 * Calls handlers in the asynchronous context of the connection. The session has entered it already while a read is
 * handled; at other times it is entered here.
 */
export class Application {
  readonly #owner: ApplicationOwner;
  readonly #handlers: Handlers;
  readonly #context: AsyncContext;

  constructor(owner: ApplicationOwner, handlers: Handlers, context: AsyncContext) {
    this.#owner = owner;
    this.#handlers = handlers;
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
    this.enter(() => this.#call(this.#handlers.open));
  }

  message(data: string | Uint8Array, type: MessageType): void {
    try {
      const result = this.#handlers.message?.(this.#owner.socket, data, type);
      if (result !== undefined) this.#watch(result);
    } catch (error) {
      this.threw(error);
    }
  }

  fragment(payload: Uint8Array, type: MessageType, final: boolean): void {
    try {
      this.#watch(this.#handlers.fragment?.(this.#owner.socket, payload, type, final));
    } catch (error) {
      this.threw(error);
    }
  }

  pinged(payload: Uint8Array): void {
    this.#call(this.#handlers.ping, payload);
  }

  ponged(payload: Uint8Array): void {
    this.#call(this.#handlers.pong, payload);
  }

  drained(): void {
    this.enter(() => this.#call(this.#handlers.drain));
  }

  closed(event: CloseEvent): void {
    this.enter(() => this.#call(this.#handlers.close, event));
  }

  /**
   * Fails the connection for an exception of the application, or for a bug of this package: neither is the peer's
   * fault.
   */
  threw(error: unknown): void {
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
      this.#watch(handler?.call(this.#handlers, this.#owner.socket, ...rest));
    } catch (error) {
      this.threw(error);
    }
  }

  /** Handles a rejection of an asynchronous handler. */
  #watch(result: unknown): void {
    if (isThenable(result)) Promise.resolve(result).catch((error: unknown) => this.threw(error));
  }
}
