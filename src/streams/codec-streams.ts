// The codec of one connection as two pairs of streams.
import { type Bytes, isBytes } from "../protocol/arguments.js";
import { CloseCode } from "../protocol/close-code.js";
import type { ConnectionOptions } from "../protocol/connection.js";
import { BY_REFERENCE_BYTES } from "../protocol/encoder.js";
import { type EndpointState, ResolvedEndpointOptions } from "../protocol/endpoint-options.js";
import { EventCollector } from "../protocol/event-list.js";
import {
  abnormalClose,
  type CloseEvent,
  type ConnectionEvent,
  type MessageType,
  type Utf8Event,
} from "../protocol/events.js";
import { Machine } from "../protocol/machine.js";
import { PreparedMessage } from "../protocol/prepared-message.js";
import { Sender } from "../protocol/sender.js";
import { Conduit } from "./conduit.js";

/** Read when this module is loaded, so that fake timers of a test have no effect on it. */
const { setTimeout } = globalThis;

/** A part of a message; the first decides its type. */
export interface OutgoingFragment {
  /** Tells it from the others. */
  readonly type: "fragment";
  /** Text may be cut anywhere. */
  readonly part: string | Bytes;
  /** The type of a message of bytes. Default "binary". */
  readonly messageType?: MessageType | undefined;
  /** Whether the message may be compressed; the first part decides. Default true. */
  readonly compress?: boolean | undefined;
  /** Whether it is the last part. */
  readonly final: boolean;
}

/** A ping or a pong. The peer's pings are answered automatically, unless `autoPong` is false. */
export interface OutgoingControl {
  /** Which of the two. */
  readonly type: "ping" | "pong";
  /** At most 125 bytes, or a string in UTF-8. */
  readonly payload?: string | Bytes | undefined;
}

/** Starts the closing handshake. */
export interface OutgoingClose {
  /** Tells it from the others. */
  readonly type: "close";
  /** 1000-1003, 1007-1014 or 3000-4999; none by default. */
  readonly code?: number | undefined;
  /** At most 123 bytes of UTF-8; needs a code. */
  readonly reason?: string | undefined;
}

/**
 * The chunks of an encoder: a string, bytes or a prepared message is a message of its own; the objects stand for UTF-8
 * text, fragments, control frames and the closing handshake.
 */
export type OutgoingMessage =
  | string
  | Bytes
  | PreparedMessage
  | Utf8Event
  | OutgoingFragment
  | OutgoingControl
  | OutgoingClose;

/**
 * The codec of one connection as two pairs of streams, for pipes: `decoder` makes events from received bytes, and
 * `encoder` makes bytes from messages to be sent. Pongs and answers to Close frames leave by the encoder, too.
 *
 * ```ts
 * const { decoder, encoder } = new CodecStreams({ role: "server" });
 * readable.pipeThrough(decoder).pipeThrough(application).pipeThrough(encoder).pipeTo(writable);
 * ```
 *
 * Both ways hold one write at a time, until its results are read. The last event is that of the close; then
 * `decoder.readable` closes, and `encoder.readable` closes when all output is read.
 *
 * - A ping is answered when its event is read.
 * - A peer's violation is an event, and breaks no stream.
 * - `decoder.writable` closed before the closing handshake: a close event with 1006.
 * - `encoder.writable` closed: the closing handshake begins, with 1000; aborted: the connection fails with 1011.
 * - `decoder.readable` cancelled: a Close frame with 1001 leaves, and nothing more is decoded.
 * - A Close frame and a violation are answered behind the application's answers to earlier events: when
 *   `encoder.writable` is closed or aborted, or else when the close event was read and, one turn of the event loop
 *   later, no write waits.
 * - Messages that are written when the connection is no longer open are dropped. A message that can't be sent breaks
 *   the streams with a `TypeError`, `RangeError` or `InvalidStateError`.
 * @example
 * ```js
 * import { CodecStreams } from "wsimd/streams";
 *
 * const [client, server] = [new CodecStreams({ role: "client" }), new CodecStreams({ role: "server" })];
 * client.encoder.readable.pipeTo(server.decoder.writable);
 * const writer = client.encoder.writable.getWriter();
 * writer.write("hello");
 * const { value: event } = await server.decoder.readable.getReader().read();
 * console.log(event);
 * ```
 */
export class CodecStreams {
  /** From the peer's bytes to events. Chunks may be used again once their write is over. */
  readonly decoder: {
    /** Events. */
    readonly readable: ReadableStream<ConnectionEvent>;
    /** The peer's bytes. */
    readonly writable: WritableStream<Bytes>;
  };
  /** From messages to bytes for the peer, in memory that its reader owns. */
  readonly encoder: {
    /** Bytes for the peer. */
    readonly readable: ReadableStream<Uint8Array>;
    /** Messages. */
    readonly writable: WritableStream<OutgoingMessage>;
  };
  readonly #collector = new EventCollector();
  readonly #machine: Machine;
  readonly #sender: Sender;
  readonly #decoder: Conduit<Bytes, ConnectionEvent>;
  readonly #encoder: Conduit<OutgoingMessage, Uint8Array>;
  /**
   * Whether there is a close event. Until the connection concludes, the application may still answer earlier events.
   */
  #ending = false;
  /** The close event, which is answered when the connection concludes. */
  #unanswered: CloseEvent | undefined;

  /** @throws TypeError or RangeError for options that make no sense */
  constructor(options: ConnectionOptions) {
    this.#machine = new Machine(this.#collector, new ResolvedEndpointOptions(options, true));
    this.#sender = new Sender(this.#machine);
    this.#decoder = new Conduit({
      write: (chunk) => this.#receive(chunk),
      close: () => this.#ended(),
      abort: (reason) => this.#break(reason),
      cancel: (reason) => this.#leave(reason),
      hand: (event) => this.#hand(event),
    });
    this.#encoder = new Conduit({
      write: (message) => this.#send(message),
      close: () => this.#close(),
      abort: (reason) => this.#fail(reason),
      cancel: (reason) => this.#mute(reason),
      pull: () => this.#output(),
    });
    this.decoder = this.#decoder;
    this.encoder = this.#encoder;
  }

  /** The state of the connection. */
  get state(): EndpointState {
    return this.#machine.state;
  }

  // ---- From the peer ----

  #receive(chunk: Bytes): void {
    this.#machine.receive(chunk);
    this.#report();
  }

  /** Hands the collected events to the reader. */
  #report(): void {
    const events = this.#collector.take();
    this.#decoder.bring(events);
    const last = events.at(-1);
    if (last?.type === "close") this.#over(last);
  }

  /** The source of the bytes has ended. */
  #ended(): void {
    if (this.#ending) return;
    this.#decoder.bring([abnormalClose()]);
    this.#over();
  }

  /** The source of the bytes has failed. */
  #break(reason: unknown): void {
    this.#machine.end();
    this.#decoder.fail(reason);
    this.#encoder.fail(reason);
  }

  #hand(event: ConnectionEvent): void {
    if (event.type === "close") this.#concludeInSilence();
    if (event.type !== "ping") return;
    this.#machine.react(event);
    // Pongs stay with the endpoint, which bounds them, until the reader waits.
    if (this.#encoder.asked) this.#encoder.bring(this.#output());
  }

  /** The application wants no more events. */
  #leave(reason: unknown): void {
    this.#decoder.refuse(reason);
    if (!this.#ending) this.#machine.close(CloseCode.GOING_AWAY);
    this.#conclude();
  }

  // ---- The end ----

  /** @param unanswered - the close event, if it has no answer yet */
  #over(unanswered?: CloseEvent): void {
    this.#ending = true;
    this.#unanswered = unanswered;
    this.#decoder.finish();
    // Messages can no longer be written, so there is nothing to wait for.
    if (this.state !== "open") this.#conclude();
  }

  /** Concludes when one turn of the event loop has passed and no write of the application waits. */
  #concludeInSilence(): void {
    setTimeout(() => {
      const { write } = this.#encoder;
      if (write === undefined) this.#conclude();
      else write.then(() => this.#concludeInSilence());
    });
  }

  /** Answers the close event, and ends the output. */
  #conclude(): void {
    if (this.#unanswered !== undefined) this.#machine.react(this.#unanswered);
    this.#machine.end();
    this.#encoder.bring(this.#output());
    this.#encoder.finish();
  }

  // ---- To the peer ----

  /**
   * The output, in memory that its reader may keep or transfer. Long payloads are copied, because the outbox holds the
   * caller's own memory.
   * @param shared - whether other connections send the same memory
   */
  #output(shared = false): Uint8Array[] {
    this.#machine.settle();
    const chunks = this.#machine.outbox.take();
    return chunks.map((chunk) =>
      shared || chunk.length >= BY_REFERENCE_BYTES ? new Uint8Array(chunk) : chunk,
    );
  }

  #send(message: OutgoingMessage): void {
    if (this.state !== "open") return;
    if (typeof message === "string") this.#sender.text(message);
    else if (isBytes(message)) this.#sender.binary(message);
    else if (message instanceof PreparedMessage) this.#sender.prepared(message);
    else this.#sendOther(message);
    this.#encoder.bring(this.#output(message instanceof PreparedMessage));
    // The kernel may have trapped while the frame was built.
    this.#report();
  }

  #sendOther(message: Extract<OutgoingMessage, { readonly type: string }>): void {
    const sender = this.#sender;
    if (message?.type === "fragment")
      sender.fragment(message.part, message.final, {
        type: message.messageType,
        compress: message.compress,
      });
    else if (message?.type === "utf8") sender.text(message.payload);
    else if (message?.type === "ping") sender.ping(message.payload);
    else if (message?.type === "pong") sender.pong(message.payload);
    else if (message?.type === "close") this.#machine.close(message.code, message.reason);
    else throw new TypeError("a message is a string, bytes, or of a type that there is");
  }

  /** The application has no more messages. */
  #close(): void {
    if (this.#ending) this.#conclude();
    else if (this.state === "open") {
      this.#machine.close(CloseCode.NORMAL);
      this.#encoder.bring(this.#output());
    }
  }

  /** The application has failed. */
  #fail(reason: unknown): void {
    this.#decoder.refuse(reason);
    if (!this.#ending) {
      this.#machine.fail(CloseCode.INTERNAL_ERROR);
      this.#report();
    }
    this.#conclude();
  }

  /** Bytes for the peer are no longer read. */
  #mute(reason: unknown): void {
    this.#decoder.refuse(reason);
    this.#ended();
    this.#conclude();
  }
}
