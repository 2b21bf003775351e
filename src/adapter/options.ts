import {
  DEFAULT_MAX_HEAD_BYTES,
  DEFAULT_MAX_HEADER_LINES,
  positiveInteger,
} from "../handshake/head-limits.js";
import type { KernelChoice } from "../kernel/load.js";
import { sharedWorkspace } from "../kernel/workspace.js";
import { DEFAULT_LIMITS, type Limits, resolveLimits } from "../protocol/limits.js";

/** What one peer may make a socket hold or do. */
export interface SocketLimits extends Limits {
  /** Bytes that wait to be written before `backlog` says what happens. Default 1 MiB. */
  readonly maxBacklogBytes: number;
  /** Bytes of an opening handshake's head. Default 16 KiB. */
  readonly maxHeadBytes: number;
  /** Header lines of an opening handshake. Default 100. */
  readonly maxHeaderLines: number;
}

/** Times in milliseconds; `Infinity` for none. They run out up to 5 % late, plus up to 20 ms. */
export interface Timeouts {
  /** For the whole opening handshake. Default 10,000. */
  readonly handshakeMs: number;
  /** Silence after which a ping is sent. Default 30,000. */
  readonly idleMs: number;
  /** Silence after that ping until the connection is given up. Default 30,000. */
  readonly graceMs: number;
  /** From the first Close frame to the end of the transport, which is then destroyed. Default 5,000. */
  readonly closeMs: number;
  /** For which the peer may take nothing of what waits for it, whatever it sends meanwhile. Default 60,000. */
  readonly writeMs: number;
}

/**
 * What happens to `send` when the backlog limit is reached: the connection fails with 1013, the message is dropped, or it
 * is queued all the same and `send` only tells. A fragment over the limit is never dropped, since
 * its message would be cut: unless the policy is "tell", the connection fails.
 */
export type BacklogPolicy = "close" | "drop" | "tell";

/** Options of every socket, of a server or a client. */
export interface SocketOptions {
  /** What a peer may make a socket hold. Default: `DEFAULT_SOCKET_LIMITS`. */
  readonly limits?: Partial<SocketLimits>;
  /** How long a socket waits. Default: `DEFAULT_TIMEOUTS`. */
  readonly timeouts?: Partial<Timeouts>;
  /** What happens at the backlog limit. Default "close". */
  readonly backlog?: BacklogPolicy;
  /**
   * Give messages to `piece`, which must be there, as they arrive, in constant memory, instead of to `message` whole.
   * Default false: then there must be none.
   */
  readonly pieces?: boolean;
  /**
   * Hand payloads to `message` as views that are valid only until it returns, or, if it is asynchronous, until
   * its first `await`. Default false: they are owned by who gets them.
   */
  readonly borrow?: boolean;
  /**
   * Give text to `message` as UTF-8, which was checked, for those who need no strings: they pass it on, or parse bytes. Default
   * false.
   */
  readonly utf8?: boolean;
  /** Default: what the environment variable `WSIMD_KERNEL` says, else the fastest that this host runs. */
  readonly kernel?: KernelChoice;
}

export interface ResolvedSocketOptions {
  readonly limits: SocketLimits;
  readonly timeouts: Timeouts;
  readonly backlog: BacklogPolicy;
  readonly pieces: boolean;
  readonly borrow: boolean;
  readonly utf8: boolean;
  readonly kernel: KernelChoice | undefined;
}

/** The limits of who sets none. */
export const DEFAULT_SOCKET_LIMITS: SocketLimits = {
  ...DEFAULT_LIMITS,
  maxBacklogBytes: 1 << 20,
  maxHeadBytes: DEFAULT_MAX_HEAD_BYTES,
  maxHeaderLines: DEFAULT_MAX_HEADER_LINES,
};

/** The time-outs of who sets none. */
export const DEFAULT_TIMEOUTS: Timeouts = {
  handshakeMs: 10_000,
  idleMs: 30_000,
  graceMs: 30_000,
  closeMs: 5_000,
  writeMs: 60_000,
};

/** @throws TypeError or RangeError for options that make no sense */
export function resolveSocketOptions(options: SocketOptions): ResolvedSocketOptions {
  const { backlog = "close", pieces = false, borrow = false, utf8 = false, kernel } = options;
  if (backlog !== "close" && backlog !== "drop" && backlog !== "tell") {
    throw new TypeError('backlog must be "close", "drop" or "tell"');
  }
  const limits = { ...DEFAULT_SOCKET_LIMITS, ...defined(options.limits) };
  const timeouts = { ...DEFAULT_TIMEOUTS, ...defined(options.timeouts) };
  resolveLimits(limits);
  assertPositive("maxBacklogBytes", limits.maxBacklogBytes);
  positiveInteger("maxHeadBytes", limits.maxHeadBytes, DEFAULT_MAX_HEAD_BYTES);
  positiveInteger("maxHeaderLines", limits.maxHeaderLines, DEFAULT_MAX_HEADER_LINES);
  for (const [name, value] of Object.entries(timeouts)) assertPositive(name, value);
  // A kernel that this host can't run must be refused here, not in the middle of the first connection.
  sharedWorkspace(kernel);
  return { limits, timeouts, backlog, pieces, borrow, utf8, kernel };
}

/**
 * With the option `pieces`, messages go to the handler `piece`; without it, to `message`. If the two disagree they would go
 * nowhere.
 * @throws TypeError
 */
export function assertPiecesHandled(pieces: boolean, handlers: { readonly piece?: unknown }): void {
  if (pieces && handlers.piece === undefined) {
    throw new TypeError("the option pieces needs a piece handler");
  }
  if (!pieces && handlers.piece !== undefined) {
    throw new TypeError("a piece handler needs the option pieces");
  }
}

/** Without the keys whose value is undefined, so that they take their defaults. */
function defined<T extends object>(given: T | undefined): Partial<T> {
  const result: Partial<T> = { ...given };
  for (const key in result) if (result[key] === undefined) delete result[key];
  return result;
}

function assertPositive(name: string, value: number): void {
  if (typeof value !== "number" || !(value > 0))
    throw new RangeError(`${name} must be over 0, not ${String(value)}`);
}
