import { DEFAULT_MAX_HEAD_BYTES, DEFAULT_MAX_HEADER_LINES } from "../../http/head-limits.js";
import type { KernelChoice } from "../../kernel/load.js";
import { sharedWorkspace } from "../../memory/workspace.js";
import { readKernel, readTextType, type TextType } from "../../protocol/endpoint-options.js";
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
  /** Bytes that wait to be written before `backpressure` says what happens. Default 1 MiB; `Infinity` for none. */
  readonly maxBackpressureBytes: number;
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
  readonly pingIntervalMs: number;
  /** Silence after that ping until the connection is given up. Default 30,000. */
  readonly pingTimeoutMs: number;
  /** From the first Close frame to the end of the transport, which is then destroyed. Default 5,000. */
  readonly closeMs: number;
  /** For which the peer may take nothing of what waits for it, whatever it sends meanwhile. Default 60,000. */
  readonly writeMs: number;
}

/**
 * What happens to `send` when the backpressure limit is reached: the connection fails with 1013, the message is dropped, or it
 * is queued all the same and `send` only tells. A fragment over the limit is never dropped, since
 * its message would be cut: unless the policy is "queue", the connection fails.
 */
export type BackpressurePolicy = "close" | "drop" | "queue";

/** Options of every socket, of a server or a client. */
export interface SocketOptions {
  /** What a peer may make a socket hold. Default: `DEFAULT_SOCKET_LIMITS`. */
  readonly limits?: Partial<SocketLimits>;
  /** How long a socket waits. Default: `DEFAULT_TIMEOUTS`. */
  readonly timeouts?: Partial<Timeouts>;
  /** What happens at the backpressure limit. Default "close". */
  readonly backpressure?: BackpressurePolicy;
  /**
   * Give messages to `fragment`, which must be there, as they arrive, in constant memory, instead of to `message` whole.
   * Default false: then there must be none.
   */
  readonly fragments?: boolean;
  /**
   * Hand payloads to `message` as views that are valid only until it returns, or, if it is asynchronous, until
   * its first `await`. A handler that runs an event loop of its own must copy them before. Default false: the handler owns them.
   */
  readonly borrow?: boolean;
  /**
   * Give text to `message` as a string, or as bytes of valid UTF-8, which is cheaper for an application that passes text on or parses
   * bytes. Default "string".
   */
  readonly textType?: TextType;
  /** Default: what the environment variable `WSIMD_KERNEL` says, else the fastest that this host runs. */
  readonly kernel?: KernelChoice;
}

export interface ResolvedSocketOptions {
  readonly limits: SocketLimits;
  readonly timeouts: Timeouts;
  readonly backpressure: BackpressurePolicy;
  readonly fragments: boolean;
  readonly borrow: boolean;
  readonly textType: TextType;
  readonly kernel: KernelChoice | undefined;
}

/** The limits of who sets none. */
export const DEFAULT_SOCKET_LIMITS: SocketLimits = {
  ...DEFAULT_LIMITS,
  maxBackpressureBytes: 1 << 20,
  maxHeadBytes: DEFAULT_MAX_HEAD_BYTES,
  maxHeaderLines: DEFAULT_MAX_HEADER_LINES,
};

/** The time-outs of who sets none. */
export const DEFAULT_TIMEOUTS: Timeouts = {
  handshakeMs: 10_000,
  pingIntervalMs: 30_000,
  pingTimeoutMs: 30_000,
  closeMs: 5_000,
  writeMs: 60_000,
};

/** How the limits of every socket are read. */
export const SOCKET_LIMIT_READERS: Readers<Partial<SocketLimits>> = {
  ...LIMIT_READERS,
  maxBackpressureBytes: integer(1, Number.POSITIVE_INFINITY),
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
        pingIntervalMs: milliseconds,
        pingTimeoutMs: milliseconds,
        closeMs: milliseconds,
        writeMs: milliseconds,
      },
      name,
    ),
  backpressure: oneOf<BackpressurePolicy>("close", "drop", "queue"),
  fragments: flag,
  borrow: flag,
  textType: readTextType,
  kernel: readKernel,
};

/**
 * Completes options that were read with the defaults.
 * @throws what the host says, if it can't run the kernel
 */
export function resolveSocketOptions(options: SocketOptions): ResolvedSocketOptions {
  const { backpressure = "close", fragments = false, borrow = false, textType = "string", kernel } = options;
  const limits = Object.freeze({ ...DEFAULT_SOCKET_LIMITS, ...defined(options.limits) });
  const timeouts = { ...DEFAULT_TIMEOUTS, ...defined(options.timeouts) };
  // A kernel that this host can't run must be refused here, not in the middle of the first connection.
  sharedWorkspace(kernel);
  return { limits, timeouts, backpressure, fragments, borrow, textType, kernel };
}

/** Without the keys whose value is undefined, so that they take their defaults. */
function defined<T extends object>(given: T | undefined): Partial<T> {
  const result: Partial<T> = ownOptions({ ...given });
  for (const key in result) if (result[key] === undefined) delete result[key];
  return result;
}
