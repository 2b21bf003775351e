// Checks that text which is sent as bytes is UTF-8 (section 8.1).
import * as layout from "../kernel/generated/layout.js";
import { BAD_UTF8 } from "../kernel/kernel.js";
import type { LinearMemory } from "../memory/linear-memory.js";

/** The most UTF-8 that is checked in one go. */
const MOST_BYTES = layout.SCRATCH_WINDOW_LENGTH;

/**
 * Checks bytes in linear memory that are to go on with a message of text (section 8.1).
 * @param carry - what this returned for the bytes before, 0 at the start
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
