// The options that servers and clients have in common.

import type { Host } from "../../host/host.js";
import { DEFAULT_MAX_HEAD_BYTES, DEFAULT_MAX_HEADER_LINES } from "../../http/head-limits.js";
import type { KernelChoice } from "../../kernel/load.js";
import { sharedWorkspace } from "../../memory/workspace.js";
import {
  ResolvedEndpointOptions,
  type Role,
  readKernel,
  readMaxFrameBytes,
  readTextType,
  type TextType,
} from "../../protocol/endpoint-options.js";
import type { MessagePath } from "../../protocol/extensions/message-path.js";
import { DEFAULT_LIMITS, LIMIT_READERS, type Limits } from "../../protocol/limits.js";
import {
  flag,
  integer,
  milliseconds,
  type Optional,
  oneOf,
  type Readers,
} from "../../protocol/option-readers.js";
import { group } from "../given-options.js";
import { type Delivery, readDelivery } from "./delivery.js";

/** Limits on the memory and work that one peer may cause. */
export interface SocketLimits extends Limits {
  /**
   * Bytes of output that wait for the peer before the option `backpressure` applies. Default 1 MiB; `Infinity` for no
   * limit.
   */
  readonly maxBackpressureBytes: number;
  /** Bytes of the head of an opening handshake. Default 16 KiB. */
  readonly maxHeadBytes: number;
  /** Header lines of an opening handshake. Default 100. */
  readonly maxHeaderLines: number;
}

/** Time-outs in milliseconds; `Infinity` for none. Each fires up to 5 % late, plus up to 20 ms. */
export interface Timeouts {
  /** For the whole opening handshake. Default 10,000. */
  readonly handshakeMs: number;
  /** Silence of the peer after which a ping is sent. Default 30,000. */
  readonly pingIntervalMs: number;
  /** Silence after that ping until the connection is given up. Default 30,000. */
  readonly pingTimeoutMs: number;
  /** From the first Close frame to the end of the transport, which is then destroyed. Default 5,000. */
  readonly closeMs: number;
  /**
   * The longest time in which the peer may take none of the output that waits for it, even if it sends bytes. Default
   * 60,000.
   */
  readonly writeMs: number;
}

/**
 * The effect of `send` at the back-pressure limit. `"close"`: the connection fails with 1013. `"drop"`: the message is
 * dropped. `"queue"`: it is queued all the same, and `send` returns `"buffered"`. A fragment is never dropped, because
 * its message would have a gap: unless the policy is "queue", the connection fails.
 */
export type BackpressurePolicy = "close" | "drop" | "queue";

/** The option `textType`, from which the types of handlers follow. */
export interface TextTypeOption<Text extends TextType> {
  /** As of `SocketOptions`. */
  readonly textType?: Text | undefined;
}

/** Options of every socket, of a server or a client. */
export interface SocketOptions {
  /** Limits on the memory and work that the peer may cause. Default: `DEFAULT_SOCKET_LIMITS`. */
  readonly limits?: Optional<SocketLimits> | undefined;
  /** Time-outs. Default: `DEFAULT_TIMEOUTS`. */
  readonly timeouts?: Optional<Timeouts> | undefined;
  /** The effect of `send` at the back-pressure limit. Default "close". */
  readonly backpressure?: BackpressurePolicy | undefined;
  /**
   * The handler that gets messages: `message` as a whole, `fragment` in parts as they arrive, or `stream` as streams.
   * The last two take constant memory. Default "message".
   */
  readonly deliver?: Delivery | undefined;
  /**
   * Wait for the promise of an asynchronous handler `open`, `message` or `fragment` before the next event is reported,
   * as always with `stream`. The peer is held back meanwhile, and its Close frame and pings are seen afterwards: do not
   * await `sendStream` there. Default false: the handlers for several messages overlap.
   */
  readonly sequential?: boolean | undefined;
  /**
   * Discard messages of the peer that come after this side's own call of `close`. Default false: they are delivered
   * until the peer's Close frame comes.
   */
  readonly discardAfterClose?: boolean | undefined;
  /**
   * Give payloads to handlers as views that are valid until the handler returns or, if it is asynchronous, until its
   * first `await`. A handler that runs an event loop of its own must copy them before. Default false: payloads belong
   * to the handler.
   */
  readonly borrow?: boolean | undefined;
  /**
   * Give text to `message` as a string, or as bytes of valid UTF-8, which is cheaper for an application that passes
   * text on or parses bytes. Default "string".
   */
  readonly textType?: TextType | undefined;
  /**
   * The most payload bytes of a frame that is sent, at least 125. Longer messages and fragments go out in several
   * frames (RFC 6455 section 5.4). Default: `Infinity`.
   */
  readonly maxFrameBytes?: number | undefined;
  /**
   * Answer pings of the peer. With false, the application answers them by `pong`, as RFC 6455 section 5.5.2 demands.
   * Default true.
   */
  readonly autoPong?: boolean | undefined;
  /**
   * The kernel. Default: the one that the environment variable `WSIMD_KERNEL` names, else the fastest that this host
   * runs.
   */
  readonly kernel?: KernelChoice | undefined;
}

export interface ResolvedSocketOptions {
  readonly limits: SocketLimits;
  readonly timeouts: Timeouts;
  readonly backpressure: BackpressurePolicy;
  readonly deliver: Delivery;
  readonly sequential: boolean;
  readonly discardAfterClose: boolean;
  readonly borrow: boolean;
  readonly textType: TextType;
  readonly maxFrameBytes: number;
  readonly autoPong: boolean;
  readonly kernel: KernelChoice | undefined;
}

/** The default limits. */
export const DEFAULT_SOCKET_LIMITS: SocketLimits = {
  ...DEFAULT_LIMITS,
  maxBackpressureBytes: 1 << 20,
  maxHeadBytes: DEFAULT_MAX_HEAD_BYTES,
  maxHeaderLines: DEFAULT_MAX_HEADER_LINES,
};

/** The default time-outs. */
export const DEFAULT_TIMEOUTS: Timeouts = {
  handshakeMs: 10_000,
  pingIntervalMs: 30_000,
  pingTimeoutMs: 30_000,
  closeMs: 5_000,
  writeMs: 60_000,
};

/** How the limits of every socket are read. */
export const SOCKET_LIMIT_READERS: Readers<Optional<SocketLimits>> = {
  ...LIMIT_READERS,
  maxBackpressureBytes: integer(1, Number.POSITIVE_INFINITY),
  maxHeadBytes: integer(1),
  maxHeaderLines: integer(1),
};

/** How options of every socket are read. */
export const SOCKET_READERS: Readers<SocketOptions> = {
  limits: group(SOCKET_LIMIT_READERS),
  timeouts: group<Optional<Timeouts>>({
    handshakeMs: milliseconds,
    pingIntervalMs: milliseconds,
    pingTimeoutMs: milliseconds,
    closeMs: milliseconds,
    writeMs: milliseconds,
  }),
  backpressure: oneOf<BackpressurePolicy>("close", "drop", "queue"),
  deliver: readDelivery,
  sequential: flag,
  discardAfterClose: flag,
  borrow: flag,
  textType: readTextType,
  maxFrameBytes: readMaxFrameBytes,
  autoPong: flag,
  kernel: readKernel,
};

/**
 * Completes options that were read with the defaults.
 * @throws the host's error if it can't run the kernel
 */
export function resolveSocketOptions(options: SocketOptions): ResolvedSocketOptions {
  const { backpressure = "close", borrow = false, textType = "string", kernel } = options;
  const { deliver = "message", sequential = false, discardAfterClose = false } = options;
  const { maxFrameBytes = Number.POSITIVE_INFINITY, autoPong = true } = options;
  const limits = completed(DEFAULT_SOCKET_LIMITS, options.limits);
  const timeouts = completed(DEFAULT_TIMEOUTS, options.timeouts);
  // A kernel that this host can't run must be refused here, not in the middle of the first connection.
  sharedWorkspace(kernel);
  const sending = { backpressure, maxFrameBytes, autoPong };
  const delivery = { deliver, sequential, discardAfterClose };
  return { limits, timeouts, ...sending, ...delivery, borrow, textType, kernel };
}

/**
 * Milliseconds of a turn of the event loop that the messages of one connection may take before the others are served.
 */
const TURN_MS = 2;

/** The options of the endpoints of sockets with one delivery and one extension, for all connections of a server or for one of a client. */
export function endpointOptions(
  options: ResolvedSocketOptions,
  role: Role,
  host: Host,
  deliver: Delivery,
  extension: MessagePath | undefined,
): ResolvedEndpointOptions {
  const { textType, maxFrameBytes, autoPong, kernel } = options;
  const fragments = deliver !== "message";
  // The pieces of a stream wait for their reader.
  const borrow = options.borrow && deliver !== "stream";
  const { maxMessageBytes, maxFragments } = options.limits;
  const limits = { maxMessageBytes, maxFragments };
  const sending = { maxFrameBytes, autoPong };
  const known = { role, limits, fragments, borrow, textType, ...sending, host, turnMs: TURN_MS, extension };
  return new ResolvedEndpointOptions(kernel === undefined ? known : { ...known, kernel });
}

/** The values that were given, and the defaults for those that were left out or undefined. */
export function completed<T extends object>(defaults: T, given: Optional<T> | undefined): Readonly<T> {
  const result = { ...defaults };
  if (given !== undefined) for (const key in defaults) result[key] = given[key] ?? defaults[key];
  return Object.freeze(result);
}
