// UTF-8 validation of text that arrives in pieces (RFC 6455 section 8.1; the well-formed sequences are in RFC 3629
// section 4).

import { STATE_BAD_BYTE, STATE_PTR } from "./layout";
import { HIGH_BITS } from "./mask";
import { skipValid } from "./utf8-vectors";

// A carry describes the unfinished sequence at the end of a piece, in one number. It is 0 if there is none, else:
//
//     bits 0-7    continuation bytes still missing: 1, 2 or 3
//     bits 8-15   the lowest value that the next byte may have
//     bits 16-23  the highest

/** In place of a carry: the text has a byte that cannot follow those before it. */
export const INVALID: u32 = 0xffffffff;

/** The carry after each byte from 0xC0 to 0xFF as the first of a sequence. */
const FIRST_BYTES: usize = memory.data<u32>(
  // biome-ignore format: one row for each eight bytes
  [
    INVALID, INVALID, 0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001,
    0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001,
    0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001,
    0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001, 0xbf8001,
    0xbfa002, 0xbf8002, 0xbf8002, 0xbf8002, 0xbf8002, 0xbf8002, 0xbf8002, 0xbf8002,
    0xbf8002, 0xbf8002, 0xbf8002, 0xbf8002, 0xbf8002, 0x9f8002, 0xbf8002, 0xbf8002,
    0xbf9003, 0xbf8003, 0xbf8003, 0xbf8003, 0x8f8003, INVALID, INVALID, INVALID,
    INVALID, INVALID, INVALID, INVALID, INVALID, INVALID, INVALID, INVALID,
  ],
  16,
);

/**
 * Validates `length` bytes at `ptr` that follow the sequence `carry`.
 * @returns the carry after them, or INVALID with the address of the first bad byte in the state
 */
export function validateUtf8(ptr: usize, length: usize, carry: u32): u32 {
  const end = ptr + length;
  if (ASC_FEATURE_SIMD) {
    // Finish the character that the last piece began; vectors need text that begins with a character.
    while (carry !== 0 && ptr < end) {
      carry = next(carry, load<u8>(ptr));
      if (carry === INVALID) return badByte(ptr);
      ptr++;
    }
    if (carry !== 0) return carry;
    // The remaining text is short, or has the bad byte: `walk` finds its address.
    ptr = skipValid(ptr, end);
  }
  return walk(ptr, end, carry);
}

/** Validates one byte at a time, and eight at once between characters where all are ASCII. */
function walk(ptr: usize, end: usize, carry: u32): u32 {
  while (ptr < end) {
    if (carry === 0) {
      while (end - ptr >= 8 && (load<u64>(ptr) & HIGH_BITS) === 0) ptr += 8;
      if (ptr === end) break;
    }
    carry = next(carry, load<u8>(ptr));
    if (carry === INVALID) return badByte(ptr);
    ptr++;
  }
  return carry;
}

/** Writes the address of the bad byte to the state. */
function badByte(ptr: usize): u32 {
  store<u32>(STATE_PTR + STATE_BAD_BYTE, u32(ptr));
  return INVALID;
}

/** The carry after one more byte, or INVALID. */
function next(carry: u32, byte: u32): u32 {
  if (carry === 0) {
    if (byte < 0x80) return 0;
    return byte < 0xc0 ? INVALID : load<u32>(FIRST_BYTES + ((byte - 0xc0) << 2));
  }
  if (byte < ((carry >> 8) & 0xff) || byte > carry >> 16) return INVALID;
  const missing = (carry & 0xff) - 1;
  return missing === 0 ? 0 : 0xbf8000 | missing;
}
