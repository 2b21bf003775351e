// The messages of a connection that are received as streams, one after the other.
import { queueMicrotask } from "../../host/globals.js";
import type { CloseEvent, MessageType } from "../../protocol/events.js";
import type { SocketContext } from "./context.js";
import { IncomingMessage, type IncomingMessageOwner, type MessageStream } from "./message-stream.js";

/** When so much memory waits for the reader of a message, the peer has to wait. */
const HIGH_WATER_BYTES = 64 * 1024;
/** When no more than this waits, the peer may go on. */
const LOW_WATER_BYTES = 32 * 1024;

/** The session of {@link IncomingStreams}, as seen from here. */
export interface IncomingStreamsOwner {
  readonly context: SocketContext;
  /**
   * Calls the handler `stream`.
   * @param handled - is called when it has returned, or its promise has settled
   */
  streamCame(message: MessageStream, handled: () => void): void;
  /** Has everything that comes behind the event that is being handled wait for {@link release}. */
  hold(): void;
  release(): void;
}

/**
 * Gives each message to the handler `stream`. The next message begins when the one before was read to its end or
 * discarded, and its handler's promise has settled: an answer leaves before the next message, or a Close frame, is
 * looked at.
 */
export class IncomingStreams implements IncomingMessageOwner {
  readonly #owner: IncomingStreamsOwner;
  /** The message that is being received, or read. */
  #message: IncomingMessage | undefined;
  /** Whether all of it has come. */
  #whole = false;
  /** Whether its handler has returned. */
  #handled = true;
  #held = false;
  /** Whether the connection has ended. */
  #closed = false;

  constructor(owner: IncomingStreamsOwner) {
    this.#owner = owner;
  }

  allocate(length: number): Uint8Array {
    return this.#owner.context.runtime.host.allocate(length);
  }

  /** A piece of a message came. */
  fragment(payload: Uint8Array, type: MessageType, final: boolean): void {
    this.#whole = final;
    if (this.#message !== undefined) this.#message.push(payload, final);
    else {
      this.#handled = false;
      const message = new IncomingMessage(this, type);
      this.#message = message;
      message.push(payload, final);
      this.#owner.streamCame(message, () => {
        this.#handled = true;
        message.handled();
        this.progressed();
      });
    }
    this.progressed();
  }

  /** Nothing more comes. */
  closed(event: CloseEvent): void {
    this.#closed = true;
    this.#message?.cut(event);
    this.progressed();
  }

  /** Decides whether what comes next has to wait. */
  progressed(): void {
    const message = this.#message;
    if (message === undefined) return;
    if (this.#closed) this.#toHold(!this.#handled);
    else if (this.#whole) this.#toHold(!this.#finished(message));
    else if (message.heldBytes >= HIGH_WATER_BYTES) this.#toHold(true);
    else if (message.heldBytes <= LOW_WATER_BYTES) this.#toHold(false);
  }

  /** Whether the next message may begin. */
  #finished(message: IncomingMessage): boolean {
    if (!this.#handled || !message.over) return false;
    this.#message = undefined;
    return true;
  }

  #toHold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    if (held) this.#owner.hold();
    // The reader's call returns before the next events are reported.
    else queueMicrotask(() => this.#owner.release());
  }
}
