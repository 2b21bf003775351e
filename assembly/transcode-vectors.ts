// Transcoding of UTF-8 to UTF-16 with vectors, 16 bytes at a time. Step one computes a UTF-16 unit for each of the 16
// places, as if a character began there. Step two moves the units of those places where one does begin together, with a
// shuffle from a table: it has one for each set of 8 places.

import { STATIC_TABLES_END } from "./layout";

const ENTRY_SHIFT: u32 = 4;
/** The table: 256 shuffles of 16 bytes. Each moves the 16-bit lanes that are in a set to the front, in their order. */
const KEPT_LANES: usize = STATIC_TABLES_END;

// Computed when the kernel is instantiated, so that 4 KiB need not be part of the binary.
if (ASC_FEATURE_SIMD) {
  for (let set: u32 = 0; set < 256; set++) {
    let lanes = KEPT_LANES + (set << ENTRY_SHIFT);
    for (let lane: u32 = 0; lane < 8; lane++) {
      if ((set >> lane) & 1) {
        // The numbers of the lane's two bytes, little-endian.
        store<u16>(lanes, u16(0x0202 * lane + 0x0100));
        lanes += 2;
      }
    }
  }
}

// Constants of the loop below, a byte each, which is spread over a vector in front of the loop. They are in memory for
// the same reason as those of utf8-vectors.ts.
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

/**
 * Transcodes UTF-8 that is valid and ends with a whole character.
 * @returns where the UTF-16 that begins at `to` ends
 */
export function utf8ToUtf16Blocks(ptr: usize, end: usize, to: usize): usize {
  const x0f = v128.load8_splat(X0F);
  const x3f = v128.load8_splat(X3F);
  const xbf = v128.load8_splat(XBF);
  const xc0 = v128.load8_splat(XC0);
  const xdf = v128.load8_splat(XDF);
  const xef = v128.load8_splat(XEF);
  const zeros = i8x16.splat(0);
  // Lanes of the block before whose bytes begin a sequence of four.
  let foursBefore = zeros;
  while (ptr < end) {
    // Lane i: the byte at place i, and further down those one and two places after it.
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
    // The high and the low byte of the unit at each place. A sequence of two bytes is 110aaabb 10bbbbbb, one of three
    // 1110aaaa 10aaaabb 10bbbbbb: the a's go to `high`, the b's to `low`.
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
      // A sequence of four, 11110aaa 10aabbbb 10ccccdd 10dddddd, is two units. The high surrogate, 110110aa aabbbbcc
      // with 1 less in aaaaa, goes to the place of the first byte. The low one, 110111cc dddddddd, goes to that of the
      // third, where the code above has left its low byte already.
      const x03 = v128.load8_splat(X03);
      const planes = i8x16.sub(
        v128.or(v128.and(i16x8.shl(one, 2), v128.load8_splat(X1C)), v128.and(i16x8.shr_u(two, 4), x03)),
        v128.load8_splat(X01),
      );
      const bits = v128.or(i16x8.shl(v128.and(two, x0f), 2), v128.and(i16x8.shr_u(three, 4), x03));
      low = v128.bitselect(v128.or(v128.and(i16x8.shl(planes, 6), xc0), bits), low, fours);
      const highest = v128.or(v128.and(i16x8.shr_u(planes, 2), x03), v128.load8_splat(XD8));
      high = v128.bitselect(highest, high, fours);
      // Places two after the first byte of a sequence of four, which may be in the block before.
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

/** Stores those of 8 units that are in a set. @returns where they end */
function storeKept(to: usize, units: v128, set: u32): usize {
  v128.store(to, i8x16.swizzle(units, v128.load(KEPT_LANES + (set << ENTRY_SHIFT))));
  return to + (popcnt(set) << 1);
}
