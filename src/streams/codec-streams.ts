import { type Bytes, isBytes } from "../protocol/arguments.js";
import { CloseCode } from "../protocol/close-code.js";
import { Connection, type ConnectionOptions } from "../protocol/connection.js";
import type { EndpointState } from "../protocol/endpoint-options.js";
import type { ConnectionEvent, MessageType, Utf8Event } from "../protocol/events.js";
import { PreparedMessage } from "../protocol/prepared-message.js";
import { Conduit } from "./conduit.js";

/** A part of a message; the first decides its type. */
export interface OutgoingFragment {
  /** Tells it from the others. */
  readonly type: "fragment";
  /** Text may be cut anywhere. */
  readonly part: string | Bytes;
  /** What bytes are. Default "binary". */
  readonly messageType?: MessageType;
  /** Whether it is the last. */
  readonly final: boolean;
}

/** A ping, or a pong that nobody asked for. Pings that come are answered without help. */
export interface OutgoingControl {
  /** Which of the two. */
  readonly type: "ping" | "pong";
  /** At most 125 bytes. */
  readonly payload?: Bytes;
}

/** Starts the closing handshake. */
export interface OutgoingClose {
  /** Tells it from the others. */
  readonly type: "close";
  /** 1000-1003, 1007-1014 or 3000-4999; none by default. */
  readonly code?: number;
  /** At most 123 bytes of UTF-8; needs a code. */
  readonly reason?: string;
}

/** What is written to an encoder: text, bytes or a prepared message, each a message of its own, text as UTF-8, or one of the others. */
export type OutgoingMessage =
  | string
  | Bytes
  | PreparedMessage
  | Utf8Event
  | OutgoingFragment
  | OutgoingControl
  | OutgoingClose;

/**
 * The codec of one connection as two pairs of streams, for pipes: `decoder` makes events of the bytes that come, `encoder` makes
 * bytes of the messages that go. Pongs and answers to Close frames leave by the encoder, too.
 *
 * ```ts
 * const { decoder, encoder } = new CodecStreams({ role: "server" });
 * readable.pipeThrough(decoder).pipeThrough(application).pipeThrough(encoder).pipeTo(writable);
 * ```
 *
 * Both ways hold one write at a time, and wait for whoever reads. The last event is that of the close; then `decoder.readable` closes,
 * and `encoder.readable` when what was sent is read.
 *
 * - A peer's violation is an event, and breaks no stream.
 * - `decoder.writable` closed before the closing handshake: a close event with 1006.
 * - `encoder.writable` closed: the closing handshake begins, with 1000; aborted: the connection fails with 1011.
 * - `decoder.readable` cancelled: a Close frame with 1001 leaves, and nothing more is decoded.
 * - A Close frame is answered when it is decoded, whatever is still on its way through the application.
 * - What is written when the connection is no longer open is dropped. A message that can't be sent breaks the streams with a
 *   `TypeError`, `RangeError` or `InvalidStateError`.
 */
export class CodecStreams {
  /** From the peer's bytes to events. Chunks may be used again once their write is over. */
  readonly decoder: ReadableWritablePair<ConnectionEvent, Bytes>;
  /** From messages to bytes for the peer, in memory that its reader owns. */
  readonly encoder: ReadableWritablePair<Uint8Array, OutgoingMessage>;
  readonly #connection: Connection;
  readonly #decoder: Conduit<Bytes, ConnectionEvent>;
  readonly #encoder: Conduit<OutgoingMessage, Uint8Array>;

  /** @throws TypeError or RangeError for options that make no sense */
  constructor(options: ConnectionOptions) {
    const connection = new Connection(options);
    this.#connection = connection;
    this.#decoder = new Conduit({
      write: (chunk) => this.#report(connection.receive(chunk)),
      close: () => this.#report(connection.end()),
      abort: (reason) => this.#break(reason),
      cancel: (reason) => this.#leave(reason),
    });
    this.#encoder = new Conduit({
      write: (message) => this.#send(message),
      close: () => this.#close(),
      abort: (reason) => this.#fail(reason),
      cancel: (reason) => {
        this.#decoder.refuse(reason);
        this.#report(connection.end());
      },
      pull: () => connection.takeOutput(),
    });
    this.decoder = this.#decoder;
    this.encoder = this.#encoder;
  }

  /** How far the connection is. */
  get state(): EndpointState {
    return this.#connection.state;
  }

  /** Hands on what the connection found, and what it has to say to the peer. */
  #report(events: readonly ConnectionEvent[]): void {
    this.#decoder.bring(events);
    // Pongs that nobody waits for are not made: the newest will do.
    if (this.#encoder.asked) this.#encoder.bring(this.#connection.takeOutput());
    if (this.#connection.closeExpected) this.#finish();
  }

  #finish(): void {
    this.#encoder.bring(this.#connection.takeOutput());
    this.#encoder.finish();
    this.#decoder.finish();
  }

  #send(message: OutgoingMessage): void {
    const connection = this.#connection;
    if (connection.state !== "open") return;
    if (typeof message === "string") connection.sendText(message);
    else if (isBytes(message)) connection.sendBinary(message);
    else if (message instanceof PreparedMessage) connection.sendPrepared(message);
    else this.#sendOther(message);
    this.#encoder.bring(connection.takeOutput());
  }

  #sendOther(message: Extract<OutgoingMessage, { readonly type: string }>): void {
    const connection = this.#connection;
    if (message?.type === "fragment")
      connection.sendFragment(message.part, message.final, message.messageType);
    else if (message?.type === "utf8") connection.sendText(message.payload);
    else if (message?.type === "ping") connection.ping(message.payload);
    else if (message?.type === "pong") connection.pong(message.payload);
    else if (message?.type === "close") connection.close(message.code, message.reason);
    else throw new TypeError("a message is a string, bytes, or of a type that there is");
  }

  /** The application has no more messages. */
  #close(): void {
    if (this.#connection.state !== "open") return;
    this.#connection.close(CloseCode.NORMAL);
    this.#encoder.bring(this.#connection.takeOutput());
  }

  /** The application broke. */
  #fail(reason: unknown): void {
    const events = this.#connection.fail(CloseCode.INTERNAL_ERROR);
    this.#decoder.refuse(reason);
    this.#report(events);
  }

  /** The application wants no more events. */
  #leave(reason: unknown): void {
    const connection = this.#connection;
    this.#decoder.refuse(reason);
    connection.close(CloseCode.GOING_AWAY);
    this.#report(connection.end());
  }

  /** What brings the bytes broke. */
  #break(reason: unknown): void {
    this.#connection.end();
    this.#decoder.fail(reason);
    this.#encoder.fail(reason);
  }
}
