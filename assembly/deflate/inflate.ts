// Raw DEFLATE to bytes (RFC 1951), in pieces of any size.
//
// Bits wait in a 64-bit buffer, of which `count` are known. Those above are the bits that follow, or zero, so that the
// same bytes may be OR-ed in again. A step that lacks bits leaves the buffer as it is. No byte ever goes back to the
// input: it may be from an earlier call.

import { readCodes } from "./block-codes";
import { readHeader } from "./block-header";
import { fixedDistanceTable } from "./decoding-table";
import {
  DISTANCE_TABLE,
  FIXED_LITERAL_TABLE,
  IN_BITS,
  IN_COUNT,
  IN_DISTANCE_BITS,
  IN_FINAL,
  IN_FIXED,
  IN_LENGTH,
  IN_LITERAL_BITS,
  IN_MODE,
  INFLATE_BAD_DATA,
  INFLATE_CONSUMED,
  INFLATE_DONE,
  INFLATE_NEEDS_INPUT,
  INFLATE_OUTPUT_FULL,
  INFLATE_PRODUCED,
  INFLATE_STATE,
  LITERAL_TABLE,
} from "./layout";
import { MODE_BLOCK, MODE_CODES, MODE_COUNTS, MODE_STORED, MODE_STORED_LENGTH, PART_ENDED } from "./modes";

/** Begins a message. */
export function resetInflate(): void {
  store<u64>(INFLATE_STATE + IN_BITS, 0);
  store<u32>(INFLATE_STATE + IN_COUNT, 0);
  store<u32>(INFLATE_STATE + IN_MODE, MODE_BLOCK);
  store<u32>(INFLATE_STATE + IN_FINAL, 0);
}

/**
 * Goes on with a message: reads from [ptr, end) and writes to [out, outEnd). The bytes from `history` to `out` are
 * those before it. DEFLATE_PADDING bytes behind both ends may be read, and those behind `outEnd` overwritten.
 * @param windowBits - distances beyond 2^windowBits are bad data
 * @param last - whether the message ends at `end`; it is then as if 00 00 FF FF followed (RFC 7692, section 7.2.2)
 * @returns INFLATE_…
 */
export function inflate(
  ptr: usize,
  end: usize,
  out: usize,
  outEnd: usize,
  history: usize,
  windowBits: u32,
  last: bool,
): u32 {
  store<u32>(INFLATE_PRODUCED, u32(out));
  const status = readBlocks(ptr, end, outEnd, history, windowBits);
  if (status !== INFLATE_NEEDS_INPUT || !last) return status;
  if (!isWhole()) return INFLATE_BAD_DATA;
  resetInflate();
  return INFLATE_DONE;
}

/**
 * Whether a message may end here. The bytes 00 00 FF FF are not read: they are right only where the length of a stored
 * block comes next, and in any other place they would pass for codes. A sender that ended its last block with BFINAL
 * need not have added an empty one.
 */
function isWhole(): bool {
  const mode = load<u32>(INFLATE_STATE + IN_MODE);
  const final = load<u32>(INFLATE_STATE + IN_FINAL) !== 0;
  return (
    !load<u32>(INFLATE_STATE + IN_COUNT) && (mode === MODE_STORED_LENGTH || (mode === MODE_BLOCK && final))
  );
}

/** Reads blocks, as far as input and room reach. */
function readBlocks(ptr: usize, end: usize, outEnd: usize, history: usize, windowBits: u32): u32 {
  let p = ptr;
  let bits = load<u64>(INFLATE_STATE + IN_BITS);
  let count = load<u32>(INFLATE_STATE + IN_COUNT);
  let mode = load<u32>(INFLATE_STATE + IN_MODE);
  let status: u32 = INFLATE_NEEDS_INPUT;

  while (true) {
    const available = end - p;
    let word = load<u64>(p);
    if (available < 8) word &= (u64(1) << (available << 3)) - 1;
    bits |= word << u64(count);
    const take = min<usize>((63 - count) >> 3, available);
    p += take;
    count += u32(take) << 3;

    if (mode === MODE_BLOCK) {
      if (count >= 3) {
        const head = u32(bits) & 7;
        store<u32>(INFLATE_STATE + IN_FINAL, head & 1);
        bits >>= 3;
        count -= 3;
        if (head >> 1 === 0) {
          bits >>= u64(count & 7);
          count &= ~7;
          mode = MODE_STORED_LENGTH;
        } else if (head >> 1 === 1) {
          store<u32>(INFLATE_STATE + IN_FIXED, 1);
          mode = MODE_CODES;
        } else if (head >> 1 === 2) {
          mode = MODE_COUNTS;
        } else {
          status = INFLATE_BAD_DATA;
          break;
        }
        continue;
      }
    } else if (mode === MODE_STORED_LENGTH) {
      if (count >= 32) {
        const lengths = u32(bits);
        if ((lengths & 0xffff) !== ~lengths >> 16) {
          status = INFLATE_BAD_DATA;
          break;
        }
        bits >>= 32;
        count -= 32;
        store<u32>(INFLATE_STATE + IN_LENGTH, lengths & 0xffff);
        mode = MODE_STORED;
        continue;
      }
    } else if (mode === MODE_STORED) {
      let left: usize = load<u32>(INFLATE_STATE + IN_LENGTH);
      let out: usize = load<u32>(INFLATE_PRODUCED);
      // Bytes in the bit buffer are written from there, and the others copied.
      while (left && count && out < outEnd) {
        store<u8>(out++, u8(bits));
        bits >>= 8;
        count -= 8;
        left--;
      }
      if (left && !count) {
        bits = 0;
        const n = min<usize>(left, min<usize>(end - p, outEnd - out));
        memory.copy(out, p, n);
        out += n;
        p += n;
        left -= n;
      }
      store<u32>(INFLATE_STATE + IN_LENGTH, u32(left));
      store<u32>(INFLATE_PRODUCED, u32(out));
      if (!left) {
        mode = MODE_BLOCK;
        bits &= (u64(1) << u64(count)) - 1;
        continue;
      }
      if (out >= outEnd) {
        status = INFLATE_OUTPUT_FULL;
        break;
      }
    } else {
      store<u64>(INFLATE_STATE + IN_BITS, bits);
      store<u32>(INFLATE_STATE + IN_COUNT, count);
      store<u32>(INFLATE_STATE + IN_MODE, mode);
      status =
        mode < MODE_CODES
          ? readHeader(p, end, windowBits)
          : readBlockCodes(p, end, outEnd, history, windowBits);
      bits = load<u64>(INFLATE_STATE + IN_BITS);
      count = load<u32>(INFLATE_STATE + IN_COUNT);
      mode = load<u32>(INFLATE_STATE + IN_MODE);
      p = load<u32>(INFLATE_CONSUMED);
      if (status !== PART_ENDED) break;
      status = INFLATE_NEEDS_INPUT;
      if (mode === MODE_BLOCK && load<u32>(INFLATE_STATE + IN_FINAL)) {
        // Section 7.2.3.4 of RFC 7692: the next block begins at the next byte.
        bits >>= u64(count & 7);
        count &= ~7;
      }
      continue;
    }
    if (p >= end) break;
  }

  // Above the bits that count may be others, which the next call will read again.
  store<u64>(INFLATE_STATE + IN_BITS, bits & ((u64(1) << u64(count)) - 1));
  store<u32>(INFLATE_STATE + IN_COUNT, count);
  store<u32>(INFLATE_STATE + IN_MODE, mode);
  store<u32>(INFLATE_CONSUMED, u32(p));
  return status;
}

/** Goes on with the codes of a block, by the tables that it has. */
function readBlockCodes(p: usize, end: usize, outEnd: usize, history: usize, windowBits: u32): u32 {
  if (load<u32>(INFLATE_STATE + IN_FIXED)) {
    return readCodes(p, end, outEnd, history, FIXED_LITERAL_TABLE, 511, fixedDistanceTable(windowBits), 31);
  }
  const literalMask: u32 = (1 << load<u32>(INFLATE_STATE + IN_LITERAL_BITS)) - 1;
  const distanceMask: u32 = (1 << load<u32>(INFLATE_STATE + IN_DISTANCE_BITS)) - 1;
  return readCodes(p, end, outEnd, history, LITERAL_TABLE, literalMask, DISTANCE_TABLE, distanceMask);
}
