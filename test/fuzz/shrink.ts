// Shortens an input that fails.
import { HEADER_BYTES } from "./input.js";

/** More is not tried: a reproducer need not be the shortest there is. */
const MOST_TRIES = 20_000;
const LONGEST_FRAME = 140;

/**
 * Makes an input shorter and plainer, as long as it still fails.
 * @param fails - asked of each attempt
 */
export function shrink(input: Uint8Array, fails: (input: Uint8Array) => boolean): Uint8Array {
  let best = input;
  let tries = 0;
  const attempt = (candidate: Uint8Array): boolean => {
    if (tries++ >= MOST_TRIES || !fails(candidate)) return false;
    best = candidate;
    return true;
  };
  const cutOut = (size: number, step: number): void => {
    for (let at = best.length - size; at >= HEADER_BYTES; at -= step) {
      if (at + size <= best.length) attempt(without(best, at, size));
    }
  };
  for (let size = best.length >> 1; size > 0; size >>= 1) cutOut(size, size);
  // What is in the way of more are whole frames, of any length.
  for (let size = Math.min(best.length, LONGEST_FRAME); size > 0; size--) cutOut(size, 1);
  for (let at = 0; at < best.length; at++) {
    if (best[at] !== 0) attempt(best.with(at, 0));
  }
  return best;
}

function without(bytes: Uint8Array, at: number, length: number): Uint8Array {
  const rest = new Uint8Array(bytes.length - length);
  rest.set(bytes.subarray(0, at));
  rest.set(bytes.subarray(at + length), at);
  return rest;
}
