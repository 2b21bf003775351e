// The option `reconnect` of clients: when they connect again, and how long they wait before.

import type { CloseEvent } from "../../protocol/events.js";
import {
  callback,
  integer,
  ownOptions,
  type Readers,
  readOptions,
  refuse,
} from "../../protocol/option-readers.js";
import { MAX_TIMER_MS } from "../deadline.js";
import { HandshakeError } from "./handshake-error.js";

/** Why a client connects again: a connection has ended, or an attempt has failed. */
export interface ReconnectCause {
  /** The close event of the connection that has ended. Undefined if an attempt has failed. */
  readonly closeEvent: CloseEvent | undefined;
  /** The error of the attempt that has failed: a `HandshakeError`, or the system's. Undefined if a connection has ended. */
  readonly error: unknown;
}

/** When a client connects again, and how long it waits before. */
export interface ReconnectOptions {
  /** The shortest wait. Default 500. */
  readonly minDelayMs?: number | undefined;
  /** The longest wait. Default 30,000. A connection that was open for so long starts the count of attempts again. */
  readonly maxDelayMs?: number | undefined;
  /** The number of attempts, after the first or after a connection has ended, before the client gives up. Default: no limit. */
  readonly maxAttempts?: number | undefined;
  /**
   * Decides whether the client connects again. It is not asked after an end that the application asked for.
   * @param usual - the answer without this function. It is false for a connection that the peer closed with 1000 or
   * 1008, for a handshake that was refused with a status from 400 to 499, except 408, 425 and 429, and for a
   * `TypeError` or `RangeError`, which is a mistake in the options
   */
  readonly when?: ((cause: ReconnectCause, usual: boolean) => boolean) | undefined;
}

/** The option with all of its defaults. */
export interface ReconnectPlan {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  readonly maxAttempts: number;
  readonly when: (cause: ReconnectCause, usual: boolean) => boolean;
}

const DEFAULT_MIN_DELAY_MS = 500;
const DEFAULT_MAX_DELAY_MS = 30_000;

const RECONNECT_READERS: Readers<ReconnectOptions> = {
  minDelayMs: integer(1, MAX_TIMER_MS),
  maxDelayMs: integer(1, MAX_TIMER_MS),
  maxAttempts: integer(1, Number.POSITIVE_INFINITY),
  when: callback,
};

/** Reads the option. */
export function readReconnect(value: boolean | ReconnectOptions, name: string): boolean | ReconnectOptions {
  if (typeof value === "boolean") return value;
  if (typeof value !== "object" || value === null) refuse(value, "", name, "true, false or an object");
  const options = readOptions<ReconnectOptions>(value, RECONNECT_READERS, name);
  const { minDelayMs, maxDelayMs } = planOf(options);
  if (minDelayMs > maxDelayMs) {
    throw new RangeError(`${name}.maxDelayMs must be at least minDelayMs, ${minDelayMs}, not ${maxDelayMs}`);
  }
  return options;
}

/** Completes the option with its defaults. Undefined if the client does not connect again. */
export function reconnectPlan(option: boolean | ReconnectOptions | undefined): ReconnectPlan | undefined {
  if (option === undefined || option === false) return undefined;
  return planOf(option === true ? {} : option);
}

function planOf(options: ReconnectOptions): ReconnectPlan {
  const { minDelayMs, maxDelayMs, maxAttempts, when } = ownOptions(options);
  return {
    minDelayMs: minDelayMs ?? Math.min(DEFAULT_MIN_DELAY_MS, maxDelayMs ?? DEFAULT_MIN_DELAY_MS),
    maxDelayMs: maxDelayMs ?? Math.max(DEFAULT_MAX_DELAY_MS, minDelayMs ?? DEFAULT_MAX_DELAY_MS),
    maxAttempts: maxAttempts ?? Number.POSITIVE_INFINITY,
    when: when ?? ((_cause, usual) => usual),
  };
}

/**
 * The wait before an attempt: exponential backoff with full jitter. It is anywhere between `minDelayMs` and a bound that
 * doubles with each attempt, so that clients that lost their server together do not return together.
 * @param attempt - its number, from 1
 * @param random - a number from 0 to 1
 */
export function delayBefore(
  attempt: number,
  { minDelayMs, maxDelayMs }: Pick<ReconnectPlan, "minDelayMs" | "maxDelayMs">,
  random: number,
): number {
  const bound = Math.min(maxDelayMs, minDelayMs * 2 ** attempt);
  return Math.round(minDelayMs + random * (bound - minDelayMs));
}

/** The codes of a Close frame that say that another connection would not be welcome, or has no use. */
const FINAL_CODES: ReadonlySet<number> = new Set([1000, 1008]);
/** The refusals of a client's request that may be different the next time: 408, 425 and 429. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/** Whether a client connects again if the application does not decide it. */
export function reconnectsUsually({ closeEvent, error }: ReconnectCause): boolean {
  if (closeEvent !== undefined) return !FINAL_CODES.has(closeEvent.code);
  if (error instanceof TypeError || error instanceof RangeError) return false;
  const status = error instanceof HandshakeError ? (error.status ?? 0) : 0;
  return status < 400 || status > 499 || PASSING_STATUSES.has(status);
}
