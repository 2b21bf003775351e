// The frame decoder: it turns the bytes of one read into records (RFC 6455 section 5).
//
// `decode` gets the address range of the bytes, which it may change. It goes over them once, frame by frame:
//
//     1. check the header, each field as soon as its bytes are there (header.ts)
//     2. unmask the payload where it stands (mask.ts)
//     3. validate it as UTF-8, if it is text and not compressed (utf8.ts)
//     4. write a record that says where the payload is
//
// Records. There is one for each frame, or for the part of it that this read holds. It has the opcode of the message,
// the address and length of the payload, and the number of payload bytes that are still to come. An empty frame that
// does not end its message has no record. When the table is full, `decode` stops with DECODED_MORE; its caller uses the
// records and calls again, from STATE_CONSUMED on. A broken rule ends the call with the record RECORD_VIOLATION, behind
// the records of everything valid before it.
//
// State. It is in local variables while `decode` runs. If the bytes end inside of a frame or a message, or the table is
// full, the variables are written to STATE_PTR. The caller keeps these bytes with the connection, and puts them back
// before it calls again, with DECODE_RESUME. The beginning of a header that the read has cut is part of the state. It
// is put in front of the next read (spill.ts), so that a header is always parsed in one piece.
//
// The path of whole messages. Most messages of clients are one frame of less than 64 KiB that a read holds completely.
// `wholeMessages` decodes runs of these in a small loop, which only checks whether a frame is one of these. It stops in
// front of any other frame, and of one that breaks a rule; the general path in `decode` takes over there. Compressed
// messages take the general path, too.

import {
  headerLength,
  headerViolation,
  isControl,
  payloadLength,
  VIOLATION_BITS,
  VIOLATION_OFFSET_SHIFT,
} from "./header";
import {
  DECODE_FROM_SERVER,
  DECODE_RESUME,
  DECODE_UNCHECKED_TEXT,
  DECODED_COUNT_SHIFT,
  DECODED_MORE,
  DECODED_PENDING,
  FIN,
  LENGTH_16,
  MAX_COUNTED_FRAGMENTS,
  MAX_LENGTH_7,
  MAX_LENGTH_16,
  MAX_RECORDS,
  OPCODE_BITS,
  RECORD_ASCII,
  RECORD_COMPRESSED,
  RECORD_END,
  RECORD_LENGTH,
  RECORD_VIOLATION,
  RECORDS_PTR,
  STATE_BAD_BYTE,
  STATE_CONSUMED,
  STATE_FRAGMENTS,
  STATE_FRAME,
  STATE_KEY,
  STATE_MESSAGE,
  STATE_MESSAGE_LENGTH,
  STATE_PTR,
  STATE_REMAINING,
  STATE_UTF8,
  TEXT,
  VIOLATION_INVALID_UTF8,
  VIOLATION_MESSAGE_TOO_LONG,
  VIOLATION_TOO_MANY_FRAGMENTS,
} from "./layout";
import { hasHighBit, maskAndTest, rotateKey } from "./mask";
import { restoreSpill, saveSpill } from "./spill";
import { INVALID, validateUtf8 } from "./utf8";

/**
 * From here on the table lacks room for the two records that a part of a frame may need: its valid text and a
 * violation.
 */
const RECORDS_FULL: usize = RECORDS_PTR + (MAX_RECORDS - 1) * RECORD_LENGTH;

/** A limit for `wholeMessages` that no frame meets. */
const NONE_WHOLE: i32 = -1;

/** See `Kernel.decode` in src/kernel/kernel.ts. */
export function decode(
  start: usize,
  end: usize,
  flags: u32,
  maxMessageBytes: f64,
  maxCompressedBytes: f64,
  maxFragments: u32,
): u32 {
  const fromServer = (flags & DECODE_FROM_SERVER) !== 0;
  const checked = (flags & DECODE_UNCHECKED_TEXT) === 0;
  const maxLength = wholeBytes(maxMessageBytes);
  const maxCompressed = wholeBytes(maxCompressedBytes);
  const whole = checked && !fromServer && maxFragments !== 0;
  const wholeLimit = whole ? <i32>min<u64>(maxLength, MAX_LENGTH_16) : NONE_WHOLE;
  let ptr = start;
  let record: usize = RECORDS_PTR;
  let result: u32 = 0;

  // The state, see layout.ts. `key` is rotated to the next payload byte.
  let frame: u32 = 0;
  let key: u32 = 0;
  let remaining: u64 = 0;
  let message: u32 = 0;
  let messageLength: u64 = 0;
  let fragments: u32 = 0;
  let utf8: u32 = 0;
  if (flags & DECODE_RESUME) {
    ptr = restoreSpill(start);
    frame = load<u32>(STATE_PTR + STATE_FRAME);
    key = load<u32>(STATE_PTR + STATE_KEY);
    remaining = u64(load<f64>(STATE_PTR + STATE_REMAINING));
    message = load<u32>(STATE_PTR + STATE_MESSAGE);
    messageLength = u64(load<f64>(STATE_PTR + STATE_MESSAGE_LENGTH));
    fragments = load<u32>(STATE_PTR + STATE_FRAGMENTS);
    utf8 = load<u32>(STATE_PTR + STATE_UTF8);
  }

  while (ptr < end) {
    if (record >= RECORDS_FULL) {
      result = DECODED_MORE;
      break;
    }
    // Between frames: read the next header.
    if (!remaining) {
      const walked = wholeMessages(ptr, end, record, message === 0 ? wholeLimit : NONE_WHOLE);
      if (walked !== record) {
        record = walked;
        ptr = recordEnd(record - RECORD_LENGTH);
        continue;
      }
      const available = end - ptr;
      // The first byte of a message says whether it is compressed.
      const compressed = (message ? message : load<u8>(ptr)) & RECORD_COMPRESSED;
      const violation = headerViolation(
        ptr,
        available,
        flags,
        message,
        messageLength,
        compressed ? maxCompressed : maxLength,
        fragments,
        maxFragments,
      );
      if (violation) {
        const at = ptr + (violation >> VIOLATION_OFFSET_SHIFT);
        const kind = violation & VIOLATION_BITS;
        if (kind !== VIOLATION_MESSAGE_TOO_LONG && kind !== VIOLATION_TOO_MANY_FRAGMENTS)
          return fail(record, at, kind);
        // Not as integers: JavaScript adds lengths above 2^53 with this rounding.
        if (kind === VIOLATION_MESSAGE_TOO_LONG)
          messageLength = u64(f64(messageLength) + f64(payloadLength(ptr)));
        fragments = min<u32>(fragments + 1, MAX_COUNTED_FRAGMENTS);
        record = write(record, RECORD_VIOLATION, at, 0, kind);
        ptr = at;
        result = DECODED_PENDING;
        break;
      }
      const header = headerLength(ptr, available);
      // The rest of the header comes with the next read.
      if (header > available) break;
      frame = load<u8>(ptr);
      remaining = payloadLength(ptr);
      ptr += header;
      if (!fromServer) key = load<u32>(ptr - 4);
      if (!isControl(frame)) {
        if (frame & OPCODE_BITS) message = frame & (OPCODE_BITS | RECORD_COMPRESSED);
        messageLength += remaining;
        fragments = min<u32>(fragments + 1, MAX_COUNTED_FRAGMENTS);
      }
    }

    // The part of the payload that this read holds.
    const length: usize = remaining < u64(end - ptr) ? usize(remaining) : end - ptr;
    const left = remaining - length;
    const control = isControl(frame);
    const ends = !left && (frame & FIN) !== 0;
    let info = control ? frame & OPCODE_BITS : message;
    const high = fromServer ? info === TEXT && hasHighBit(ptr, length) : maskAndTest(ptr, length, key);
    if (checked && info === TEXT) {
      if (utf8 | u32(high)) {
        const carry = validateUtf8(ptr, length, utf8);
        if (carry === INVALID) {
          const bad: usize = load<u32>(STATE_PTR + STATE_BAD_BYTE);
          return failText(record, ptr, bad, remaining);
        }
        // Section 8.1: "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not,
        // in fact, a valid UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_."
        if (ends && carry) return failText(record, ptr, ptr + length, remaining);
        utf8 = carry;
      } else {
        info |= RECORD_ASCII;
      }
    }
    if (ends) info |= RECORD_END;
    if (length || ends) record = write(record, info, ptr, length, left);
    ptr += length;
    remaining = left;
    if (left) {
      key = rotateKey(key, length);
    } else if (ends && !control) {
      message = 0;
      messageLength = 0;
      fragments = 0;
    }
  }

  store<u32>(STATE_PTR + STATE_CONSUMED, u32(result ? ptr : end));
  const spilled: usize = result ? 0 : end - ptr;
  if (spilled || remaining || message) result |= DECODED_PENDING;
  if (result) {
    saveSpill(ptr, spilled);
    store<u32>(STATE_PTR + STATE_FRAME, remaining ? frame : 0);
    store<u32>(STATE_PTR + STATE_KEY, remaining ? key : 0);
    store<f64>(STATE_PTR + STATE_REMAINING, f64(remaining));
    store<u32>(STATE_PTR + STATE_MESSAGE, message);
    store<f64>(STATE_PTR + STATE_MESSAGE_LENGTH, f64(messageLength));
    store<u32>(STATE_PTR + STATE_FRAGMENTS, fragments);
    store<u32>(STATE_PTR + STATE_UTF8, utf8);
  }
  return countTo(record) | result;
}

/**
 * Decodes masked messages of one whole frame each, for as long as one follows another. It stops at the first frame that
 * is of another kind, incomplete or invalid, and leaves its bytes as they were.
 * @param limit - the longest payload to take, NONE_WHOLE for none
 * @returns where the next record goes; the payload of the last record written ends where the next frame begins
 */
function wholeMessages(ptr: usize, end: usize, record: usize, limit: i32): usize {
  while (end - ptr >= 6 && record < RECORDS_FULL) {
    const head: u32 = load<u16>(ptr);
    // The mask bit is 0x80: without it the length is negative, and the frame is none of these.
    let length = <i32>(head >> 8) - 0x80;
    const opcode = (head & 0xff) - FIN;
    if (opcode - TEXT > 1 || length < 0) break;
    let payload = ptr + 6;
    if (length > <i32>MAX_LENGTH_7) {
      if (length !== LENGTH_16) break;
      length = bswap<u16>(load<u16>(ptr, 2));
      if (length <= <i32>MAX_LENGTH_7) break;
      payload = ptr + 8;
    }
    if (length > limit || payload + <usize>length > end) break;
    const key = load<u32>(payload - 4);
    ptr = payload;
    const high = maskAndTest(ptr, length, key);
    let info = opcode | RECORD_END;
    if (opcode === TEXT) {
      if (!high) {
        info |= RECORD_ASCII;
      } else if (validateUtf8(ptr, length, 0) !== 0) {
        // The payload is masked again, so that the general path can take the frame and report the bad byte.
        maskAndTest(ptr, length, key);
        break;
      }
    }
    store<u64>(record, u64(info) | (u64(ptr) << 32));
    store<u64>(record, u64(length), 8);
    record += RECORD_LENGTH;
    ptr += length;
  }
  return record;
}

/** The address behind the payload of a record. */
function recordEnd(record: usize): usize {
  return load<u32>(record, 4) + load<u32>(record, 8);
}

/** A limit as an integer: 2^53 and above, Infinity too, become the largest one, which no length exceeds. */
function wholeBytes(limit: f64): u64 {
  return limit < 9007199254740992.0 ? u64(limit) : u64.MAX_VALUE;
}

/** Writes the record at `record`. @returns where the next one goes */
function write(record: usize, info: u32, ptr: usize, length: usize, detail: u64): usize {
  const saturated: u64 = detail < 0xffffffff ? detail : 0xffffffff;
  store<u64>(record, u64(info) | (u64(ptr) << 32));
  store<u64>(record, u64(length) | (saturated << 32), 8);
  return record + RECORD_LENGTH;
}

/** Writes the record of a violation at `ptr`. @returns the result of `decode` */
function fail(record: usize, ptr: usize, violation: u32): u32 {
  store<u32>(STATE_PTR + STATE_CONSUMED, u32(ptr));
  return countTo(write(record, RECORD_VIOLATION, ptr, 0, violation));
}

/**
 * Writes a record of the text between `ptr` and a bad byte, if there is any, and the violation. RECORD_ASCII needs no
 * look at the carry: text that begins with the rest of a cut character begins with a byte above 0x7f.
 * @returns the result of `decode`
 */
function failText(record: usize, ptr: usize, bad: usize, remaining: u64): u32 {
  const length = bad - ptr;
  if (length) {
    const info = hasHighBit(ptr, length) ? TEXT : TEXT | RECORD_ASCII;
    record = write(record, info, ptr, length, remaining - length);
  }
  return fail(record, bad, VIOLATION_INVALID_UTF8);
}

function countTo(record: usize): u32 {
  return (u32(record - RECORDS_PTR) / RECORD_LENGTH) << DECODED_COUNT_SHIFT;
}
