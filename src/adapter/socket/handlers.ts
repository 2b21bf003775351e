// The public interface of a socket, and of the handlers that an application gives.
import type { Bytes } from "../../protocol/arguments.js";
import type { EndpointState, Role, TextType } from "../../protocol/endpoint-options.js";
import type { CloseEvent, MessageType } from "../../protocol/events.js";
import type { CompressionTotals } from "../../protocol/extensions/message-path.js";
import type { PreparedMessage } from "../../protocol/prepared-message.js";
import type { SendOptions } from "../../protocol/send-options.js";
import type { AsyncDisposal } from "../async-disposal.js";
import type { HandshakeResponse } from "../handshake-response.js";
import type { MessageStream } from "./message-stream.js";
import type { PartStream } from "./part-source.js";

/**
 * The result of `send`. `"sent"`: the message was queued or written. `"buffered"`: likewise, but the peer reads more
 * slowly than this side writes, so wait for `drain` before sending more. `"dropped"`: the message was not sent, because
 * the connection is no longer open or the back-pressure limit is reached.
 */
export type SendResult = "sent" | "buffered" | "dropped";

/** Why published messages did not reach a subscriber. */
export type GapReason = "slow";

/** One WebSocket connection, of a server or a client. */
export interface Socket<Data = unknown> extends AsyncDisposal {
  /** A number that is unique among the sockets of this process. */
  readonly id: number;
  /** The role of this side in the opening handshake. */
  readonly role: Role;
  /**
   * The application's own data. It is undefined, also where its type excludes that, unless the option `data` or a
   * server's hook `upgrade` sets it.
   */
  data: Data;
  /** The subprotocol that was agreed on, or "". */
  readonly protocol: string;
  /**
   * The extensions that were agreed on, as the answer of the opening handshake names them, or "": with the option
   * `compression`, `permessage-deflate` and its parameters.
   */
  readonly extensions: string;
  /** The peer's IP address, or "" for a Unix socket. */
  readonly remoteAddress: string;
  /** On a client, the server's response to the opening handshake, with status 101; undefined on a server. */
  readonly response: HandshakeResponse | undefined;
  /** The state of the connection. It is `"closed"` when the transport is gone. */
  readonly state: EndpointState;
  /** Bytes that were sent and that the operating system has not taken yet, headers of frames included. */
  readonly bufferedAmount: number;
  /**
   * What compression has done for the connection so far, with the option `compression`; undefined if it was not agreed
   * on. Each access gives a copy, also after the end.
   */
  readonly compression: CompressionTotals | undefined;

  /**
   * The topics that the socket is subscribed to, as they are now. They are still there when the handler `close` is
   * called. Only the sockets of servers have topics.
   */
  readonly topics: readonly string[];

  /**
   * Has the socket get what its server publishes to a topic from now on.
   * @param topic - any text of 1 to 255 bytes of UTF-8. No character has a meaning of its own
   * @returns false if the socket was subscribed already, or is gone
   * @throws RangeError for a topic of another length, or more topics than `maxTopics`; TypeError for other types and for
   * text with a lone surrogate; InvalidStateError on a client's socket
   */
  subscribe(topic: string): boolean;
  /**
   * Undoes {@link subscribe}. What was published before still arrives.
   * @returns whether the socket was subscribed
   */
  unsubscribe(topic: string): boolean;
  /**
   * Sends a message: a string as text, bytes as binary unless `{ type: "text" }` says that they are text. While a
   * fragmented message is being sent, whole messages wait behind its last fragment, as copies. `bufferedAmount` and the
   * limit `maxBackpressureBytes` count them. They are dropped if the connection closes before.
   * @param message - 32 KiB of bytes or more may be sent without a copy: do not change them before `bufferedAmount` is
   * 0. If their memory is transferred or detached before they are written, the connection fails with 1011. Shorter ones
   * are copied
   * @param options - the type of bytes, and whether the message may be compressed. A `PreparedMessage` has its own type
   * @throws TypeError for a message that is neither a string nor bytes, a string with type "binary", or text that is
   * not UTF-8
   */
  send(message: string | Bytes | PreparedMessage, options?: SendOptions): SendResult;
  /**
   * Sends one fragment of a message (RFC 6455 section 5.4). The first fragment decides the type of the message. Text
   * may be cut anywhere, inside of a character too.
   * @param final - whether it is the last fragment
   * @param options - the type of bytes, if they are text: `{ type: "text" }`
   * @throws TypeError for a fragment of another kind than those before it, or for text that is not UTF-8
   */
  sendFragment(part: string | Bytes, final: boolean, options?: SendOptions): SendResult;
  /**
   * Sends a message from a `ReadableStream` or another asynchronous iterable, such as a generator or a file: each part
   * is sent when it comes, and the next one is asked for when the peer has made room. Messages of `send` wait behind it.
   *
   * Do not await it in a handler `stream`, nor in any handler with the option `sequential`: the peer's Close frame, its
   * pings and its messages would be seen when the transfer is over. Start it, and catch its rejection. Only a relay, which
   * sends the message that the handler `stream` got, awaits it.
   * @param stream - its parts are strings, for a message of text, or bytes
   * @param options - the type of bytes, if they are text: `{ type: "text" }`
   * @returns a promise that resolves when all was handed over. It rejects with an `IncompleteMessageError` when the
   * connection closes before, and the stream is cancelled; with the error of a stream that fails, or the TypeError of
   * a part that cannot be sent, and the connection fails with 1011; and with an `InvalidStateError` while another
   * message is being sent in parts. A rejection for the end of the connection need not be handled
   */
  sendStream(stream: PartStream, options?: SendOptions): Promise<void>;
  /** Sends a ping with at most 125 bytes, or a string in UTF-8. Those of the peer are answered, unless `autoPong` is false. */
  ping(payload?: string | Bytes): SendResult;
  /** Sends a pong with at most 125 bytes: an unsolicited one, or with `autoPong: false` the answer to a ping. */
  pong(payload?: string | Bytes): SendResult;
  /**
   * Offers all pending output to the operating system now. Without this call, output leaves at the end of the read that
   * is being handled, or of the turn of the event loop: call it before long computations, or before `process.exit()`.
   * Output that the system does not take still waits, and `bufferedAmount` counts it.
   */
  flush(): void;
  /**
   * Starts the closing handshake. Does nothing if it has begun.
   * @param code - a status code that may be sent (RFC 6455 section 7.4). Default: a Close frame without a code
   * @param reason - at most 123 bytes of UTF-8
   * @throws RangeError for a code that must not be sent, or a reason that is too long; TypeError for other types
   */
  close(code?: number, reason?: string): void;
  /** Ends the transport at once, without a closing handshake. Output that waits is dropped. */
  terminate(): void;
  /**
   * Stops reading, so that TCP makes the peer wait. Messages of the chunk that is being handled still arrive. Until
   * `resume`, silence of the peer is not taken for a failure, and its end is not noticed. Does nothing once the
   * connection is closing; closing resumes reading.
   */
  pause(): void;
  /** Resumes reading after {@link pause}. */
  resume(): void;
}

/** A message as the handler `message` gets it. */
export type MessageData<
  Text extends TextType = TextType,
  Payload extends Uint8Array = Uint8Array,
> = Text extends "bytes" ? Payload : string | Payload;

/**
 * The handlers that servers and clients have in common.
 * @typeParam Data - the type of the sockets' `data`
 * @typeParam Text - the option `textType`: with `"bytes"`, `message` gets bytes only
 * @typeParam Payload - the class of bytes, which depends on the runtime
 */
export interface ConnectionHandlers<
  Data = unknown,
  Text extends TextType = TextType,
  Payload extends Uint8Array = Uint8Array,
> {
  /**
   * A message came: a string if it is text, unless the option `textType` is "bytes", else bytes.
   * @param data - bytes belong to the handler, unless the option `borrow` is set. Their `buffer` holds nothing of other
   * connections or other reads, but it may hold other messages of up to 32 KiB that came in the same read, 64 KiB in
   * all. So use `byteOffset`, a multiple of 8, and `length`; and copy bytes before you transfer their buffer to a
   * worker or a byte stream: `new Uint8Array(data)`
   */
  message?(socket: Socket<Data>, data: MessageData<Text, Payload>, type: MessageType): unknown;
  /**
   * A part of a message came, as it arrived from the network: with `deliver: "fragment"`, instead of `message`.
   * @param payload - that of text may end inside of a character
   * @param final - whether the message ends here
   */
  fragment?(socket: Socket<Data>, payload: Payload, type: MessageType, final: boolean): unknown;
  /**
   * A message began: with `deliver: "stream"`, instead of `message`.
   * @param message - must be read, or its reading must have begun, before the handler returns or its promise settles:
   * else the message is discarded. The next message begins when this one was read to its end or discarded, and the
   * promise has settled
   */
  stream?(socket: Socket<Data>, message: MessageStream<Payload>): unknown;
  /** A ping came. Its pong is sent automatically, unless `autoPong` is false. */
  ping?(socket: Socket<Data>, payload: Payload): unknown;
  /** A pong came, as an answer to a ping or unsolicited. */
  pong?(socket: Socket<Data>, payload: Payload): unknown;
  /** All output that `send` had reported as `"buffered"` was written. */
  drain?(socket: Socket<Data>): unknown;
  /** The connection is closed and its transport has ended. Called once, as the last call for this socket. */
  close?(socket: Socket<Data>, event: CloseEvent): unknown;
  /**
   * A handler, `upgrade` or `fetch` threw, or wsimd has a bug or no memory. Without this handler, the exception goes to
   * `console.error`. Failures of a connection, such as a reset, are not errors: the `close` event reports them.
   * @param socket - undefined if the exception belongs to no socket
   */
  error?(socket: Socket<Data> | undefined, error: unknown): unknown;
}

/**
 * The handlers of an application: one object for all sockets of a server or client. A handler may be asynchronous. One
 * that throws, or whose promise is rejected, closes its connection with 1011, and `error` is told.
 * @typeParam Data - the type of the sockets' `data`
 * @typeParam Text - the option `textType`: with `"bytes"`, `message` gets bytes only
 * @typeParam Payload - the class of bytes, which depends on the runtime
 */
export interface Handlers<
  Data = unknown,
  Text extends TextType = TextType,
  Payload extends Uint8Array = Uint8Array,
> extends ConnectionHandlers<Data, Text, Payload> {
  /** The connection is open. */
  open?(socket: Socket<Data>): unknown;
}

/** The handler that only the sockets of servers need. */
export interface SubscriberHandlers<Data = unknown> {
  /**
   * Messages that were published to a topic were left out for this socket, which can be sent to again.
   * @param reason - `"slow"`: it did not take them, with `slowSubscribers: "skip"`
   */
  gap?(socket: Socket<Data>, topic: string, reason: GapReason): unknown;
}
