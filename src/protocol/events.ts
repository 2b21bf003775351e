import type { Failure } from "./errors.js";

/** Whether a message's payload is UTF-8 text or bytes. */
export type MessageType = "text" | "binary";

/** How a connection ended. Reported exactly once, and nothing after it. */
export interface CloseEvent {
  readonly type: "close";
  /** Status code of the Close frame that came; 1005 if it had none, 1006 if none came (section 7.1.5). */
  readonly code: number;
  /** Reason of the Close frame that came, or "". */
  readonly reason: string;
  /** Whether both Close frames were exchanged (section 7.1.4). */
  readonly wasClean: boolean;
  /** What this endpoint failed the connection for, if it did. */
  readonly failure?: Failure;
}

/** What `Connection.receive` reports. Payloads are owned by who gets the event. */
export type ConnectionEvent =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "binary"; readonly payload: Uint8Array }
  | PieceEvent
  | { readonly type: "ping"; readonly payload: Uint8Array }
  | { readonly type: "pong"; readonly payload: Uint8Array }
  | CloseEvent;

/** A part of a message, when messages are received in pieces. */
export interface PieceEvent {
  readonly type: "piece";
  readonly messageType: MessageType;
  /** The bytes that are there; those of text are valid UTF-8 so far but may end inside of a character. */
  readonly payload: Uint8Array;
  /** Whether the message ends here. */
  readonly final: boolean;
}

/**
 * Where an endpoint pushes what it decodes. Handlers are called in the order of the wire, while the bytes are being
 * received. One that throws ends the decoding: the connection fails with 1011, and the exception reaches the caller of
 * `receive`.
 */
export interface EndpointSink {
  onText(text: string): void;
  /** With `borrow`, the payload is valid until the handler returns; else the handler owns it. */
  onBinary(payload: Uint8Array): void;
  /** Only with `pieces`; the payload as with `onBinary`. */
  onPiece(payload: Uint8Array, type: MessageType, final: boolean): void;
  /** A ping came; its pong is sent without any help. */
  onPing(payload: Uint8Array): void;
  onPong(payload: Uint8Array): void;
  /** The closing handshake is over, or the connection failed. Called once, the last call. */
  onClose(event: CloseEvent): void;
}
