// Numbers first: esbuild inlines those that only numbers precede.

/** The FIN bit of a frame's first byte. */
export const FIN = 0x80;
/** The mask bit of a frame's second byte. */
export const MASK = 0x80;
/** The longest payload of a control frame, in bytes (section 5.5). */
export const MAX_CONTROL_PAYLOAD_BYTES = 125;
/** The longest frame header: 2 bytes, a 64-bit length and a masking key. */
export const MAX_HEADER_BYTES = 14;

/** Opcodes of RFC 6455 section 5.2. */
export const Opcode = {
  /** Goes on with the message that is open. */
  CONTINUATION: 0x0,
  /** Begins a message of text. */
  TEXT: 0x1,
  /** Begins a message of bytes. */
  BINARY: 0x2,
  /** Begins or ends the closing handshake. */
  CLOSE: 0x8,
  /** Asks for a pong. */
  PING: 0x9,
  /** Answers a ping, or tells that its sender is there. */
  PONG: 0xa,
} as const;

/** One of {@link Opcode:variable}'s. */
export type Opcode = (typeof Opcode)[keyof typeof Opcode];
