// Checks that text which is sent as bytes is UTF-8 (section 8.1).
import * as layout from "../kernel/generated/layout.js";
import { BAD_UTF8 } from "../kernel/kernel.js";
import type { LinearMemory } from "../memory/linear-memory.js";

const BAD_BYTE_WORD = (layout.STATE_PTR + layout.STATE_BAD_BYTE) >>> 2;

/** The most bytes of UTF-8 that are checked at a time. */
const MOST_BYTES = layout.SCRATCH_WINDOW_LENGTH;

/**
 * Checks bytes in linear memory that continue a message of text (section 8.1).
 * @param carry - the result for the previous bytes, 0 at the start
 * @param final - whether the message ends with them
 * @throws TypeError if they are not UTF-8
 * @throws KernelTrap
 */
export function assertUtf8At(
  linear: LinearMemory,
  ptr: number,
  length: number,
  carry: number,
  final: boolean,
): number {
  const open = linear.validateUtf8(ptr, length, carry);
  if (open === BAD_UTF8 || (final && open !== 0)) throw new TypeError("text must be UTF-8");
  return open;
}

/** Checks bytes outside of linear memory, which must not change meanwhile, in the way of {@link assertUtf8At}. */
export function assertUtf8(linear: LinearMemory, bytes: Uint8Array, carry = 0, final = true): number {
  let open = carry;
  let at = 0;
  do {
    const length = Math.min(bytes.length - at, MOST_BYTES);
    linear.copyIn(layout.SCRATCH_WINDOW_PTR, bytes, length, at);
    at += length;
    open = assertUtf8At(linear, layout.SCRATCH_WINDOW_PTR, length, open, final && at === bytes.length);
  } while (at < bytes.length);
  return open;
}

/**
 * Checks received bytes, `bytes[start, start + length)`, in linear memory or elsewhere. They must not change meanwhile.
 * @param carry - the unfinished character of the bytes before, 0 at the start
 * @returns the unfinished character at the end, 0 if there is none; or -1 less the offset of the first bad byte
 * @throws KernelTrap
 */
export function checkUtf8(
  linear: LinearMemory,
  bytes: Uint8Array,
  start: number,
  length: number,
  carry: number,
): number {
  const inPlace = bytes === linear.memory;
  let open = carry;
  for (let at = 0; at < length; ) {
    const count = Math.min(length - at, MOST_BYTES);
    const ptr = inPlace ? start + at : layout.SCRATCH_WINDOW_PTR;
    if (!inPlace) linear.copyIn(ptr, bytes, count, start + at);
    open = linear.validateUtf8(ptr, count, open);
    if (open === BAD_UTF8) return -1 - (at + (linear.words[BAD_BYTE_WORD] ?? 0) - ptr);
    at += count;
  }
  return open;
}
