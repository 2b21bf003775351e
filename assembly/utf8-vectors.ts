// UTF-8 validation with vectors, after Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte"
// (2021).
//
// All rules but one are about two neighbouring bytes, and depend on three of their nibbles: both of the first byte and
// the high one of the second. For each of the three there is a table with a set of rules, a bit for each, that a pair
// with this nibble may break. The rules that are in all three sets are broken. The remaining rule is about bytes two
// and three places apart: the third and fourth bytes of a sequence are continuations, and no other second continuation
// is right.

// The rules that a pair of bytes can break, a bit for each.
const TOO_SHORT: u8 = 1 << 0; // a first byte, then no continuation
const TOO_LONG: u8 = 1 << 1; // ASCII, then a continuation
const OVERLONG_3: u8 = 1 << 2; // E0, then 80-9F
const TOO_LARGE: u8 = 1 << 3; // F4, then 90-BF; F5-FF, then 90-BF
const SURROGATE: u8 = 1 << 4; // ED, then A0-BF
const OVERLONG_2: u8 = 1 << 5; // C0 or C1, then a continuation
const OVERLONG_4: u8 = 1 << 6; // F0, then 80-8F
const TOO_LARGE_8: u8 = 1 << 6; // F5-FF, then 80-8F: the same bit, for the first nibbles differ
/**
 * Two continuations: right if the second is the third or fourth byte of a sequence, and broken else. It has the highest
 * bit, as the check of that remaining rule has, so that XOR compares the two.
 */
const TWO_CONTINUATIONS: u8 = 1 << 7;

/** Rules that do not depend on the low nibble of the first byte. */
const ANY_LOW: u8 = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS;
const LOW_5_TO_F: u8 = ANY_LOW | TOO_LARGE | TOO_LARGE_8;
const CONTINUATION: u8 = TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS;

/** The rules that a pair may break, by the high nibble of its first byte. */
const FIRST_HIGH: usize = memory.data<u8>(
  // biome-ignore format: in groups
  [
    TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
    TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS,
    TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE,
    TOO_SHORT | TOO_LARGE | TOO_LARGE_8 | OVERLONG_4,
  ],
  16,
);

/** The same by the low nibble of its first byte. */
const FIRST_LOW: usize = memory.data<u8>(
  // biome-ignore format: in groups
  [
    ANY_LOW | OVERLONG_2 | OVERLONG_3 | OVERLONG_4, ANY_LOW | OVERLONG_2, ANY_LOW, ANY_LOW, ANY_LOW | TOO_LARGE,
    LOW_5_TO_F, LOW_5_TO_F, LOW_5_TO_F, LOW_5_TO_F, LOW_5_TO_F, LOW_5_TO_F, LOW_5_TO_F, LOW_5_TO_F,
    LOW_5_TO_F | SURROGATE, LOW_5_TO_F, LOW_5_TO_F,
  ],
  16,
);

/** The same by the high nibble of its second byte. */
const SECOND_HIGH: usize = memory.data<u8>(
  // biome-ignore format: in groups
  [
    TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
    CONTINUATION | OVERLONG_3 | OVERLONG_4, CONTINUATION | OVERLONG_3 | TOO_LARGE,
    CONTINUATION | SURROGATE | TOO_LARGE, CONTINUATION | SURROGATE | TOO_LARGE,
    TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
  ],
  16,
);

/**
 * Sixteen bytes of ones and sixteen of zeros. A vector loaded `n` bytes before the zeros is a mask of the first `n`
 * lanes.
 */
const ONES_AND_ZEROS: usize = memory.data<u64>([~0, ~0, 0, 0], 16);
const ZEROS: usize = ONES_AND_ZEROS + 16;

// Constants of the loop below. They are in memory because V8 builds a v128.const again in every round, which makes 64
// KiB of mixed text 15 % slower on Node 20 (`utf8 mixed` of bench/kernels.js).
const NIBBLES: usize = memory.data<u32>([0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f], 16);
const HIGHEST_BITS: usize = memory.data<u32>([0x80808080, 0x80808080, 0x80808080, 0x80808080], 16);
/**
 * Subtracted from a byte with saturation, it leaves the highest bit to E0-FF only: sequences with a third byte begin
 * so.
 */
const BELOW_THIRD: usize = memory.data<u32>([0x60606060, 0x60606060, 0x60606060, 0x60606060], 16);
/** The same for F0-FF: sequences with a fourth byte begin so. */
const BELOW_FOURTH: usize = memory.data<u32>([0x70707070, 0x70707070, 0x70707070, 0x70707070], 16);
/** The largest bytes that a vector may have, by their place, if no sequence goes on behind it. */
const COMPLETE: usize = memory.data<u32>([0xffffffff, 0xffffffff, 0xffffffff, 0xbfdfefff], 16);

/** The number of bytes between two checks for broken rules. */
const BLOCK: usize = 64;

/**
 * Goes over text that begins with a character for as long as it is valid.
 * @returns the start of a character, before which all is valid. Behind it is either a bad byte, within 64 bytes, or
 * only the sequence that is unfinished at `end`
 */
export function skipValid(start: usize, end: usize): usize {
  const firstHigh = v128.load(FIRST_HIGH);
  const firstLow = v128.load(FIRST_LOW);
  const secondHigh = v128.load(SECOND_HIGH);
  const nibbles = v128.load(NIBBLES);
  const highest = v128.load(HIGHEST_BITS);
  const belowThird = v128.load(BELOW_THIRD);
  const belowFourth = v128.load(BELOW_FOURTH);
  const whole = withoutUnfinished(start, end);
  let ptr = start;
  let before = i8x16.splat(0);
  let between = true;
  while (ptr < whole) {
    // `before` may stay as it is: it ends with a whole character, as the skipped blocks do, and only that matters.
    if (between) ptr = skipAsciiBlocks(ptr, whole);
    const block = ptr;
    const stop = whole - ptr < BLOCK ? whole : ptr + BLOCK;
    let broken = i8x16.splat(0);
    while (ptr < stop) {
      let input = v128.load(ptr);
      // Bytes behind the end become zeros. They are ASCII, so a sequence that goes on there shows as too short.
      if (stop - ptr < 16) input = v128.and(input, v128.load(ZEROS - (stop - ptr)));
      // Lane i of these: the byte one, two and three places before that of lane i of the input.
      // biome-ignore format: in one line
      const previous = i8x16.shuffle(before, input, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
      // biome-ignore format: in one line
      const second = i8x16.shuffle(before, input, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
      // biome-ignore format: in one line
      const third = i8x16.shuffle(before, input, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
      const rules = v128.and(
        v128.and(
          i8x16.swizzle(firstHigh, v128.and(i16x8.shr_u(previous, 4), nibbles)),
          i8x16.swizzle(firstLow, v128.and(previous, nibbles)),
        ),
        i8x16.swizzle(secondHigh, v128.and(i16x8.shr_u(input, 4), nibbles)),
      );
      const wanted = v128.or(i8x16.sub_sat_u(second, belowThird), i8x16.sub_sat_u(third, belowFourth));
      broken = v128.or(broken, v128.xor(rules, v128.and(wanted, highest)));
      before = input;
      ptr += 16;
    }
    if (v128.any_true(broken)) return characterStart(start, block);
    between = !v128.any_true(i8x16.sub_sat_u(before, v128.load(COMPLETE)));
  }
  return between ? whole : characterStart(start, whole);
}

/** Skips blocks of ASCII. @returns where the first other block begins, or the incomplete block at the end */
function skipAsciiBlocks(ptr: usize, end: usize): usize {
  const highest = v128.load(HIGHEST_BITS);
  while (end - ptr >= BLOCK) {
    const low = v128.or(v128.load(ptr), v128.load(ptr, 16));
    const high = v128.or(v128.load(ptr, 32), v128.load(ptr, 48));
    if (v128.any_true(v128.and(v128.or(low, high), highest))) break;
    ptr += BLOCK;
  }
  return ptr;
}

/** The end of the text without the sequence that is unfinished there, if one is. */
function withoutUnfinished(start: usize, end: usize): usize {
  const length = end - start;
  if (length >= 1 && load<u8>(end - 1) >= 0xc0) return end - 1;
  if (length >= 2 && load<u8>(end - 2) >= 0xe0) return end - 2;
  if (length >= 3 && load<u8>(end - 3) >= 0xf0) return end - 3;
  return end;
}

/** Where the character begins that reaches up to `ptr` or beyond it. */
function characterStart(start: usize, ptr: usize): usize {
  const length = ptr - start;
  for (let back: usize = 1; back <= 3 && back <= length; back++) {
    if (load<u8>(ptr - back) >= 0xc0) return ptr - back;
  }
  return ptr;
}
