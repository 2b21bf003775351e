// Headers that a read has cut: their first bytes are kept in the state, and put in front of the next read.

import { STATE_PTR, STATE_SPILL, STATE_SPILL_LENGTH } from "./layout";

const SPILL_PTR: usize = STATE_PTR + STATE_SPILL;

/** Puts the header bytes that the last call kept in front of `start`. @returns where the header begins */
export function restoreSpill(start: usize): usize {
  const length: usize = load<u32>(STATE_PTR + STATE_SPILL_LENGTH);
  const ptr = start - length;
  for (let i: usize = 0; i < length; i++) store<u8>(ptr + i, load<u8>(SPILL_PTR + i));
  return ptr;
}

/** Keeps `length` header bytes at `ptr`, 13 at most, for the next call. */
export function saveSpill(ptr: usize, length: usize): void {
  store<u32>(STATE_PTR + STATE_SPILL_LENGTH, u32(length));
  for (let i: usize = 0; i < length; i++) store<u8>(SPILL_PTR + i, load<u8>(ptr + i));
}
