// A message that is received as a stream: its pieces wait until the application takes them.
import { TextDecoder } from "../../host/text-coders.js";
import { totalLength } from "../../host/total-length.js";
import { InvalidStateError } from "../../protocol/errors.js";
import type { CloseEvent, MessageType } from "../../protocol/events.js";

/**
 * A message that is read while it arrives, once: by a loop, by {@link readable}, {@link text} or {@link bytes}. A second
 * reader is an `InvalidStateError`. If the connection ends before the message, its reader gets an
 * `IncompleteMessageError`, behind the pieces that had arrived.
 * @typeParam Payload - the class of the pieces, which depends on the runtime
 */
export interface MessageStream<Payload extends Uint8Array = Uint8Array> {
  /** Whether the message is text or binary. */
  readonly type: MessageType;
  /**
   * The pieces as a stream. To cancel it discards the rest of the message.
   * @throws InvalidStateError if the message has another reader
   */
  readonly readable: ReadableStream<Payload>;
  /**
   * The pieces, which belong to the reader; those of text may end inside of a character. To leave a loop early discards
   * the rest of the message.
   */
  [Symbol.asyncIterator](): AsyncIterator<Payload, undefined>;
  /**
   * The whole message as a string, in memory that only `maxMessageBytes` bounds. Rejects with a TypeError for binary
   * messages that are not UTF-8.
   */
  text(): Promise<string>;
  /** The bytes of the whole message, in memory that only `maxMessageBytes` bounds. */
  bytes(): Promise<Payload>;
}

/** The error of a message whose connection ended before the message. */
export class IncompleteMessageError extends Error {
  /** `"IncompleteMessageError"`. */
  override readonly name = "IncompleteMessageError";

  /** @param cause - the close event, if there is one yet */
  constructor(cause: CloseEvent | undefined) {
    super("the connection ended before the message", cause === undefined ? undefined : { cause });
  }
}

/** The receiver of an {@link IncomingMessage}. */
export interface IncomingMessageOwner {
  /** Makes memory for a payload. */
  allocate(length: number): Uint8Array;
  /** Pieces were taken, or the message was read to its end, or it was discarded. */
  progressed(): void;
}

/** A call that waits for a piece. */
interface Waiting {
  readonly resolve: (piece: Uint8Array | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** A piece takes about this much memory besides its bytes. */
const PIECE_BYTES = 256;

/** The pieces of one message, and the one reader that takes them. */
export class IncomingMessage implements MessageStream {
  readonly type: MessageType;
  readonly #owner: IncomingMessageOwner;
  readonly #pieces: Uint8Array[] = [];
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  #readable: ReadableStream<Uint8Array> | undefined;
  /** Whether it has a reader, or had one. */
  #claimed = false;
  /** Whether it was read to its end, or discarded. */
  #over = false;
  /** Whether all pieces have arrived. */
  #whole = false;
  #error: Error | undefined;

  constructor(owner: IncomingMessageOwner, type: MessageType) {
    this.#owner = owner;
    this.type = type;
  }

  /** The memory of the pieces that wait, about. */
  get heldBytes(): number {
    return this.#bytes + PIECE_BYTES * this.#pieces.length;
  }

  /** Whether it was read to its end, or discarded. */
  get over(): boolean {
    return this.#over;
  }

  // ---- Calls of the receiver ----

  /** A piece came. */
  push(piece: Uint8Array, final: boolean): void {
    this.#whole = final;
    if (this.#over) return;
    if (piece.length > 0) this.#add(piece);
    if (final && this.#waiting.length > 0) this.#finish();
  }

  #add(piece: Uint8Array): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting.resolve(piece);
    else {
      this.#pieces.push(piece);
      this.#bytes += piece.length;
    }
  }

  /** The connection has ended. The pieces that came can still be read. */
  cut(event: CloseEvent): void {
    if (this.#whole || this.#over) return;
    this.#fail(new IncompleteMessageError(event));
  }

  #fail(error: Error): void {
    this.#error = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** Its handler has returned, or its promise has settled: nothing reads the message, unless that has begun. */
  handled(): void {
    if (this.#over) return;
    if (!this.#claimed) {
      this.#fail(new InvalidStateError("the message was discarded, because its handler has not read it"));
      this.#discard();
    } else if (this.#whole && this.#pieces.length === 0) this.#finish();
  }

  // ---- Readers ----

  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= this.#stream();
    return this.#readable;
  }

  #stream(): ReadableStream<Uint8Array> {
    this.#claim();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const piece = await this.#take();
          if (piece === undefined) controller.close();
          else controller.enqueue(piece);
        },
        cancel: () => this.#discard(),
      },
      { highWaterMark: 0 },
    );
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    this.#claim();
    return {
      next: async () => {
        const value = await this.#take();
        return value === undefined ? { done: true, value } : { done: false, value };
      },
      return: async () => {
        this.#discard();
        return { done: true, value: undefined };
      },
    };
  }

  async text(): Promise<string> {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
    let text = "";
    await this.#each((piece) => {
      text += decoder.decode(piece, { stream: true });
    });
    return text + decoder.decode(new Uint8Array(0));
  }

  async bytes(): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    await this.#each((piece) => void pieces.push(piece));
    const [only] = pieces;
    if (only !== undefined && pieces.length === 1) return only;
    const whole = this.#owner.allocate(totalLength(pieces));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /** Takes all pieces. A step that throws discards the rest. */
  async #each(step: (piece: Uint8Array) => void): Promise<void> {
    this.#claim();
    try {
      for (let piece = await this.#take(); piece !== undefined; piece = await this.#take()) step(piece);
    } finally {
      this.#discard();
    }
  }

  #claim(): void {
    if (this.#claimed) throw new InvalidStateError("the message has another reader");
    this.#claimed = true;
  }

  /** The next piece; undefined at the end. */
  #take(): Promise<Uint8Array | undefined> {
    const piece = this.#pieces.shift();
    if (piece !== undefined) {
      this.#bytes -= piece.length;
      this.#owner.progressed();
      return Promise.resolve(piece);
    }
    if (this.#error !== undefined) {
      this.#discard();
      return Promise.reject(this.#error);
    }
    if (this.#over) return Promise.resolve(undefined);
    if (this.#whole) {
      this.#finish();
      return Promise.resolve(undefined);
    }
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Drops all pieces, those that are still to come too. */
  #discard(): void {
    if (this.#over) return;
    this.#pieces.length = 0;
    this.#bytes = 0;
    this.#finish();
  }

  #finish(): void {
    this.#over = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve(undefined);
    this.#owner.progressed();
  }
}
