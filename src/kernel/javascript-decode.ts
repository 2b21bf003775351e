// `decode` in plain JavaScript: the same checks in the same order, and the same records, as assembly/frames.ts, where
// decoding is described. The path of whole messages has no counterpart here.
import * as layout from "./generated/layout.js";
import { mask } from "./javascript-mask.js";
import { isAscii, validate } from "./javascript-utf8.js";
import { BAD_UTF8, type Kernel } from "./kernel.js";

// Copies of the constants that each frame needs. Using the imports instead costs 2.5 of 50 ns a frame (`decode` of
// bench/kernels.js, on Node 20).
const CLOSE = layout.CLOSE;
const CONTROL_BIT = layout.CONTROL_BIT;
const FIN = layout.FIN;
const LENGTH_BITS = layout.LENGTH_BITS;
const MASK = layout.MASK;
const MAX_CONTROL_PAYLOAD_BYTES = layout.MAX_CONTROL_PAYLOAD_BYTES;
const MAX_LENGTH_7 = layout.MAX_LENGTH_7;
const OPCODE_BITS = layout.OPCODE_BITS;
const RSV_BITS = layout.RSV_BITS;
const TEXT = layout.TEXT;

/** Builds `decode` over the memory of a kernel. The state of layout.ts is in these variables during a call. */
export function javascriptDecode(memory: Uint8Array, view: DataView): Kernel["decode"] {
  let fromServer = false;
  let rsv1Allowed = false;
  let checked = true;
  let maxMessageBytes = 0;
  let maxCompressedBytes = 0;
  let maxFragments = 0;

  let frame = 0;
  let key = 0;
  let message = 0;
  let remaining = 0;
  let messageLength = 0;
  let fragments = 0;
  let utf8 = 0;

  let ptr = 0;
  let end = 0;
  let count = 0;
  let violated = false;
  let exceeded = false;

  /** Decodes from `ptr` to `end`. @returns DECODED_MORE, or 0 */
  function walk(): number {
    while (ptr < end) {
      if (count > layout.MAX_RECORDS - 2) return layout.DECODED_MORE;
      if (remaining === 0 && !header()) break;
      if (!payload()) break;
    }
    return 0;
  }

  /**
   * Reads the frame header at `ptr` and moves `ptr` behind it. Each field is checked as soon as its bytes are there.
   * @returns false if the header breaks a rule or is not complete
   */
  function header(): boolean {
    const first = view.getUint8(ptr);
    const opcode = first & OPCODE_BITS;
    const control = opcode >= CONTROL_BIT;
    const broken = firstByteViolation(first);
    if (broken === layout.VIOLATION_TOO_MANY_FRAGMENTS) return exceed(ptr, broken, 0);
    if (broken !== 0) return violate(ptr, broken);
    if (end - ptr < 2) return false;

    const second = view.getUint8(ptr + 1);
    const masked = second >= MASK;
    // Section 5.1: "a server MUST close the connection upon receiving a frame that is not masked", and "a client MUST
    // close a connection if it detects a masked frame".
    if (masked === fromServer) {
      return violate(ptr + 1, masked ? layout.VIOLATION_MASKED : layout.VIOLATION_NOT_MASKED);
    }
    let length = second & LENGTH_BITS;
    if (control && length > MAX_CONTROL_PAYLOAD_BYTES)
      return violate(ptr + 1, layout.VIOLATION_CONTROL_TOO_LONG);
    if (opcode === CLOSE && length === 1) return violate(ptr + 1, layout.VIOLATION_CLOSE_LENGTH);
    let lengthAt = ptr + 1;
    let next = ptr + 2;
    if (length > MAX_LENGTH_7) {
      const wide = length === layout.LENGTH_64;
      lengthAt = next;
      next += wide ? 8 : 2;
      if (next > end) return false;
      const high = wide ? view.getUint32(lengthAt) : 0;
      length = wide ? high * 0x1_0000_0000 + view.getUint32(lengthAt + 4) : view.getUint16(lengthAt);
      if (high >= 0x8000_0000) return violate(lengthAt, layout.VIOLATION_LENGTH_TOP_BIT);
      // Section 5.2: "the minimal number of bytes MUST be used to encode the length".
      const shorter = wide ? layout.MAX_LENGTH_16 : MAX_LENGTH_7;
      if (length <= shorter) return violate(lengthAt, layout.VIOLATION_LENGTH_NOT_MINIMAL);
    }
    // The first byte of a message says whether it is compressed.
    const compressed = ((message || first) & layout.RECORD_COMPRESSED) !== 0;
    const limit = compressed ? maxCompressedBytes : maxMessageBytes;
    const most = Math.min(Number.MAX_SAFE_INTEGER, limit - messageLength);
    if (!control && length > most) return exceed(lengthAt, layout.VIOLATION_MESSAGE_TOO_LONG, length);
    if (masked) {
      if (next + 4 > end) return false;
      key = view.getUint32(next, true);
      next += 4;
    }
    frame = first;
    remaining = length;
    ptr = next;
    if (!control) {
      message ||= first & (OPCODE_BITS | layout.RECORD_COMPRESSED);
      countFrame(length);
    }
    return true;
  }

  /** Counts a data frame. */
  function countFrame(length: number): void {
    messageLength += length;
    fragments = Math.min(fragments + 1, layout.MAX_COUNTED_FRAGMENTS);
  }

  /** A limit is exceeded by a data frame, which is counted. */
  function exceed(at: number, violation: number, length: number): false {
    countFrame(length);
    exceeded = true;
    return violate(at, violation);
  }

  function firstByteViolation(first: number): number {
    const opcode = first & OPCODE_BITS;
    const reserved = first & RSV_BITS;
    if (reserved !== 0 && !(rsv1Allowed && reserved === layout.RSV1 && beginsMessage(opcode)))
      return layout.VIOLATION_RESERVED_BITS;
    if ((opcode & 7) > 2) return layout.VIOLATION_RESERVED_OPCODE;
    if (opcode >= CONTROL_BIT) {
      // Section 5.5: "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented."
      return first < FIN ? layout.VIOLATION_CONTROL_FRAGMENTED : 0;
    }
    if (opcode === 0 && message === 0) return layout.VIOLATION_UNEXPECTED_CONTINUATION;
    if (opcode !== 0 && message !== 0) return layout.VIOLATION_EXPECTED_CONTINUATION;
    return fragments < maxFragments ? 0 : layout.VIOLATION_TOO_MANY_FRAGMENTS;
  }

  /** Unmasks, validates and records the part of the payload that is there. @returns false after a violation */
  function payload(): boolean {
    const opcode = frame & OPCODE_BITS;
    const control = opcode >= CONTROL_BIT;
    const length = Math.min(remaining, end - ptr);
    const ends = length === remaining && frame >= FIN;
    let info = control ? opcode : message;
    if (!fromServer) key = mask(view, ptr, length, key);
    if (checked && info === TEXT) {
      if (utf8 === 0 && isAscii(view, ptr, length)) {
        info |= layout.RECORD_ASCII;
      } else if (!text(length, ends)) {
        return false;
      }
    }
    if (ends) info |= layout.RECORD_END;
    remaining -= length;
    if (length > 0 || ends) record(info, ptr, length, remaining);
    ptr += length;
    if (remaining === 0) {
      frame = 0;
      key = 0;
    }
    if (ends && !control) {
      message = 0;
      messageLength = 0;
      fragments = 0;
    }
    return true;
  }

  /**
   * Validates the text at `ptr`, and records its valid part in front of a bad byte.
   * @returns false after a violation
   */
  function text(length: number, ends: boolean): boolean {
    const carry = utf8;
    utf8 = validate(view, ptr, length, carry);
    if (utf8 !== BAD_UTF8 && !(ends && utf8 !== 0)) return true;
    const bad = utf8 === BAD_UTF8 ? stateWord(layout.STATE_BAD_BYTE) : ptr + length;
    const valid = bad - ptr;
    const ascii = carry === 0 && isAscii(view, ptr, valid);
    if (valid > 0) record(ascii ? TEXT | layout.RECORD_ASCII : TEXT, ptr, valid, remaining - valid);
    return violate(bad, layout.VIOLATION_INVALID_UTF8);
  }

  function violate(at: number, violation: number): false {
    ptr = at;
    violated = true;
    record(layout.RECORD_VIOLATION, at, 0, violation);
    return false;
  }

  function record(...words: [info: number, ptr: number, length: number, detail: number]): void {
    let at = layout.RECORDS_PTR + count++ * layout.RECORD_LENGTH;
    for (const word of words) {
      view.setUint32(at, Math.min(word, 0xffffffff), true);
      at += 4;
    }
  }

  function stateWord(offset: number): number {
    return view.getUint32(layout.STATE_PTR + offset, true);
  }

  function setStateWord(offset: number, value: number): void {
    view.setUint32(layout.STATE_PTR + offset, value, true);
  }

  function loadState(): void {
    const spilled = stateWord(layout.STATE_SPILL_LENGTH);
    frame = stateWord(layout.STATE_FRAME);
    key = stateWord(layout.STATE_KEY);
    message = stateWord(layout.STATE_MESSAGE);
    remaining = view.getFloat64(layout.STATE_PTR + layout.STATE_REMAINING, true);
    messageLength = view.getFloat64(layout.STATE_PTR + layout.STATE_MESSAGE_LENGTH, true);
    fragments = stateWord(layout.STATE_FRAGMENTS);
    utf8 = stateWord(layout.STATE_UTF8);
    ptr -= spilled;
    memory.copyWithin(ptr, SPILL_PTR, SPILL_PTR + spilled);
  }

  function saveState(spilled: number): void {
    setStateWord(layout.STATE_SPILL_LENGTH, spilled);
    setStateWord(layout.STATE_FRAME, frame);
    setStateWord(layout.STATE_KEY, key);
    setStateWord(layout.STATE_MESSAGE, message);
    view.setFloat64(layout.STATE_PTR + layout.STATE_REMAINING, remaining, true);
    view.setFloat64(layout.STATE_PTR + layout.STATE_MESSAGE_LENGTH, messageLength, true);
    setStateWord(layout.STATE_FRAGMENTS, fragments);
    setStateWord(layout.STATE_UTF8, utf8);
    memory.copyWithin(SPILL_PTR, ptr, ptr + spilled);
  }

  return (start, endOfBytes, flags, mostMessageBytes, mostCompressedBytes, mostFragments) => {
    fromServer = (flags & layout.DECODE_FROM_SERVER) !== 0;
    rsv1Allowed = (flags & layout.DECODE_RSV1) !== 0;
    checked = (flags & layout.DECODE_UNCHECKED_TEXT) === 0;
    maxMessageBytes = mostMessageBytes;
    maxCompressedBytes = mostCompressedBytes;
    maxFragments = mostFragments;
    ptr = start;
    end = endOfBytes;
    count = 0;
    violated = false;
    exceeded = false;
    if ((flags & layout.DECODE_RESUME) === 0) memory.fill(0, layout.STATE_PTR, SPILL_PTR);
    loadState();
    const more = walk();
    const spilled = violated || more !== 0 ? 0 : end - ptr;
    const open = spilled > 0 || remaining > 0 || message !== 0;
    const pending = exceeded || (open && !violated) ? layout.DECODED_PENDING : 0;
    saveState(spilled);
    setStateWord(layout.STATE_CONSUMED, ptr + spilled);
    return (count << layout.DECODED_COUNT_SHIFT) | more | pending;
  };
}

function beginsMessage(opcode: number): boolean {
  return opcode === TEXT || opcode === layout.BINARY;
}

const SPILL_PTR = layout.STATE_PTR + layout.STATE_SPILL;
