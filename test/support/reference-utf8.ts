// UTF-8 as table 3-7 of the Unicode standard has it, byte by byte and as naive as can be.
import type { Random } from "./reference-random.js";

type Range = readonly [low: number, high: number];

const TAIL: Range = [0x80, 0xbf];

/** The well-formed byte sequences, a row for each form. */
const TABLE_3_7: readonly (readonly Range[])[] = [
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
    let longest = 0;
    let open: readonly Range[] | undefined;
    for (const row of TABLE_3_7) {
      const matched = matchedBytes(row, bytes, at);
      if (matched >= longest) {
        longest = matched;
        open = row;
      }
    }
    const row = open ?? [];
    const next = row[longest];
    if (next === undefined) {
      at += longest;
    } else if (longest > 0 && at + longest === bytes.length) {
      return { bad: -1, carry: (row.length - longest) | (next[0] << 8) | (next[1] << 16) };
    } else {
      return { bad: at + longest, carry: 0 };
    }
  }
  return { bad: -1, carry: 0 };
}

/** How many of a row's ranges hold the bytes from `at` on. */
function matchedBytes(row: readonly Range[], bytes: ArrayLike<number>, at: number): number {
  let matched = 0;
  for (const [low, high] of row) {
    const byte = bytes[at + matched];
    if (byte === undefined || byte < low || byte > high) break;
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
