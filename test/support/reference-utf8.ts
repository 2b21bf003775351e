// UTF-8 as table 3-7 of the Unicode standard has it, byte by byte and as naive as can be.
import type { Random } from "./reference-random.js";

type Range = readonly [low: number, high: number];
/** The ranges of a sequence's bytes. */
type Row = readonly [Range, ...Range[]];

const TAIL: Range = [0x80, 0xbf];

/** The well-formed byte sequences, a row for each form. */
const TABLE_3_7: readonly Row[] = [
  [[0x00, 0x7f]],
  [[0xc2, 0xdf], TAIL],
  [[0xe0, 0xe0], [0xa0, 0xbf], TAIL],
  [[0xe1, 0xec], TAIL, TAIL],
  [[0xed, 0xed], [0x80, 0x9f], TAIL],
  [[0xee, 0xef], TAIL, TAIL],
  [[0xf0, 0xf0], [0x90, 0xbf], TAIL, TAIL],
  [[0xf1, 0xf3], TAIL, TAIL, TAIL],
  [[0xf4, 0xf4], [0x80, 0x8f], TAIL, TAIL],
];

export interface Utf8Verdict {
  /** Index of the first byte at which the text can no longer become valid, or -1. */
  readonly bad: number;
  /** The unfinished sequence at the end as the kernels write it: `needed | lower << 8 | upper << 16`. */
  readonly carry: number;
}

export function referenceUtf8(bytes: ArrayLike<number>): Utf8Verdict {
  let at = 0;
  while (at < bytes.length) {
    // No byte begins two rows.
    const row = TABLE_3_7.find(([[low, high]]) => isWithin(bytes[at], low, high));
    if (row === undefined) return { bad: at, carry: 0 };
    const matched = matchedBytes(row, bytes, at);
    const next = row[matched];
    if (next !== undefined) {
      if (at + matched < bytes.length) return { bad: at + matched, carry: 0 };
      return { bad: -1, carry: (row.length - matched) | (next[0] << 8) | (next[1] << 16) };
    }
    at += matched;
  }
  return { bad: -1, carry: 0 };
}

function isWithin(byte: number | undefined, low: number, high: number): boolean {
  return byte !== undefined && byte >= low && byte <= high;
}

/** How many of a row's ranges hold the bytes from `at` on. */
function matchedBytes(row: Row, bytes: ArrayLike<number>, at: number): number {
  let matched = 0;
  for (const [low, high] of row) {
    if (!isWithin(bytes[at + matched], low, high)) break;
    matched++;
  }
  return matched;
}

/** Valid text of about `length` bytes with characters of up to `widest` bytes. */
export function randomText(random: Random, length: number, widest = 4): number[] {
  const text: number[] = [];
  while (text.length < length) {
    const row = random.pick(TABLE_3_7.filter((each) => each.length <= widest));
    for (const [low, high] of row) text.push(random.between(low, high));
  }
  return text;
}
