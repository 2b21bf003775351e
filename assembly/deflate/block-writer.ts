// Writing a block in the shortest of the three ways: stored, with the fixed codes, or with codes of its own.
import { align, put, putBytes, putSymbols } from "./bit-writer";
import { buildHeader, NOT_BUILT, putHeader } from "./header-writer";
import {
  DISTANCE_CODES,
  DISTANCE_COUNTS,
  DISTANCE_EXTRAS,
  FIXED_DISTANCE_CODES,
  FIXED_LITERAL_CODES,
  LENGTH_EXTRAS,
  LITERAL_CODES,
  LITERAL_COUNTS,
  MATCHES,
  STORED_LENGTHS,
} from "./layout";
import { END_OF_BLOCK } from "./symbols";
import { bitsOf } from "./vectors";

/** The first three bits of a block that is not the last: BFINAL and BTYPE. */
const STORED: u32 = 0;
const FIXED: u32 = 2;

/** Fewer bytes are never worth codes of their own. */
const MIN_DYNAMIC_BYTES: usize = 64;

/**
 * Writes the block of [ptr, end), whose symbols were counted and listed up to `listEnd`.
 * @param fixed - whether the codes may only be the fixed ones
 */
export function putBlock(ptr: usize, end: usize, listEnd: usize, fixed: bool): void {
  const length = end - ptr;
  const fixedBits =
    bitsOf(LITERAL_COUNTS, FIXED_LITERAL_CODES, 288) + bitsOf(DISTANCE_COUNTS, FIXED_DISTANCE_CODES, 32);
  const dynamicBits = fixed || length < MIN_DYNAMIC_BYTES ? NOT_BUILT : buildHeader(fixedBits);
  // Extra bits are the same with all codes.
  const extraBits =
    bitsOf(LITERAL_COUNTS + (END_OF_BLOCK << 2), LENGTH_EXTRAS, 32) +
    bitsOf(DISTANCE_COUNTS, DISTANCE_EXTRAS, 32);
  if (min(fixedBits, dynamicBits) + extraBits >= <u32>(length << 3) + 32) {
    putStored(ptr, length);
  } else if (fixedBits <= dynamicBits) {
    put(FIXED, 3);
    putSymbols(ptr, MATCHES, listEnd, FIXED_LITERAL_CODES, FIXED_DISTANCE_CODES);
  } else {
    putHeader();
    putSymbols(ptr, MATCHES, listEnd, LITERAL_CODES, DISTANCE_CODES);
  }
}

function putStored(ptr: usize, length: usize): void {
  put(STORED, 3);
  align();
  store<u32>(STORED_LENGTHS, u32(length) | (~u32(length) << 16));
  putBytes(STORED_LENGTHS, 4);
  putBytes(ptr, length);
}
