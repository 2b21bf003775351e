// What a head may cost.
/** What a head may cost. */
export interface HeadLimits {
  /** Bytes from the first to the empty line that ends the head, that one included. Default: 16 KiB. */
  readonly maxHeadBytes?: number | undefined;
  /** Header lines; the start line is none. Default: 100. */
  readonly maxHeaderLines?: number | undefined;
}

/** The bytes that a head may have, unless it is told otherwise. */
export const DEFAULT_MAX_HEAD_BYTES = 16 * 1024;
/** The header lines that a head may have, unless it is told otherwise. */
export const DEFAULT_MAX_HEADER_LINES = 100;

/** @throws RangeError if a limit is not a positive integer */
export function positiveInteger(name: string, value: number | undefined, preset: number): number {
  if (value === undefined) return preset;
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} must be a positive integer`);
  return value;
}
