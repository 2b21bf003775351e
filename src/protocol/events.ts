// The events of a connection, and the interface that receives them.
import { CloseCode } from "./close-code.js";
import type { Failure } from "./errors.js";

/** Whether a message's payload is UTF-8 text or bytes. */
export type MessageType = "text" | "binary";

/** The end of a connection. It is reported exactly once, as the last event. */
export interface CloseEvent {
  /** Tells this event from the others. */
  readonly type: "close";
  /** Status code of the Close frame that came; 1005 if it had none, 1006 if none came (section 7.1.5). */
  readonly code: number;
  /** Reason of the Close frame that came, or "". */
  readonly reason: string;
  /** Whether both Close frames were exchanged (section 7.1.4). */
  readonly wasClean: boolean;
  /** The failure, if this endpoint failed the connection. */
  readonly failure?: Failure;
  /**
   * Why the transport ended without a closing handshake or a failure, if that is known: the system's error
   * (`ECONNRESET` and the like), or a time-out that ran out. Only from an adapter.
   */
  readonly cause?: unknown;
  /**
   * Bytes of messages and other frames that were sent and that the operating system never took, about: mostly 0. Bytes
   * that it took may be lost as well. Only from an adapter.
   */
  readonly unsentBytes?: number;
}

/** The end of a connection without the peer's Close frame: its transport ended, or this endpoint failed it. */
export function abnormalClose(failure?: Failure): CloseEvent {
  const event = { type: "close", code: CloseCode.ABNORMAL, reason: "", wasClean: false } as const;
  return failure === undefined ? event : { ...event, failure };
}

/** An event that `Connection.receive` reports. Its payload belongs to the application. */
export type ConnectionEvent = TextEvent | Utf8Event | BinaryEvent | FragmentEvent | ControlEvent | CloseEvent;

/** A message of text. */
export interface TextEvent {
  /** Tells this event from the others. */
  readonly type: "text";
  /** The message. */
  readonly text: string;
}

/** A message of text, with the option `textType: "bytes"`. */
export interface Utf8Event {
  /** Tells this event from the others. */
  readonly type: "utf8";
  /** The message, which is valid UTF-8. */
  readonly payload: Uint8Array;
}

/** A message of bytes. */
export interface BinaryEvent {
  /** Tells this event from the others. */
  readonly type: "binary";
  /** The message. */
  readonly payload: Uint8Array;
}

/** A ping, whose pong is sent by the connection unless `autoPong` is false, or a pong. */
export interface ControlEvent {
  /** Tells this event from the others. */
  readonly type: "ping" | "pong";
  /** At most 125 bytes. */
  readonly payload: Uint8Array;
}

/** A part of a message, when messages are received in fragments. */
export interface FragmentEvent {
  /** Tells this event from the others. */
  readonly type: "fragment";
  /** The type of the message that it is a part of. */
  readonly messageType: MessageType;
  /** The bytes of the part; those of text are valid UTF-8 so far but may end inside of a character. */
  readonly payload: Uint8Array;
  /** Whether the message ends here. */
  readonly final: boolean;
}

/**
 * The handlers to which an endpoint reports its events. They are called in the order of the wire, while the bytes are
 * being received. One that throws ends the decoding: the connection fails with 1011, and the exception reaches the
 * caller of `receive`.
 */
export interface EndpointSink {
  /** A message of text came: a string, or with the option `textType: "bytes"` a payload as with `onBinary`. */
  onText(text: string | Uint8Array): void;
  /** With `borrow`, the payload is valid until the handler returns; else the handler owns it. */
  onBinary(payload: Uint8Array): void;
  /** Only with `fragments`; the payload as with `onBinary`. */
  onFragment(payload: Uint8Array, type: MessageType, final: boolean): void;
  /** A ping came. Its pong is sent by the endpoint, unless `autoPong` is false. */
  onPing(payload: Uint8Array): void;
  /** A pong came, as an answer to a ping or unsolicited. */
  onPong(payload: Uint8Array): void;
  /** The closing handshake is over, or the connection failed. Called once, the last call. */
  onClose(event: CloseEvent): void;
}
