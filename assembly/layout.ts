// The numbers that the kernels share with the TypeScript above them: the frame on the wire, the memory map, the
// decoder's state, its records and its flags. The file holds plain numbers only, for two compilers read it:
// AssemblyScript, and TypeScript as the copy src/kernel/generated/layout.ts that the build makes. All addresses and
// sizes are in bytes.

// ---- A frame on the wire: RFC 6455 section 5.2 --------------------------------------------------------------------

/** First byte: this frame is the last of its message. */
export const FIN = 0x80;
/** First byte: RSV1, RSV2 and RSV3, which have a meaning only with an extension. */
export const RSV_BITS = 0x70;
/** First byte: RSV1. permessage-deflate sets it on the first frame of a compressed message (RFC 7692). */
export const RSV1 = 0x40;
/** First byte: the opcode. */
export const OPCODE_BITS = 0x0f;
/** Bit of the opcode that all control frames have, and no data frame. */
export const CONTROL_BIT = 0x08;

export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** Second byte: the payload is masked, and the header ends with the masking key. */
export const MASK = 0x80;
/** Second byte: the payload length, or LENGTH_16 or LENGTH_64. */
export const LENGTH_BITS = 0x7f;
/** The largest payload length that the second byte holds itself. */
export const MAX_LENGTH_7 = 125;
/** In place of a length: it follows in 16 bits. */
export const LENGTH_16 = 126;
/** In place of a length: it follows in 64 bits. */
export const LENGTH_64 = 127;
export const MAX_LENGTH_16 = 0xffff;
/** The longest payload of a control frame (section 5.5). */
export const MAX_CONTROL_PAYLOAD_BYTES = 125;
/** The longest header: two bytes, a 64-bit length and a masking key. */
export const MAX_HEADER_BYTES = 14;

// ---- Memory ---------------------------------------------------------------------------------------------------------

/**
 * Linear memory never grows, so that no view of it ever detaches. The codec uses 31 pages; those above them belong to
 * the deflate kernel (deflate/layout.ts). Pages that are never touched cost no memory.
 */
export const MEMORY_PAGES = 41;

/** Constant tables that are part of the binaries end below this address; the build checks it. */
export const STATIC_TABLES_END = 0x1000;
/** The end of the table that the SIMD kernel computes when it is instantiated. It begins at STATIC_TABLES_END. */
export const TABLES_END = 0x2000;

// ---- State: the variables that `decode` keeps from one call to the next -------------------------------------------
// Sixteen 32-bit words. `decode` writes them if it returns DECODED_PENDING or DECODED_MORE, and reads them if it is
// called with DECODE_RESUME. In between the caller keeps them with the connection.

export const STATE_PTR = 0x2000;
export const STATE_LENGTH = 64;
/** u32: bytes of a header that is not complete, 0 to 13. */
export const STATE_SPILL_LENGTH = 0;
/** u32: first byte of the frame whose payload is being received; 0 between frames. */
export const STATE_FRAME = 4;
/** u32: masking key, rotated to the next payload byte. */
export const STATE_KEY = 8;
/**
 * u32: opcode of the message being received, 1 or 2, with RECORD_COMPRESSED if it is compressed; 0 between messages.
 */
export const STATE_MESSAGE = 12;
/** f64: payload bytes of the current frame still to come; 0 between frames. */
export const STATE_REMAINING = 16;
/** f64: payload length of the current message's frames so far, the current frame counted whole. */
export const STATE_MESSAGE_LENGTH = 24;
/** u32: number of frames of the current message so far; it stops at MAX_COUNTED_FRAGMENTS. */
export const STATE_FRAGMENTS = 32;
/** u32: the unfinished UTF-8 sequence at the end of the text so far, as a carry (see utf8.ts); 0 between characters. */
export const STATE_UTF8 = 36;
/** The bytes of the header that is not complete. */
export const STATE_SPILL = 40;
/** u32, set by each call of `decode`: the address behind the last byte consumed. */
export const STATE_CONSUMED = 56;
/** u32, set by `validateUtf8` when it fails: the address of the first bad byte. */
export const STATE_BAD_BYTE = 60;

/** As the limit of fragments: there is none. */
export const UNLIMITED_FRAGMENTS = 0xffffffff;
export const MAX_COUNTED_FRAGMENTS = 0xfffffffe;

// ---- Records: the findings of `decode`, in the order of the wire ---------------------------------------------------
// Four 32-bit words each. `info` has the bits below. `ptr` and `length` are the payload's, or of the part of it that
// the read holds. `detail` is the number of bytes of the frame's payload that are still to come, 0xffffffff if they are
// more.

export const RECORDS_PTR = 0x3000;
export const RECORD_LENGTH = 16;
export const MAX_RECORDS = 4096;
/** info: the message's opcode (1, 2) or the control frame's (8, 9, 10). */
export const RECORD_OPCODE = 0x0f;
/** info: the record ends its message or control frame. */
export const RECORD_END = 0x10;
/** info: the text of this record is all ASCII, and the text before it ends with a whole character. */
export const RECORD_ASCII = 0x20;
/**
 * info: the record is of a message whose first frame had RSV1, which is the same bit. Its payload is compressed, and so
 * even that of a text message is not validated as UTF-8, and its records never have RECORD_ASCII.
 */
export const RECORD_COMPRESSED = 0x40;
/** info: the terminal record of a violation; ptr is the offending byte, detail a VIOLATION_… */
export const RECORD_VIOLATION = 0x80;

// ---- Windows ------------------------------------------------------------------------------------------------------
// Behind each are PADDING bytes, where vector loops may read and write beyond the end.

export const PADDING = 64;
/** Room in front of the read window, for the beginning of a header that the last read has cut. */
export const READ_HEADROOM = 64;
export const READ_WINDOW_PTR = 0x14000;
export const READ_WINDOW_LENGTH = 0x40000;
/** Frames to be sent are built in these. There are several because the operating system may still be reading some. */
export const WRITE_WINDOWS = 4;
export const WRITE_WINDOW_PTR = 0x55000;
export const WRITE_WINDOW_LENGTH = 0x40000;
export const WRITE_WINDOW_STRIDE = 0x40040;
/** A window for short-lived bytes: payloads to mask, UTF-8 to validate, frames while no write window is free. */
export const SCRATCH_WINDOW_PTR = 0x156000;
export const SCRATCH_WINDOW_LENGTH = 0x10000;
/** Received text is transcoded to UTF-16 here. */
export const WIDE_WINDOW_PTR = 0x167000;
export const WIDE_WINDOW_LENGTH = 0x80000;

// ---- Calling decode -----------------------------------------------------------------------------------------------

/** flags: go on with the state that the last call has written. */
export const DECODE_RESUME = 1;
/** flags: the frames come from a server and must not be masked; else from a client and must be. */
export const DECODE_FROM_SERVER = 2;
/**
 * flags: permessage-deflate was negotiated, so the first frame of a message may have RSV1. Continuations and control
 * frames may not: on them, as without this flag, the bit is VIOLATION_RESERVED_BITS.
 */
export const DECODE_RSV1 = 4;
/** flags: text is not validated as UTF-8, and its records never have RECORD_ASCII. */
export const DECODE_UNCHECKED_TEXT = 8;

/**
 * result: the bytes end inside of a frame or a message, so the state must be kept. It is also set by
 * VIOLATION_MESSAGE_TOO_LONG and VIOLATION_TOO_MANY_FRAGMENTS: then STATE_MESSAGE_LENGTH and STATE_FRAGMENTS count the
 * frame that exceeds the limit, too, except for the length of a frame that is one too many.
 */
export const DECODED_PENDING = 1;
/** result: the record table is full. Walk the records, then call again with the bytes from STATE_CONSUMED on. */
export const DECODED_MORE = 2;
/** result >>> this: the number of records. */
export const DECODED_COUNT_SHIFT = 2;

// ---- Violations, in the order in which `decode` looks for them -----------------------------------------------------

export const VIOLATION_RESERVED_BITS = 1;
export const VIOLATION_RESERVED_OPCODE = 2;
export const VIOLATION_CONTROL_FRAGMENTED = 3;
export const VIOLATION_UNEXPECTED_CONTINUATION = 4;
export const VIOLATION_EXPECTED_CONTINUATION = 5;
export const VIOLATION_TOO_MANY_FRAGMENTS = 6;
export const VIOLATION_NOT_MASKED = 7;
export const VIOLATION_MASKED = 8;
export const VIOLATION_CONTROL_TOO_LONG = 9;
export const VIOLATION_CLOSE_LENGTH = 10;
export const VIOLATION_LENGTH_TOP_BIT = 11;
export const VIOLATION_LENGTH_NOT_MINIMAL = 12;
export const VIOLATION_MESSAGE_TOO_LONG = 13;
export const VIOLATION_INVALID_UTF8 = 14;
