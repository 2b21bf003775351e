// The numbers of a frame's header: RFC 6455 section 5.2.
import * as layout from "../kernel/generated/layout.js";

export {
  FIN,
  LENGTH_16,
  LENGTH_64,
  LENGTH_BITS,
  MASK,
  MAX_CONTROL_PAYLOAD_BYTES,
  MAX_HEADER_BYTES,
  MAX_LENGTH_7,
  MAX_LENGTH_16,
  OPCODE_BITS,
  RSV_BITS,
  RSV1,
} from "../kernel/generated/layout.js";

/** Opcodes of RFC 6455 section 5.2. */
export const Opcode = {
  /** Continues the open message. */
  CONTINUATION: layout.CONTINUATION,
  /** Begins a message of text. */
  TEXT: layout.TEXT,
  /** Begins a message of bytes. */
  BINARY: layout.BINARY,
  /** Begins or ends the closing handshake. */
  CLOSE: layout.CLOSE,
  /** Asks for a pong. */
  PING: layout.PING,
  /** Answers a ping, or serves as an unsolicited heartbeat. */
  PONG: layout.PONG,
} as const;

/** A value of {@link Opcode:variable}. */
export type Opcode = (typeof Opcode)[keyof typeof Opcode];
