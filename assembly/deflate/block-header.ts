// The header of a block with codes of its own (RFC 1951, section 3.2.7): code lengths, then the tables of the block.
import {
  buildTable,
  DISTANCE_INDEX,
  distanceTemplates,
  LITERAL_INDEX,
  NO_TEMPLATES,
  PRECODE_INDEX,
} from "./decoding-table";
import {
  DISTANCE_TABLE,
  IN_BITS,
  IN_COUNT,
  IN_DISTANCE_BITS,
  IN_DISTANCES,
  IN_FIXED,
  IN_INDEX,
  IN_LENGTHS,
  IN_LITERAL_BITS,
  IN_LITERALS,
  IN_MODE,
  IN_PRECODE_BITS,
  IN_PRECODE_LENGTHS,
  IN_PRECODES,
  INFLATE_BAD_DATA,
  INFLATE_CONSUMED,
  INFLATE_NEEDS_INPUT,
  INFLATE_STATE,
  LITERAL_TABLE,
  LITERAL_TEMPLATES,
  PRECODE_TABLE,
} from "./layout";
import { MODE_CODES, MODE_COUNTS, MODE_LENGTHS, MODE_MATCH, MODE_PRECODE, PART_ENDED } from "./modes";
import { END_OF_BLOCK, precodeAt, repeatExtra } from "./symbols";
import { fillShort } from "./vectors";

const LENGTHS: usize = INFLATE_STATE + IN_LENGTHS;
const PRECODE: usize = INFLATE_STATE + IN_PRECODE_LENGTHS;

/**
 * Goes on with a header. Takes the bit buffer from the state, and leaves it there.
 * @returns PART_ENDED when the tables are made, INFLATE_NEEDS_INPUT or INFLATE_BAD_DATA
 */
export function readHeader(p: usize, end: usize, windowBits: u32): u32 {
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

    if (mode === MODE_COUNTS) {
      if (count >= 14) {
        if (!takeCounts(u32(bits))) {
          status = INFLATE_BAD_DATA;
          break;
        }
        bits >>= 14;
        count -= 14;
        mode = MODE_PRECODE;
        continue;
      }
    } else if (mode === MODE_PRECODE) {
      const n = load<u32>(INFLATE_STATE + IN_PRECODES);
      let i = load<u32>(INFLATE_STATE + IN_INDEX);
      while (i < n && count >= 3) {
        store<u8>(PRECODE + precodeAt(i), u8(bits) & 7);
        bits >>= 3;
        count -= 3;
        i++;
      }
      store<u32>(INFLATE_STATE + IN_INDEX, i);
      if (i === n) {
        if (!buildPrecode()) {
          status = INFLATE_BAD_DATA;
          break;
        }
        store<u32>(INFLATE_STATE + IN_INDEX, 0);
        mode = MODE_LENGTHS;
        continue;
      }
    } else {
      const total = load<u32>(INFLATE_STATE + IN_LITERALS) + load<u32>(INFLATE_STATE + IN_DISTANCES);
      const mask: usize = (1 << load<u32>(INFLATE_STATE + IN_PRECODE_BITS)) - 1;
      let i = load<u32>(INFLATE_STATE + IN_INDEX);
      while (i < total) {
        const entry = load<u32>(PRECODE_TABLE + ((<usize>bits & mask) << 2));
        const length = entry & 0xff;
        const symbol = entry >> 16;
        if (symbol < 16) {
          if (length > count) break;
          bits >>= u64(length);
          count -= length;
          store<u8>(LENGTHS + i, u8(symbol));
          i++;
          continue;
        }
        const extra = repeatExtra(symbol);
        if (length + extra > count) break;
        const repeat: u32 = (symbol === 18 ? 11 : 3) + (u32(bits >> u64(length)) & ((1 << extra) - 1));
        if ((symbol === 16 && !i) || i + repeat > total) {
          status = INFLATE_BAD_DATA;
          break;
        }
        bits >>= u64(length + extra);
        count -= length + extra;
        fillShort(LENGTHS + i, symbol === 16 ? load<u8>(LENGTHS + i - 1) : 0, repeat);
        i += repeat;
      }
      store<u32>(INFLATE_STATE + IN_INDEX, i);
      if (status === INFLATE_BAD_DATA) break;
      if (i === total) {
        store<u32>(INFLATE_STATE + IN_FIXED, 0);
        status = buildCodes(windowBits) ? PART_ENDED : INFLATE_BAD_DATA;
        mode = MODE_CODES;
        break;
      }
    }
    if (p >= end) break;
  }

  store<u64>(INFLATE_STATE + IN_BITS, bits);
  store<u32>(INFLATE_STATE + IN_COUNT, count);
  store<u32>(INFLATE_STATE + IN_MODE, mode);
  store<u32>(INFLATE_CONSUMED, u32(p));
  return status;
}

/** HLIT, HDIST and HCLEN. @returns whether there are such codes */
function takeCounts(word: u32): bool {
  const literals = (word & 31) + 257;
  const distances = ((word >> 5) & 31) + 1;
  if (literals > 286 || distances > 30) return false;
  store<u32>(INFLATE_STATE + IN_LITERALS, literals);
  store<u32>(INFLATE_STATE + IN_DISTANCES, distances);
  store<u32>(INFLATE_STATE + IN_PRECODES, ((word >> 10) & 15) + 4);
  store<u32>(INFLATE_STATE + IN_INDEX, 0);
  fillShort(PRECODE, 0, 32);
  return true;
}

function buildPrecode(): bool {
  const bits = buildTable(PRECODE_TABLE, PRECODE, 19, PRECODE_INDEX, NO_TEMPLATES);
  store<u32>(INFLATE_STATE + IN_PRECODE_BITS, bits);
  return bits !== 0;
}

/** Builds the tables of the block. A block without a code for its end is none. */
function buildCodes(windowBits: u32): bool {
  const literals = load<u32>(INFLATE_STATE + IN_LITERALS);
  const distances = load<u32>(INFLATE_STATE + IN_DISTANCES);
  if (!load<u8>(LENGTHS + END_OF_BLOCK)) return false;
  const literalBits = buildTable(LITERAL_TABLE, LENGTHS, literals, LITERAL_INDEX, LITERAL_TEMPLATES);
  const templates = distanceTemplates(windowBits);
  const distanceBits = buildTable(DISTANCE_TABLE, LENGTHS + literals, distances, DISTANCE_INDEX, templates);
  store<u32>(INFLATE_STATE + IN_LITERAL_BITS, literalBits);
  store<u32>(INFLATE_STATE + IN_DISTANCE_BITS, distanceBits);
  return literalBits !== 0 && distanceBits !== 0;
}

/** Makes the tables again that belong to the state, after it was put back. */
export function restoreInflate(windowBits: u32): void {
  const mode = load<u32>(INFLATE_STATE + IN_MODE);
  if (mode === MODE_LENGTHS) buildPrecode();
  else if ((mode === MODE_CODES || mode === MODE_MATCH) && !load<u32>(INFLATE_STATE + IN_FIXED))
    buildCodes(windowBits);
}
