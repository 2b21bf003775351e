// The rules of a frame header (RFC 6455 section 5.2), and the lengths in it.

import {
  BINARY,
  CLOSE,
  CONTINUATION,
  CONTROL_BIT,
  DECODE_FROM_SERVER,
  DECODE_RSV1,
  FIN,
  LENGTH_16,
  LENGTH_BITS,
  MASK,
  MAX_CONTROL_PAYLOAD_BYTES,
  MAX_LENGTH_7,
  MAX_LENGTH_16,
  OPCODE_BITS,
  RSV_BITS,
  RSV1,
  TEXT,
  VIOLATION_CLOSE_LENGTH,
  VIOLATION_CONTROL_FRAGMENTED,
  VIOLATION_CONTROL_TOO_LONG,
  VIOLATION_EXPECTED_CONTINUATION,
  VIOLATION_LENGTH_NOT_MINIMAL,
  VIOLATION_LENGTH_TOP_BIT,
  VIOLATION_MASKED,
  VIOLATION_MESSAGE_TOO_LONG,
  VIOLATION_NOT_MASKED,
  VIOLATION_RESERVED_BITS,
  VIOLATION_RESERVED_OPCODE,
  VIOLATION_TOO_MANY_FRAGMENTS,
  VIOLATION_UNEXPECTED_CONTINUATION,
} from "./layout";

/** 2^53 - 1, the largest integer that JavaScript counts to. */
const MAX_SAFE_LENGTH: u64 = 0x1fffffffffffff;

/** The result of `headerViolation` >>> this: the offset of the offending byte in the frame. */
export const VIOLATION_OFFSET_SHIFT: u32 = 8;
/** The result of `headerViolation` & this: VIOLATION_…, or 0. */
export const VIOLATION_BITS: u32 = 0xff;

export function isControl(firstByte: u32): bool {
  return (firstByte & CONTROL_BIT) !== 0;
}

/** Whether RSV1 is the only reserved bit that is set, on the first frame of a message (RFC 7692 section 6). */
function beginsCompressed(byte: u32): bool {
  const opcode = byte & OPCODE_BITS;
  return (byte & RSV_BITS) === RSV1 && (opcode === TEXT || opcode === BINARY);
}

/**
 * Checks FIN, RSV1-3 and the opcode against the message that is open.
 * @param message - 0 if no message is open
 * @param fragments - frames of that message so far
 * @returns the violation, or 0
 */
function firstByteViolation(byte: u32, flags: u32, message: u32, fragments: u32, maxFragments: u32): u32 {
  const opcode = byte & OPCODE_BITS;
  // "If a nonzero value is received and none of the negotiated extensions defines the meaning of such a nonzero value,
  // the receiving endpoint MUST _Fail the WebSocket Connection_."
  if (byte & RSV_BITS && !(flags & DECODE_RSV1 && beginsCompressed(byte))) return VIOLATION_RESERVED_BITS;
  // "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_."
  if ((opcode & 7) > 2) return VIOLATION_RESERVED_OPCODE;
  if (isControl(byte)) {
    // Section 5.5: "All control frames […] MUST NOT be fragmented."
    return byte & FIN ? 0 : VIOLATION_CONTROL_FRAGMENTED;
  }
  // Section 5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another message".
  if (opcode === CONTINUATION) {
    if (!message) return VIOLATION_UNEXPECTED_CONTINUATION;
  } else if (message) {
    return VIOLATION_EXPECTED_CONTINUATION;
  }
  return fragments >= maxFragments ? VIOLATION_TOO_MANY_FRAGMENTS : 0;
}

/**
 * Checks the mask bit and the 7-bit length.
 * @param messageLength - payload bytes of the open message so far
 * @returns the violation, or 0
 */
function secondByteViolation(first: u32, byte: u32, flags: u32, messageLength: u64, maxLength: u64): u32 {
  // Section 5.1: "The server MUST close the connection upon receiving a frame that is not masked. […] A client MUST
  // close a connection if it detects a masked frame."
  if (flags & DECODE_FROM_SERVER) {
    if (byte & MASK) return VIOLATION_MASKED;
  } else if (!(byte & MASK)) {
    return VIOLATION_NOT_MASKED;
  }
  const length = byte & LENGTH_BITS;
  if (isControl(first)) {
    // Section 5.5: "All control frames MUST have a payload length of 125 bytes or less".
    if (length > u32(MAX_CONTROL_PAYLOAD_BYTES)) return VIOLATION_CONTROL_TOO_LONG;
    // Section 5.5.1: "the first two bytes of the body MUST be a 2-byte unsigned integer".
    return length === 1 && (first & OPCODE_BITS) === CLOSE ? VIOLATION_CLOSE_LENGTH : 0;
  }
  return length <= u32(MAX_LENGTH_7) && messageLength + length > maxLength ? VIOLATION_MESSAGE_TOO_LONG : 0;
}

/**
 * Checks an extended payload length, all of whose bytes have arrived.
 * @param messageLength - payload bytes of the open message so far
 * @returns the violation, or 0
 */
function extendedLengthViolation(length: u64, second: u32, messageLength: u64, maxLength: u64): u32 {
  // "the most significant bit MUST be 0"
  if (length >> 63) return VIOLATION_LENGTH_TOP_BIT;
  // "the minimal number of bytes MUST be used to encode the length"
  const least: u64 = (second & LENGTH_BITS) === LENGTH_16 ? MAX_LENGTH_7 + 1 : MAX_LENGTH_16 + 1;
  if (length < least) return VIOLATION_LENGTH_NOT_MINIMAL;
  return length > MAX_SAFE_LENGTH || messageLength + length > maxLength ? VIOLATION_MESSAGE_TOO_LONG : 0;
}

/**
 * Checks the part of the header at `ptr` that has arrived. A bad byte fails at once, before the bytes behind it arrive.
 * @param available - bytes from `ptr` on, at least 1
 * @returns 0, or the violation with the offset of the offending byte above it
 */
export function headerViolation(
  ptr: usize,
  available: usize,
  flags: u32,
  message: u32,
  messageLength: u64,
  maxLength: u64,
  fragments: u32,
  maxFragments: u32,
): u32 {
  const first: u32 = load<u8>(ptr);
  const inFirst = firstByteViolation(first, flags, message, fragments, maxFragments);
  if (inFirst) return inFirst;
  if (available < 2) return 0;
  const second: u32 = load<u8>(ptr, 1);
  const inSecond = secondByteViolation(first, second, flags, messageLength, maxLength);
  if (inSecond) return inSecond | (1 << VIOLATION_OFFSET_SHIFT);
  if ((second & LENGTH_BITS) <= u32(MAX_LENGTH_7) || available < 2 + extendedBytes(second)) return 0;
  const inLength = extendedLengthViolation(payloadLength(ptr), second, messageLength, maxLength);
  return inLength ? inLength | (2 << VIOLATION_OFFSET_SHIFT) : 0;
}

/** Length of the header at `ptr`; more than `available` if the header is not complete. */
export function headerLength(ptr: usize, available: usize): usize {
  if (available < 2) return 2;
  const second: u32 = load<u8>(ptr, 1);
  return 2 + extendedBytes(second) + (second & MASK ? 4 : 0);
}

/** The payload length in the header at `ptr`; on the wire it is big-endian. */
export function payloadLength(ptr: usize): u64 {
  const length: u32 = load<u8>(ptr, 1) & LENGTH_BITS;
  if (length <= u32(MAX_LENGTH_7)) return length;
  return length === LENGTH_16 ? u64(bswap<u16>(load<u16>(ptr, 2))) : bswap<u64>(load<u64>(ptr, 2));
}

/** Bytes of the extended payload length that follow the second byte. */
function extendedBytes(second: u32): usize {
  const length = second & LENGTH_BITS;
  if (length <= u32(MAX_LENGTH_7)) return 0;
  return length === LENGTH_16 ? 2 : 8;
}
