// The header of a block with codes of its own (RFC 1951, section 3.2.7).
import { put } from "./bit-writer";
import { buildCode } from "./huffman";
import {
  CODE_LENGTHS,
  DISTANCE_CODES,
  DISTANCE_COUNTS,
  LENGTH_RUNS,
  LITERAL_CODES,
  LITERAL_COUNTS,
  PRECODE_CODES,
  PRECODE_COUNTS,
  PRECODE_LENGTHS,
} from "./layout";
import { precodeAt, repeatExtra } from "./symbols";
import { bitsOf, fillShort } from "./vectors";

/** The first three bits of the block. */
const DYNAMIC: u32 = 4;
/** A header is hardly ever shorter: so much must be gained before one is made. */
const MIN_HEADER_BITS: u32 = 120;
/** In place of a cost: there is no header that could be written. */
export const NOT_BUILT: u32 = u32.MAX_VALUE;
/**
 * No literal's code is longer: the writer takes four at a time.
 */
const MAX_LITERAL_BITS: u32 = 14;
const MAX_BITS: u32 = 15;
const MAX_PRECODE_BITS: u32 = 7;

// The header that `buildHeader` has made, for `putHeader` in the same call of the kernel.
let literals: u32 = 0;
let distances: u32 = 0;
let precodes: u32 = 0;
let runsEnd: usize = 0;

/**
 * Makes the codes of the block and its header.
 * @param fixedBits - what the symbols cost with the fixed codes
 * @returns what header and symbols cost, without extra bits; NOT_BUILT if the fixed codes are better
 */
export function buildHeader(fixedBits: u32): u32 {
  buildCode(LITERAL_COUNTS, 286, MAX_LITERAL_BITS, CODE_LENGTHS, LITERAL_CODES);
  buildCode(DISTANCE_COUNTS, 30, MAX_BITS, CODE_LENGTHS + 288, DISTANCE_CODES);
  const symbolBits = bitsOf(LITERAL_COUNTS, LITERAL_CODES, 288) + bitsOf(DISTANCE_COUNTS, DISTANCE_CODES, 32);
  if (symbolBits + MIN_HEADER_BITS >= fixedBits) return NOT_BUILT;
  literals = 286;
  distances = 30;
  precodes = 19;
  while (literals > 257 && !load<u8>(CODE_LENGTHS + literals - 1)) literals--;
  while (distances > 1 && !load<u8>(CODE_LENGTHS + 288 + distances - 1)) distances--;
  memory.copy(CODE_LENGTHS + literals, CODE_LENGTHS + 288, distances);
  runsEnd = findRuns(literals + distances);
  buildCode(PRECODE_COUNTS, 19, MAX_PRECODE_BITS, PRECODE_LENGTHS, PRECODE_CODES);
  while (precodes > 4 && !load<u8>(PRECODE_LENGTHS + precodeAt(precodes - 1))) precodes--;
  return symbolBits + 14 + 3 * precodes + bitsOf(PRECODE_COUNTS, PRECODE_CODES, 20) + repeatBits();
}

/** The extra bits of all runs. */
function repeatBits(): u32 {
  let sum: u32 = 0;
  for (let symbol: u32 = 16; symbol < 19; symbol++) {
    sum += load<u32>(PRECODE_COUNTS + (symbol << 2)) * repeatExtra(symbol);
  }
  return sum;
}

/** Writes the header, from the block's first bit on. */
export function putHeader(): void {
  put(DYNAMIC | ((literals - 257) << 3) | ((distances - 1) << 8) | ((precodes - 4) << 13), 17);
  for (let i: u32 = 0; i < precodes; i++) put(load<u8>(PRECODE_LENGTHS + precodeAt(i)), 3);
  for (let at: usize = LENGTH_RUNS; at < runsEnd; at += 2) {
    const run: u32 = load<u16>(at);
    const symbol = run & 31;
    const code = load<u32>(PRECODE_CODES + (symbol << 2));
    put(code & 0xffff, code >> 16);
    if (symbol >= 16) put(run >> 5, repeatExtra(symbol));
  }
}

/**
 * Lists the code lengths as runs, symbol | extra bits << 5, and counts the symbols.
 * @returns the end of the list
 */
function findRuns(n: u32): usize {
  fillShort(PRECODE_COUNTS, 0, 128);
  let at: usize = LENGTH_RUNS;
  let i: u32 = 0;
  // No length: it ends the last run.
  store<u8>(CODE_LENGTHS + n, 255);
  while (i < n) {
    const length: u32 = load<u8>(CODE_LENGTHS + i);
    let next = i + 1;
    if (length) {
      while (load<u8>(CODE_LENGTHS + next) === length) next++;
    } else {
      while (true) {
        const eight = load<u64>(CODE_LENGTHS + next);
        if (eight) {
          next += u32(ctz(eight)) >> 3;
          break;
        }
        next += 8;
      }
    }
    let left = next - i;
    i = next;
    if (length) {
      at = addRun(at, length, 0);
      for (left--; left >= 3; left -= min<u32>(left, 6)) at = addRun(at, 16, min<u32>(left, 6) - 3);
    } else {
      for (; left >= 11; left -= min<u32>(left, 138)) at = addRun(at, 18, min<u32>(left, 138) - 11);
      if (left >= 3) {
        at = addRun(at, 17, left - 3);
        left = 0;
      }
    }
    while (left--) at = addRun(at, length, 0);
  }
  return at;
}

function addRun(at: usize, symbol: u32, extra: u32): usize {
  store<u16>(at, u16(symbol | (extra << 5)));
  const slot = PRECODE_COUNTS + (symbol << 2);
  store<u32>(slot, load<u32>(slot) + 1);
  return at + 2;
}
