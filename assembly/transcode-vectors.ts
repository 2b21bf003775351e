// Transcoding with vectors: for each place in a block, what would stand in the output if a character were there; then what is
// real is moved together by a shuffle that a table knows.

import { STATIC_TABLES_END } from "./layout";
import { firstBytes } from "./utf8-vectors";

const ENTRY_SHIFT: u32 = 4;
/** The shuffle that moves a set of 8 lanes of 16 bits together. */
const KEPT_LANES: usize = STATIC_TABLES_END;
/** The same for the bytes of 8 lanes, of which a set has a second one. */
const KEPT_PAIRS: usize = STATIC_TABLES_END + 0x1000;
/** The same for the bytes of 4 lanes of 32 bits, of which the set's low half has a second byte, the high half a third. */
const KEPT_TRIPLES: usize = STATIC_TABLES_END + 0x2000;

if (ASC_FEATURE_SIMD) {
  for (let set: u32 = 0; set < 256; set++) {
    let lanes = KEPT_LANES + (set << ENTRY_SHIFT);
    let pairs = KEPT_PAIRS + (set << ENTRY_SHIFT);
    let triples = KEPT_TRIPLES + (set << ENTRY_SHIFT);
    for (let lane: u32 = 0; lane < 8; lane++) {
      store<u8>(pairs++, u8(2 * lane));
      if ((set >> lane) & 1) {
        store<u8>(pairs++, u8(2 * lane + 1));
        store<u16>(lanes, u16(0x0202 * lane + 0x0100));
        lanes += 2;
      }
    }
    for (let lane: u32 = 0; lane < 4; lane++) {
      store<u8>(triples++, u8(4 * lane));
      if ((set >> lane) & 1) store<u8>(triples++, u8(4 * lane + 1));
      if ((set >> lane) & 0x10) store<u8>(triples++, u8(4 * lane + 2));
    }
  }
}

// Spread over all lanes where a loop begins: V8 makes a v128.const again in every round.
const X01: usize = memory.data<u8>([0x01]);
const X03: usize = memory.data<u8>([0x03]);
const X0F: usize = memory.data<u8>([0x0f]);
const X1C: usize = memory.data<u8>([0x1c]);
const X3F: usize = memory.data<u8>([0x3f]);
const XBF: usize = memory.data<u8>([0xbf]);
const XC0: usize = memory.data<u8>([0xc0]);
const XD8: usize = memory.data<u8>([0xd8]);
const XDC: usize = memory.data<u8>([0xdc]);
const XDF: usize = memory.data<u8>([0xdf]);
const XEF: usize = memory.data<u8>([0xef]);

/** Decodes UTF-8, valid and whole. @returns the address behind the UTF-16 at `to` */
export function utf8ToUtf16Blocks(ptr: usize, end: usize, to: usize): usize {
  const x0f = v128.load8_splat(X0F);
  const x3f = v128.load8_splat(X3F);
  const xbf = v128.load8_splat(XBF);
  const xc0 = v128.load8_splat(XC0);
  const xdf = v128.load8_splat(XDF);
  const xef = v128.load8_splat(XEF);
  const zeros = i8x16.splat(0);
  // Which bytes of the block before begin a sequence of four.
  let foursBefore = zeros;
  while (ptr < end) {
    const one = v128.load(ptr);
    const long = i8x16.lt_s(one, zeros);
    if (end - ptr >= 16 && !v128.any_true(long)) {
      v128.store(to, i16x8.extend_low_i8x16_u(one));
      v128.store(to, i16x8.extend_high_i8x16_u(one), 16);
      foursBefore = zeros;
      ptr += 16;
      to += 32;
      continue;
    }
    // At each place the low and the high byte of the character that begins there, of two bytes, 110aaabb 10bbbbbb, or
    // of three, 1110aaaa 10aaaabb 10bbbbbb: aaaa aaaa in `high`, bb bbbbbb in `low`.
    const two = v128.load(ptr, 1);
    const three = v128.load(ptr, 2);
    const threes = i8x16.gt_s(one, xdf);
    const middle = v128.bitselect(two, one, threes);
    const last = v128.bitselect(three, two, threes);
    let low = v128.or(v128.and(i16x8.shl(middle, 6), xc0), v128.and(last, x3f));
    let high = v128.and(i16x8.shr_u(middle, 2), x0f);
    high = v128.or(high, v128.and(i16x8.shl(v128.and(one, x0f), 4), threes));
    low = v128.bitselect(low, one, long);
    high = v128.and(high, long);
    let kept = i8x16.gt_s(one, xbf);
    const fours = i8x16.gt_u(one, xef);
    if (v128.any_true(v128.or(fours, foursBefore))) {
      // 11110aaa 10aabbbb 10ccccdd 10dddddd: the high surrogate, 110110aa aabbbbcc with aaaaa less 1, is at the first
      // byte's place. The low one, 110111cc dddddddd, is at the third's, where its low byte stands already.
      const x03 = v128.load8_splat(X03);
      const planes = i8x16.sub(
        v128.or(v128.and(i16x8.shl(one, 2), v128.load8_splat(X1C)), v128.and(i16x8.shr_u(two, 4), x03)),
        v128.load8_splat(X01),
      );
      const bits = v128.or(i16x8.shl(v128.and(two, x0f), 2), v128.and(i16x8.shr_u(three, 4), x03));
      low = v128.bitselect(v128.or(v128.and(i16x8.shl(planes, 6), xc0), bits), low, fours);
      const highest = v128.or(v128.and(i16x8.shr_u(planes, 2), x03), v128.load8_splat(XD8));
      high = v128.bitselect(highest, high, fours);
      // biome-ignore format: in one line
      const thirds = i8x16.shuffle(foursBefore, fours, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
      high = v128.bitselect(v128.or(v128.and(high, x03), v128.load8_splat(XDC)), high, thirds);
      kept = v128.or(kept, thirds);
    }
    foursBefore = fours;
    let set: u32 = i8x16.bitmask(kept);
    if (end - ptr < 16) set &= (1 << u32(end - ptr)) - 1;
    ptr += 16;
    // biome-ignore format: in one line
    to = storeKept(to, i8x16.shuffle(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), set & 0xff);
    // biome-ignore format: in one line
    to = storeKept(to, i8x16.shuffle(low, high, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), set >> 8);
  }
  return to;
}

/** Stores those of 8 units that are in a set. @returns the address behind them */
function storeKept(to: usize, units: v128, set: u32): usize {
  v128.store(to, i8x16.swizzle(units, v128.load(KEPT_LANES + (set << ENTRY_SHIFT))));
  return to + (popcnt(set) << 1);
}

const W003: usize = memory.data<u16>([0x03]);
const W00F: usize = memory.data<u16>([0x0f]);
const W03F: usize = memory.data<u16>([0x3f]);
const W040: usize = memory.data<u16>([0x40]);
const W080: usize = memory.data<u16>([0x80]);
const W0C0: usize = memory.data<u16>([0xc0]);
const W0E0: usize = memory.data<u16>([0xe0]);
const W0F0: usize = memory.data<u16>([0xf0]);
const W3FF: usize = memory.data<u16>([0x3ff]);
const W800: usize = memory.data<u16>([0x800]);
/** What tells surrogates by their first six bits, what those of a high one are, of a low one, and what stands for a lone one. */
const FIRST_SIX: usize = memory.data<u16>([0xfc00]);
const HIGH: usize = memory.data<u16>([0xd800]);
const LOW: usize = memory.data<u16>([0xdc00]);
const REPLACEMENT: usize = memory.data<u16>([0xfffd]);

/** Encodes UTF-16; a lone surrogate becomes U+FFFD. @returns the address behind the UTF-8 at `to` */
export function utf16ToUtf8Blocks(ptr: usize, end: usize, to: usize): usize {
  let before = i16x8.splat(0);
  while (ptr < end) {
    const left = end - ptr;
    let units = v128.load(ptr);
    // Zeros behind the end, a byte each, which don't count in the end.
    if (left < 16) units = v128.and(units, firstBytes(left));
    ptr += 16;
    const threes = i16x8.ge_u(units, v128.load16_splat(W800));
    let threesSet: u32 = i16x8.bitmask(threes);
    const twos = i16x8.ge_u(units, v128.load16_splat(W080));
    const twosSet: u32 = i16x8.bitmask(twos);
    const previous = i16x8.shuffle(before, units, 7, 8, 9, 10, 11, 12, 13, 14);
    before = units;
    if (!twosSet) {
      v128.store(to, i8x16.narrow_i16x8_u(units, units));
      to += 8;
      continue;
    }
    let surrogates = i16x8.splat(0);
    let highs = surrogates;
    if (threesSet) {
      const firstSix = v128.load16_splat(FIRST_SIX);
      const high = v128.load16_splat(HIGH);
      const low = v128.load16_splat(LOW);
      const first = v128.and(units, firstSix);
      highs = i16x8.eq(first, high);
      const lows = i16x8.eq(first, low);
      surrogates = v128.or(highs, lows);
      if (v128.any_true(surrogates)) {
        let next = v128.load(ptr - 14);
        if (left <= 16) next = v128.and(next, firstBytes(left - 2));
        const followed = v128.and(highs, i16x8.eq(v128.and(next, firstSix), low));
        const following = v128.and(lows, i16x8.eq(v128.and(previous, firstSix), high));
        const pairs = v128.or(followed, following);
        units = v128.bitselect(v128.load16_splat(REPLACEMENT), units, v128.andnot(surrogates, pairs));
        surrogates = pairs;
        threesSet ^= i16x8.bitmask(pairs);
      }
    }
    // Of each unit the bytes that it takes if it takes two: 110aaaaa 10bbbbbb.
    const x3f = v128.load16_splat(W03F);
    const x80 = v128.load16_splat(W080);
    const sixes = i16x8.shr_u(units, 6);
    const last = v128.or(v128.and(units, x3f), x80);
    let bytes = v128.or(v128.or(sixes, v128.load16_splat(W0C0)), i16x8.shl(last, 8));
    bytes = v128.bitselect(bytes, units, twos);
    if (!threesSet && !v128.any_true(surrogates)) {
      v128.store(to, i8x16.swizzle(bytes, v128.load(KEPT_PAIRS + (twosSet << ENTRY_SHIFT))));
      to += 8 + popcnt(twosSet);
      continue;
    }
    // And if it takes three: 1110aaaa 10bbbbbb, then 10cccccc.
    let middle = v128.or(v128.and(sixes, x3f), x80);
    const first = v128.or(i16x8.shr_u(units, 12), v128.load16_splat(W0E0));
    bytes = v128.bitselect(v128.or(first, i16x8.shl(middle, 8)), bytes, threes);
    if (v128.any_true(surrogates)) {
      // Two of the bytes each: 110110aa aabbbbcc gives 11110aaa 10aabbbb, with 1 added to aaaa, and 110111dd ddeeeeee with
      // the cc before it 10ccdddd 10eeeeee.
      const plane = i16x8.add(v128.and(units, v128.load16_splat(W3FF)), v128.load16_splat(W040));
      middle = v128.or(v128.and(i16x8.shr_u(plane, 2), x3f), x80);
      const one = v128.or(v128.or(i16x8.shr_u(plane, 8), v128.load16_splat(W0F0)), i16x8.shl(middle, 8));
      const cs = i16x8.shl(v128.and(previous, v128.load16_splat(W003)), 4);
      const third = v128.or(v128.or(v128.and(sixes, v128.load16_splat(W00F)), cs), x80);
      const other = v128.or(third, i16x8.shl(last, 8));
      bytes = v128.bitselect(v128.bitselect(one, other, highs), bytes, surrogates);
    }
    // biome-ignore format: in one line
    const lowFour = i16x8.shuffle(bytes, last, 0, 8, 1, 9, 2, 10, 3, 11);
    to = storeTriples(to, lowFour, (twosSet & 0x0f) | ((threesSet & 0x0f) << 4));
    // biome-ignore format: in one line
    const highFour = i16x8.shuffle(bytes, last, 4, 12, 5, 13, 6, 14, 7, 15);
    to = storeTriples(to, highFour, (twosSet >> 4) | (threesSet & 0xf0));
  }
  return to - ((ptr - end) >> 1);
}

/** Stores the bytes of 4 units, of which the set says how many each has. @returns the address behind them */
function storeTriples(to: usize, units: v128, set: u32): usize {
  v128.store(to, i8x16.swizzle(units, v128.load(KEPT_TRIPLES + (set << ENTRY_SHIFT))));
  return to + 4 + popcnt(set);
}
