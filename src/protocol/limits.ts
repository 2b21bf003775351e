import { integer, readOptions } from "./option-readers.js";

/** What one peer may make an endpoint hold or do. */
export interface Limits {
  /** Payload bytes of one message, over all of its fragments. Default 1 MiB; `Infinity` for none. */
  readonly maxMessageBytes: number;
  /** Data frames of one message. Default 131,072: they cost no memory of their own, so this bounds CPU only. */
  readonly maxFragments: number;
}

/** The limits of who sets none. */
export const DEFAULT_LIMITS: Limits = { maxMessageBytes: 1 << 20, maxFragments: 131_072 };

/** How limits are read. */
export const LIMIT_READERS = {
  maxMessageBytes: integer(0, Number.POSITIVE_INFINITY),
  maxFragments: integer(1, 0xffffffff),
};

/**
 * Completes limits with the defaults.
 * @throws TypeError if a limit is no number; RangeError if it is not a non-negative integer, or `Infinity` for `maxMessageBytes`
 */
export function resolveLimits(limits: Partial<Limits> = {}): Limits {
  if (limits === lastFrozen) return last;
  const given = readOptions<Partial<Limits>>(limits, LIMIT_READERS, "limits");
  const { maxMessageBytes = DEFAULT_LIMITS.maxMessageBytes, maxFragments = DEFAULT_LIMITS.maxFragments } =
    given;
  const same = last.maxMessageBytes === maxMessageBytes && last.maxFragments === maxFragments;
  if (!same) last = { maxMessageBytes, maxFragments };
  lastFrozen = Object.isFrozen(limits) ? limits : undefined;
  return last;
}

/** What {@link last} was made of, if it can't change: a server gives the same for each connection. */
let lastFrozen: Partial<Limits> | undefined;

/** Shared by those that have the same, as all connections of a server do. */
let last = DEFAULT_LIMITS;
