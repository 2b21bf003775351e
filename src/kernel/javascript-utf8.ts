// Incremental UTF-8 validation in plain JavaScript, after table 3-7 of the Unicode standard (RFC 3629 section 4).

/** What a run of bytes came to. The one object is used again by each call. */
export interface Utf8Result {
  /** The unfinished sequence at the end: `needed | lower << 8 | upper << 16`, or 0. */
  carry: number;
  /** Address of the first byte that no valid text could have there, or -1. */
  badByte: number;
  /** Whether every byte was below 0x80 and no sequence was unfinished before. */
  ascii: boolean;
}

const result: Utf8Result = { carry: 0, badByte: -1, ascii: true };

/** For each lead byte: `needed | lower << 8 | upper << 16` as in a carry, 0 for bytes that lead nothing. */
const LEADS = leadTable();

function leadTable(): Uint32Array {
  const table = new Uint32Array(256);
  const set = (from: number, to: number, needed: number, lower = 0x80, upper = 0xbf) => {
    table.fill(needed | (lower << 8) | (upper << 16), from, to + 1);
  };
  set(0xc2, 0xdf, 1);
  set(0xe0, 0xe0, 2, 0xa0);
  set(0xe1, 0xef, 2);
  set(0xed, 0xed, 2, 0x80, 0x9f);
  set(0xf0, 0xf0, 3, 0x90);
  set(0xf1, 0xf3, 3);
  set(0xf4, 0xf4, 3, 0x80, 0x8f);
  return table;
}

const ANY_CONTINUATION = (0x80 << 8) | (0xbf << 16);

/** Validates `memory[ptr, end)`, going on from `carry`. The result is valid until the next call. */
export function validate(memory: Uint8Array, ptr: number, end: number, carry: number): Utf8Result {
  let ascii = carry === 0;
  let open = carry;
  result.badByte = -1;
  for (let p = ptr; p < end; p++) {
    const byte = memory[p] ?? 0;
    if (open === 0) {
      if (byte < 0x80) continue;
      ascii = false;
      open = LEADS[byte] ?? 0;
      if (open === 0) return badByte(p);
    } else {
      if (byte < ((open >>> 8) & 0xff) || byte > open >>> 16) return badByte(p);
      const needed = (open & 3) - 1;
      open = needed === 0 ? 0 : needed | ANY_CONTINUATION;
    }
  }
  result.carry = open;
  result.ascii = ascii;
  return result;
}

function badByte(ptr: number): Utf8Result {
  result.carry = 0;
  result.badByte = ptr;
  result.ascii = false;
  return result;
}
