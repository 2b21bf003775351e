// The header in front of a frame's payload (section 5.2).
import { LENGTH_16, LENGTH_64, MASK, MAX_LENGTH_7, MAX_LENGTH_16 } from "./opcode.js";

/** Bytes of the shortest header for a payload of this length; a masking key takes 4 more. */
export function headerLength(length: number): number {
  return length <= MAX_LENGTH_7 ? 2 : length <= MAX_LENGTH_16 ? 4 : 10;
}

/** Writes the shortest header at `bytes[at]`. */
export function writeHeader(
  bytes: Uint8Array,
  at: number,
  first: number,
  length: number,
  key: number | undefined,
): void {
  const mask = key === undefined ? 0 : MASK;
  let p = at;
  bytes[p++] = first;
  if (length <= MAX_LENGTH_7) {
    bytes[p++] = mask | length;
  } else if (length <= MAX_LENGTH_16) {
    bytes[p++] = mask | LENGTH_16;
    p = writeBigEndian(bytes, p, length, 2);
  } else {
    bytes[p++] = mask | LENGTH_64;
    p = writeBigEndian(bytes, p, Math.floor(length / 0x1_0000_0000), 4);
    p = writeBigEndian(bytes, p, length, 4);
  }
  if (key === undefined) return;
  bytes[p++] = key;
  bytes[p++] = key >>> 8;
  bytes[p++] = key >>> 16;
  bytes[p] = key >>> 24;
}

function writeBigEndian(bytes: Uint8Array, at: number, value: number, count: number): number {
  for (let i = 0; i < count; i++) bytes[at + i] = value >>> (8 * (count - 1 - i));
  return at + count;
}
