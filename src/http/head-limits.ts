// The limits on a head.
/** The limits on a head. */
export interface HeadLimits {
  /** Bytes of the head, including the empty line that ends it. Default: 16 KiB. */
  readonly maxHeadBytes?: number | undefined;
  /** Header lines; the start line is none. Default: 100. */
  readonly maxHeaderLines?: number | undefined;
}

/** The default limit for the bytes of a head. */
export const DEFAULT_MAX_HEAD_BYTES = 16 * 1024;
/** The default limit for the header lines of a head. */
export const DEFAULT_MAX_HEADER_LINES = 100;
