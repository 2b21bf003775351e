// Bytes to raw DEFLATE (RFC 1951), as RFC 7692, section 7.2.1, wants it.
import { align, beginBits, put, putBytes } from "./bit-writer";
import { putBlock } from "./block-writer";
import { DEFLATE_CONTINUE, DEFLATE_FAST, DEFLATE_OUT, PLACES, TAIL, TAIL_LENGTH } from "./layout";
import { findMatches } from "./matches";

/**
 * Compresses [ptr, end), at most DEFLATE_MOST_BYTES, to DEFLATE_OUT, and ends with the header of an empty stored block.
 * The rest of that block, 00 00 FF FF, stands behind the end: a sender leaves it out behind the last part of a message,
 * and only there.
 * @param history - bytes from here to `ptr` may be referred to
 * @param place - of the byte at `ptr` in the stream, modulo 2^16; 1 at its start
 * @param maxDistance - no match is farther away
 * @param hashBits - 2^hashBits buckets; with DEFLATE_CONTINUE as many as before
 * @returns the end: at most 6 bytes more than there were
 */
export function deflate(
  ptr: usize,
  end: usize,
  history: usize,
  place: u32,
  maxDistance: usize,
  hashBits: u32,
  flags: u32,
): usize {
  beginBits(DEFLATE_OUT);
  if (!(flags & DEFLATE_CONTINUE)) memory.fill(PLACES, 0, (<usize>4) << hashBits);
  if (ptr < end) {
    const fast = (flags & DEFLATE_FAST) !== 0;
    const listEnd = findMatches(ptr, end, history, place - <u32>ptr, 32 - hashBits, maxDistance, !fast);
    putBlock(ptr, end, listEnd, fast);
  }
  put(0, 3);
  const last = align();
  putBytes(TAIL, TAIL_LENGTH);
  return last;
}
