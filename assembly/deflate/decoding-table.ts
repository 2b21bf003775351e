// Decoding tables, made of code lengths.
//
// An entry is a u32. Bits 0-7: how many bits to drop, extra bits included. Bits 8-11: how many of them are the code's.
// Bits 16-30: the literal, or the first length or distance of the symbol. A table of 2^n entries is looked up by the
// next n bits; the entry of a longer code points to a subtable behind it.
import {
  DISTANCE_STRIDE,
  DISTANCE_TEMPLATES,
  FIXED_DISTANCE_TABLES,
  FIXED_LITERAL_TABLE,
  IN_LENGTHS,
  INFLATE_STATE,
  LENGTH_COUNTS,
  LITERAL_TEMPLATES,
  PATTERNS,
  SORTED_SYMBOLS,
  TAIL,
  USED_SYMBOLS,
} from "./layout";
import {
  DISTANCE_CODES_COUNT,
  distanceExtra,
  END_OF_BLOCK,
  fixedDistanceLengths,
  fixedLiteralLengths,
  LENGTH_CODES,
  lengthExtra,
} from "./symbols";
import { copy16, fillShort, nonZero16 } from "./vectors";

/** The most bits that index each table. */
export const LITERAL_INDEX: u32 = 10;
export const DISTANCE_INDEX: u32 = 8;
export const PRECODE_INDEX: u32 = 7;

export const ENTRY_LITERAL: u32 = 0x80000000;
/** Neither a literal nor a length or distance: a subtable, the end of the block, or no code at all. */
export const ENTRY_SPECIAL: u32 = 0x8000;
export const ENTRY_SUBTABLE: u32 = 0x4000;
export const ENTRY_END: u32 = 0x2000;

const INVALID: u32 = ENTRY_SPECIAL;
const MAX_BITS: u32 = 15;
/** As templates: the code is the precode, whose entries hold the symbol. */
export const NO_TEMPLATES: usize = 0;

/** The entries of distances for a window: those beyond it are invalid. */
export function distanceTemplates(windowBits: u32): usize {
  return DISTANCE_TEMPLATES + <usize>(windowBits - 8) * DISTANCE_STRIDE;
}

/** The table of the fixed distance code for a window. */
export function fixedDistanceTable(windowBits: u32): usize {
  return FIXED_DISTANCE_TABLES + <usize>(windowBits - 8) * DISTANCE_STRIDE;
}

/**
 * Builds a table.
 * @param lengths - u8[n]; up to 15 bytes behind it are read
 * @param most - the most bits that may index the table
 * @param templates - the entry of each symbol, without its code; or NO_TEMPLATES
 * @returns how many bits index it; 0 if the lengths are no code
 */
export function buildTable(table: usize, lengths: usize, n: u32, most: u32, templates: usize): u32 {
  const counts = LENGTH_COUNTS;
  const offsets = LENGTH_COUNTS + 64;
  const used = collect(lengths, n);
  let space: u32 = 0;
  let sum: u32 = 0;
  let longest: u32 = 1;
  for (let length: u32 = 1; length <= MAX_BITS; length++) {
    store<u32>(offsets + (length << 2), sum);
    const c = load<u32>(counts + (length << 2));
    sum += c;
    space += c << (MAX_BITS - length);
    longest = select<u32>(length, longest, c !== 0);
  }
  if (space > 1 << MAX_BITS) return 0;
  sort(used);
  if (space < 1 << MAX_BITS) return incomplete(table, used, longest, templates);
  return fill(table, min(most, longest), templates);
}

/**
 * Lists the symbols that have a code as u16, symbol << 4 | length, and counts them by length. Most have none, so they
 * are looked for sixteen at a time.
 * @returns how many there are
 */
function collect(lengths: usize, n: u32): u32 {
  fillShort(LENGTH_COUNTS, 0, 64);
  let used: u32 = 0;
  for (let i: u32 = 0; i < n; i += 16) {
    let found = nonZero16(lengths + i);
    if (i + 16 > n) found &= (1 << (n - i)) - 1;
    while (found) {
      const symbol = i + ctz(found);
      found &= found - 1;
      const length: u32 = load<u8>(lengths + symbol);
      store<u16>(USED_SYMBOLS + (used++ << 1), u16((symbol << 4) | length));
      const slot = LENGTH_COUNTS + (length << 2);
      store<u32>(slot, load<u32>(slot) + 1);
    }
  }
  return used;
}

/** Sorts the symbols by length. */
function sort(used: u32): void {
  const offsets = LENGTH_COUNTS + 64;
  for (let i: u32 = 0; i < used; i++) {
    const item: u32 = load<u16>(USED_SYMBOLS + (i << 1));
    const slot = offsets + ((item & 15) << 2);
    const at = load<u32>(slot);
    store<u32>(slot, at + 1);
    store<u16>(SORTED_SYMBOLS + (at << 1), u16(item >> 4));
  }
}

/** Only a code of no symbol, or of one symbol with one bit, may leave room, and never the precode. */
function incomplete(table: usize, used: u32, longest: u32, templates: usize): u32 {
  if (templates === NO_TEMPLATES || used > 1 || longest > 1) return 0;
  store<u32>(table, used ? entryOf(templates, load<u16>(SORTED_SYMBOLS), 1) : INVALID);
  store<u32>(table, INVALID, 4);
  return 1;
}

/** Fills the table of a complete code. */
function fill(table: usize, bits: u32, templates: usize): u32 {
  let at: usize = SORTED_SYMBOLS;
  let code: u32 = 0;
  let length: u32 = 1;
  let size: u32 = 2;
  while (length <= bits) {
    let c = load<u32>(LENGTH_COUNTS + (length << 2));
    while (c--) {
      store<u32>(table + (code << 2), entryOf(templates, load<u16>(at), length));
      at += 2;
      if (code === size - 1) {
        // The last code: the rest repeats.
        while (length < bits) {
          double(table, size);
          size <<= 1;
          length++;
        }
        return bits;
      }
      code = nextReversed(code, size - 1);
    }
    length++;
    if (length <= bits) {
      double(table, size);
      size <<= 1;
    }
  }
  fillSubtables(table, bits, templates, at, code);
  return bits;
}

/**
 * Fills the subtables: those of codes that are longer than the index.
 * @param at - the first of the symbols
 * @param code - its code, of which the bits beyond the index are zero so far
 */
function fillSubtables(table: usize, bits: u32, templates: usize, at: usize, code: u32): void {
  const mask: u32 = (1 << bits) - 1;
  let next: u32 = 1 << bits;
  let subtable: u32 = 0;
  let prefix: u32 = 0xffffffff;
  let subBits: u32 = 0;
  let length = bits + 1;
  while (true) {
    let c = load<u32>(LENGTH_COUNTS + (length << 2));
    while (c) {
      if ((code & mask) !== prefix) {
        prefix = code & mask;
        subtable = next;
        subBits = length - bits;
        let filled = c;
        while (filled < u32(1 << subBits)) {
          subBits++;
          filled = (filled << 1) + load<u32>(LENGTH_COUNTS + ((bits + subBits) << 2));
        }
        next = subtable + (1 << subBits);
        store<u32>(
          table + (prefix << 2),
          ENTRY_SPECIAL | ENTRY_SUBTABLE | (subtable << 16) | (subBits << 8) | bits,
        );
      }
      const entry = entryOf(templates, load<u16>(at), length - bits);
      at += 2;
      c--;
      const step: u32 = 1 << (length - bits);
      for (let i = code >> bits; i < u32(1 << subBits); i += step)
        store<u32>(table + ((subtable + i) << 2), entry);
      const all: u32 = (1 << length) - 1;
      if (code === all) return;
      code = nextReversed(code, all);
    }
    length++;
  }
}

/** Repeats the first `size` entries behind themselves. */
function double(table: usize, size: u32): void {
  const bytes: usize = size << 2;
  if (size === 2) store<u64>(table, load<u64>(table), 8);
  else for (let i: usize = 0; i < bytes; i += 16) copy16(table + bytes + i, table + i);
}

function entryOf(templates: usize, symbol: u32, length: u32): u32 {
  return (templates === NO_TEMPLATES ? symbol << 16 : load<u32>(templates + (symbol << 2))) + length * 0x101;
}

/** The next code of the same length, its first bit lowest: adds one from the top. */
function nextReversed(code: u32, mask: u32): u32 {
  const bit: u32 = 1 << (31 - clz(code ^ mask));
  return (code & (bit - 1)) | bit;
}

/** Makes what is the same for all messages. Called once. */
export function initInflate(): void {
  for (let i: u32 = 0; i < END_OF_BLOCK; i++)
    store<u32>(LITERAL_TEMPLATES + (i << 2), ENTRY_LITERAL | (i << 16));
  store<u32>(LITERAL_TEMPLATES + (END_OF_BLOCK << 2), ENTRY_SPECIAL | ENTRY_END);
  let base: u32 = 3;
  for (let i: u32 = 0; i < LENGTH_CODES; i++) {
    const extra = lengthExtra(i);
    if (i === LENGTH_CODES - 1) base = 258;
    store<u32>(LITERAL_TEMPLATES + ((END_OF_BLOCK + 1 + i) << 2), (base << 16) | extra);
    base += 1 << extra;
  }
  for (let i: u32 = 286; i < 288; i++) store<u32>(LITERAL_TEMPLATES + (i << 2), INVALID);
  const lengths = INFLATE_STATE + IN_LENGTHS;
  fixedLiteralLengths(lengths);
  buildTable(FIXED_LITERAL_TABLE, lengths, 288, 9, LITERAL_TEMPLATES);
  fixedDistanceLengths(lengths);
  for (let windowBits: u32 = 8; windowBits < 16; windowBits++) initDistances(windowBits, lengths);
  memory.fill(lengths, 0, 320);

  store<u64>(TAIL, 0xffff0000);
  for (let distance: u32 = 1; distance < 16; distance++) {
    for (let i: u32 = 0; i < 16; i++) store<u8>(PATTERNS + (distance << 4) + i, u8(i % distance));
    store<u8>(PATTERNS + 256 + distance, u8(16 - (16 % distance)));
  }
}

/** Two distance symbols double the distance, so a window of 2^n bytes is that of the first 2n symbols. */
function initDistances(windowBits: u32, lengths: usize): void {
  const templates = distanceTemplates(windowBits);
  let base: u32 = 1;
  for (let i: u32 = 0; i < 32; i++) {
    const extra = distanceExtra(i);
    const valid = i < min<u32>(2 * windowBits, DISTANCE_CODES_COUNT);
    store<u32>(templates + (i << 2), valid ? (base << 16) | extra : INVALID);
    base += 1 << extra;
  }
  buildTable(fixedDistanceTable(windowBits), lengths, 32, 5, templates);
}
