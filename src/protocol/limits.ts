// The limits of an endpoint, and how they are read.
import { integer, type Optional, readOptions } from "./option-readers.js";

/** Bounds for the memory and the work that one peer can cause. */
export interface Limits {
  /**
   * Payload bytes of one message, over all of its fragments. Default 1 MiB; `Infinity` for none. For endless messages,
   * set `maxFragments` to `Infinity` as well.
   */
  readonly maxMessageBytes: number;
  /**
   * Data frames of one message. Default 131,072: they cost no memory of their own, so this bounds CPU only. `Infinity`
   * for none, and so is any number from 2^32 - 1 on.
   */
  readonly maxFragments: number;
}

/** The default limits. */
export const DEFAULT_LIMITS: Limits = { maxMessageBytes: 1 << 20, maxFragments: 131_072 };

/** How limits are read. */
export const LIMIT_READERS = {
  maxMessageBytes: integer(0, Number.POSITIVE_INFINITY),
  maxFragments: integer(1, Number.POSITIVE_INFINITY),
};

/**
 * Completes limits with the defaults.
 * @throws TypeError if a limit is no number; RangeError if it is not a non-negative integer or `Infinity`
 */
export function resolveLimits(limits: Optional<Limits> = {}): Limits {
  const { maxMessageBytes, maxFragments } = readOptions<Optional<Limits>>(limits, LIMIT_READERS, "limits");
  return {
    maxMessageBytes: maxMessageBytes ?? DEFAULT_LIMITS.maxMessageBytes,
    maxFragments: maxFragments ?? DEFAULT_LIMITS.maxFragments,
  };
}
