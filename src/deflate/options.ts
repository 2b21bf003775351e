// The options of compression: their readers and their defaults. They are read before compression is loaded.
import { MAX_WINDOW_BITS, MIN_WINDOW_BITS } from "../protocol/deflate/parameters.js";
import { flag, integer, oneOf, type Readers } from "../protocol/option-readers.js";

/** How much work goes into making messages small. */
export type CompressionEffort = "default" | "fast";

/** How messages are compressed (permessage-deflate, RFC 7692). */
export interface CompressionOptions {
  /**
   * Shorter messages are sent as they are: bytes, or the `length` of a string. Default 64 on a connection with
   * `takeover`, and 256 on one without.
   */
  readonly threshold?: number | undefined;
  /**
   * Whether a message may refer to earlier messages of the connection, in both directions. Similar messages become much
   * smaller that way. For it, each connection keeps the end of the data that it has sent, and of the data that it has
   * received. With false, it keeps nothing between messages. The peer may demand false, too. Default true.
   */
  readonly takeover?: boolean | undefined;
  /**
   * How far back a message refers at most, in both directions: 2 to this power, in bytes, from 8 to 15. The memory of a
   * connection doubles with each. Default 12, for 4 KiB.
   */
  readonly windowBits?: number | undefined;
  /**
   * Bytes that all connections of this thread together keep for `takeover`. When that is used up, the connection that
   * was silent for longest begins anew. The largest budget that a server or client of the thread names counts; 0 is
   * `takeover: false`. Default 16 MiB.
   */
  readonly memoryBudget?: number | undefined;
  /** How much work goes into a message: `"fast"` takes less time, and its messages are larger. Default "default". */
  readonly effort?: CompressionEffort | undefined;
}

/** How options of compression are read. */
export const COMPRESSION_READERS: Readers<CompressionOptions> = {
  threshold: integer(0, Number.POSITIVE_INFINITY),
  takeover: flag,
  windowBits: integer(MIN_WINDOW_BITS, MAX_WINDOW_BITS),
  memoryBudget: integer(0),
  effort: oneOf<CompressionEffort>("default", "fast"),
};

const DEFAULT_WINDOW_BITS = 12;
const DEFAULT_MEMORY_BUDGET = 16 << 20;
const THRESHOLD_WITH_TAKEOVER = 64;
const THRESHOLD_WITHOUT = 256;

/** Options of compression that were completed. */
export interface ResolvedCompression {
  readonly takeover: boolean;
  readonly windowBits: number;
  readonly memoryBudget: number;
  readonly effort: CompressionEffort;
  /** The threshold of a side, which may or may not take its window over. */
  threshold(takeover: boolean): number;
}

/** Completes options that were read with the defaults. */
export function resolveCompression(options: CompressionOptions): ResolvedCompression {
  const { threshold, takeover = true, memoryBudget = DEFAULT_MEMORY_BUDGET } = options;
  return {
    takeover: takeover && memoryBudget > 0,
    windowBits: options.windowBits ?? DEFAULT_WINDOW_BITS,
    memoryBudget,
    effort: options.effort ?? "default",
    threshold: (kept) => threshold ?? (kept ? THRESHOLD_WITH_TAKEOVER : THRESHOLD_WITHOUT),
  };
}
