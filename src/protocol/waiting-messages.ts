// Whole messages that wait for the end of a fragmented one. Section 5.4: "The fragments of one message MUST NOT be
// interleaved between the fragments of another message unless an extension has been negotiated that can interpret the
// interleaving."
import type { FramedMessage } from "./prepared-message.js";

/** The messages that wait, in order. */
export class WaitingMessages {
  #messages: FramedMessage[] = [];
  #bytes = 0;
  #droppedBytes = 0;

  /** Their bytes, with one header for each. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of messages that were dropped. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /** Drops all messages. */
  drop(): void {
    this.#messages = [];
    this.#droppedBytes += this.#bytes;
    this.#bytes = 0;
  }

  add(message: FramedMessage): void {
    this.#messages.push(message);
    this.#bytes += message.serverFrame.length;
  }

  [Symbol.iterator](): Iterator<FramedMessage> {
    return this.#messages.values();
  }
}
