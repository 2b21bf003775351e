// The symbols and codes that are the same for all blocks that deflate writes.
import { assignCodes } from "./huffman";
import {
  CODE_LENGTHS,
  DISTANCE_EXTRAS,
  FIXED_DISTANCE_CODES,
  FIXED_LITERAL_CODES,
  LENGTH_EXTRAS,
  LENGTH_SYMBOLS,
} from "./layout";
import {
  distanceExtra,
  fixedDistanceLengths,
  fixedLiteralLengths,
  LENGTH_CODES,
  lengthExtra,
} from "./symbols";

/** The entry of a length: symbol - 257 | extra bits << 8 | first length of the symbol << 16. */
export function lengthEntry(length: usize): u32 {
  return load<u32>(LENGTH_SYMBOLS + (length << 2));
}

/** The symbol of a distance less one. */
export function distanceSymbol(d: u32): u32 {
  const top = 31 - clz(d | 1);
  return select<u32>((top << 1) + ((d >> (top - 1)) & 1), d, d > 1);
}

/** Makes what is the same for all messages. Called once. */
export function initDeflate(): void {
  let base: u32 = 3;
  for (let i: u32 = 0; i < LENGTH_CODES; i++) {
    const extra = lengthExtra(i);
    if (i === LENGTH_CODES - 1) base = 258;
    for (let j: u32 = 0; j < u32(1 << extra); j++) {
      if (base + j <= 258) store<u32>(LENGTH_SYMBOLS + ((base + j) << 2), i | (extra << 8) | (base << 16));
    }
    base += 1 << extra;
    // The table begins with the end of the block.
    store<u32>(LENGTH_EXTRAS + ((i + 1) << 2), extra << 16);
  }
  for (let i: u32 = 0; i < 30; i++) store<u32>(DISTANCE_EXTRAS + (i << 2), distanceExtra(i) << 16);
  fixedLiteralLengths(CODE_LENGTHS);
  assignCodes(CODE_LENGTHS, 288, FIXED_LITERAL_CODES);
  fixedDistanceLengths(CODE_LENGTHS);
  assignCodes(CODE_LENGTHS, 32, FIXED_DISTANCE_CODES);
}
