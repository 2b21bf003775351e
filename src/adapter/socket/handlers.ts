import type { Bytes } from "../../protocol/arguments.js";
import type { EndpointState, Role } from "../../protocol/endpoint-options.js";
import type { CloseEvent, MessageType } from "../../protocol/events.js";
import type { PreparedMessage } from "../../protocol/prepared-message.js";
import type { HandshakeResponse } from "../handshake-response.js";

/**
 * What became of a message that was given to `send`: `"sent"`: it is on its way; `"buffered"`: so it is, but the peer reads
 * more slowly than this side writes, so wait for `drain`; `"dropped"`: it was not sent, for the connection is no longer open or the backpressure is full.
 */
export type SendResult = "sent" | "buffered" | "dropped";

/** One WebSocket connection, of a server or a client. */
export interface Socket<Data = unknown> {
  /** A number that no other socket of this process has. */
  readonly id: number;
  /** Which side of the opening handshake this is. */
  readonly role: Role;
  /**
   * Whatever the application keeps with the connection. Undefined, whatever its type, unless `upgrade` sets it, or as a client
   * the option `data`.
   */
  data: Data;
  /** The subprotocol that was agreed on, or "". */
  readonly protocol: string;
  /** The peer's IP address, or "" for a Unix socket. */
  readonly remoteAddress: string;
  /** As a client: the server's answer to the opening handshake, a 101 and its headers. Undefined as a server. */
  readonly response: HandshakeResponse | undefined;
  /** Where the connection stands. */
  readonly state: EndpointState;
  /** Bytes that were sent but not taken by the operating system yet. */
  readonly bufferedAmount: number;

  /**
   * Sends a message: text if it is a string, else binary, unless `type` says that the bytes are text.
   * @param message - bytes of 32 KiB or more may be sent without being copied: they must not change until
   * `bufferedAmount` is 0. If their memory is transferred or detached before they are written, the connection fails with 1011
   * @param type - what bytes are. Default "binary"; a `PreparedMessage` has its own
   * @throws InvalidStateError while a fragmented message is being sent
   * @throws TypeError if it is neither a string nor bytes, a string of type "binary", or text that is not UTF-8
   */
  send(message: string | Bytes | PreparedMessage, type?: MessageType): SendResult;
  /**
   * Sends a part of a message; the first decides its type. Text may be cut anywhere.
   * @param type - what bytes are. Default "binary"
   * @throws TypeError if the part is not like those before, of a type that it can't be, or text that is not UTF-8
   */
  sendFragment(part: string | Bytes, final: boolean, type?: MessageType): SendResult;
  /** Sends a ping of at most 125 bytes. Pings that come are answered without help. */
  ping(payload?: Bytes): SendResult;
  /**
   * Offers the operating system at once all that was sent. Without it, messages leave at the end of the turn or of the read
   * that is being handled: call it before work that keeps the event loop busy for long, or before `process.exit()`. What the
   * system does not take still waits: `bufferedAmount` tells.
   */
  flush(): void;
  /**
   * Starts the closing handshake; does nothing if it has begun.
   * @throws RangeError for a code that must not be sent or a reason over 123 bytes
   */
  close(code?: number, reason?: string): void;
  /** Ends the transport at once, without a closing handshake. */
  terminate(): void;
  /**
   * Reads no more, so that TCP makes the peer wait. Messages of the chunk that is being handled still arrive. Silence is
   * not held against the peer until `resume`, nor is its end noticed. Does nothing once the connection is closing, and
   * closing it goes on reading.
   */
  pause(): void;
  /** Reads on after {@link pause}. */
  resume(): void;
}

/**
 * What an application does about its sockets: one object for all of them. A handler that throws, or whose promise is
 * rejected, closes its connection with 1011, and `error` gets to know.
 */
export interface Handlers<Data = unknown> {
  /** The connection is open. */
  open?(socket: Socket<Data>): unknown;
  /**
   * A message, and its type: a string if it is text, unless the option `textType` is "bytes", else bytes (on Node a `Buffer`), which the
   * handler owns unless the option `borrow` is set. Nothing of other connections or of other reads is in its `buffer`; but messages
   * of up to 32 KiB that came in the same read may be, 64 KiB at most. So read it by its `byteOffset`, a multiple of 8, and `length`,
   * and copy what is to be transferred to a worker or a byte stream: `new Uint8Array(data)`.
   */
  message?(socket: Socket<Data>, data: string | Uint8Array, type: MessageType): unknown;
  /** Needs the option `fragments`, and the other way round: a part of a message. That of text may end inside of a character. */
  fragment?(socket: Socket<Data>, payload: Uint8Array, type: MessageType, final: boolean): unknown;
  /** A ping came. Its pong is sent without any help. */
  ping?(socket: Socket<Data>, payload: Uint8Array): unknown;
  /** A pong came, asked for or not. */
  pong?(socket: Socket<Data>, payload: Uint8Array): unknown;
  /** What was `"buffered"` has left. */
  drain?(socket: Socket<Data>): unknown;
  /** The connection is over and its transport has ended. Called once, the last call for this socket. */
  close?(socket: Socket<Data>, event: CloseEvent): unknown;
  /**
   * A handler threw, `upgrade` or `fetch` did, or wsimd has a bug or no memory. Without this handler, that goes to
   * `console.error`. What happens to a connection, a reset for instance, is no error: it is in the `close` event.
   */
  error?(socket: Socket<Data> | undefined, error: unknown): unknown;
}
