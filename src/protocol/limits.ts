/** What one peer may make an endpoint hold or do. */
export interface Limits {
  /** Payload bytes of one message, over all of its fragments. Default 1 MiB; `Infinity` for none. */
  readonly maxMessageBytes: number;
  /** Data frames of one message. Default 131,072: they cost no memory of their own, so this bounds CPU only. */
  readonly maxFragments: number;
}

/** The limits of who sets none. */
export const DEFAULT_LIMITS: Limits = { maxMessageBytes: 1 << 20, maxFragments: 131_072 };

/**
 * Completes limits with the defaults.
 * @throws RangeError if a limit is not a non-negative integer, or `Infinity` for `maxMessageBytes`
 */
export function resolveLimits(limits: Partial<Limits> = {}): Limits {
  const { maxMessageBytes = DEFAULT_LIMITS.maxMessageBytes, maxFragments = DEFAULT_LIMITS.maxFragments } =
    limits;
  if (maxMessageBytes !== Number.POSITIVE_INFINITY) assertLimit("maxMessageBytes", maxMessageBytes, 0);
  assertLimit("maxFragments", maxFragments, 1);
  if (maxFragments > 0xffffffff) throw new RangeError("maxFragments must be below 2^32");
  const same = last.maxMessageBytes === maxMessageBytes && last.maxFragments === maxFragments;
  if (!same) last = { maxMessageBytes, maxFragments };
  return last;
}

/** Shared by those that have the same, as all connections of a server do. */
let last = DEFAULT_LIMITS;

function assertLimit(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} must be an integer of at least ${least}, not ${String(value)}`);
  }
}
