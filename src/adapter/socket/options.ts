import { DEFAULT_MAX_HEAD_BYTES, DEFAULT_MAX_HEADER_LINES } from "../../http/head-limits.js";
import type { KernelChoice } from "../../kernel/load.js";
import { sharedWorkspace } from "../../memory/workspace.js";
import { readKernel } from "../../protocol/endpoint-options.js";
import { DEFAULT_LIMITS, LIMIT_READERS, type Limits } from "../../protocol/limits.js";
import {
  flag,
  integer,
  milliseconds,
  oneOf,
  ownOptions,
  type Readers,
  readOptions,
} from "../../protocol/option-readers.js";

/** What one peer may make a socket hold or do. */
export interface SocketLimits extends Limits {
  /** Bytes that wait to be written before `backlog` says what happens. Default 1 MiB; `Infinity` for none. */
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
   * its first `await`. A handler that runs an event loop of its own must copy them before. Default false: the handler owns them.
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

/** How the limits of every socket are read. */
export const SOCKET_LIMIT_READERS: Readers<Partial<SocketLimits>> = {
  ...LIMIT_READERS,
  maxBacklogBytes: integer(1, Number.POSITIVE_INFINITY),
  maxHeadBytes: integer(1),
  maxHeaderLines: integer(1),
};

/** How options of every socket are read. */
export const SOCKET_READERS: Readers<SocketOptions> = {
  limits: (given, name) => readOptions<Partial<SocketLimits>>(given, SOCKET_LIMIT_READERS, name),
  timeouts: (given, name) =>
    readOptions<Partial<Timeouts>>(
      given,
      {
        handshakeMs: milliseconds,
        idleMs: milliseconds,
        graceMs: milliseconds,
        closeMs: milliseconds,
        writeMs: milliseconds,
      },
      name,
    ),
  backlog: oneOf<BacklogPolicy>("close", "drop", "tell"),
  pieces: flag,
  borrow: flag,
  utf8: flag,
  kernel: readKernel,
};

/**
 * Completes options that were read with the defaults.
 * @throws what the host says, if it can't run the kernel
 */
export function resolveSocketOptions(options: SocketOptions): ResolvedSocketOptions {
  const { backlog = "close", pieces = false, borrow = false, utf8 = false, kernel } = options;
  const limits = Object.freeze({ ...DEFAULT_SOCKET_LIMITS, ...defined(options.limits) });
  const timeouts = { ...DEFAULT_TIMEOUTS, ...defined(options.timeouts) };
  // A kernel that this host can't run must be refused here, not in the middle of the first connection.
  sharedWorkspace(kernel);
  return { limits, timeouts, backlog, pieces, borrow, utf8, kernel };
}

/** Without the keys whose value is undefined, so that they take their defaults. */
function defined<T extends object>(given: T | undefined): Partial<T> {
  const result: Partial<T> = ownOptions({ ...given });
  for (const key in result) if (result[key] === undefined) delete result[key];
  return result;
}
