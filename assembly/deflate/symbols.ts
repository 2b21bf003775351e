// The symbols of RFC 1951, section 3.2: where lengths and distances begin, and how many extra bits they have.

/** The order in which the code lengths of the precode are written (section 3.2.7). */
const PRECODE_ORDER: usize = memory.data<u8>([
  16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
]);

export const END_OF_BLOCK: u32 = 256;
export const LENGTH_CODES: u32 = 29;
export const DISTANCE_CODES_COUNT: u32 = 30;
export const MAX_MATCH: usize = 258;

/** The symbol whose length in the precode comes as number `i`. */
export function precodeAt(i: u32): u32 {
  return load<u8>(PRECODE_ORDER + i);
}

/** The extra bits of the length symbol 257 + i. */
export function lengthExtra(i: u32): u32 {
  return i < 8 || i === 28 ? 0 : (i - 4) >> 2;
}

/** The extra bits of a distance symbol. */
export function distanceExtra(symbol: u32): u32 {
  return symbol < 4 ? 0 : (symbol - 2) >> 1;
}

/** The extra bits that follow the symbols 16, 17 and 18 of the precode. */
export function repeatExtra(symbol: u32): u32 {
  return symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
}

/** Writes the lengths of the fixed literal code (section 3.2.6), u8[288]. */
export function fixedLiteralLengths(lengths: usize): void {
  memory.fill(lengths, 8, 144);
  memory.fill(lengths + 144, 9, 112);
  memory.fill(lengths + 256, 7, 24);
  memory.fill(lengths + 280, 8, 8);
}

/** Writes the lengths of the fixed distance code, u8[32]. */
export function fixedDistanceLengths(lengths: usize): void {
  memory.fill(lengths, 5, 32);
}
