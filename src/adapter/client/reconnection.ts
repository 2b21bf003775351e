// Connects again and again, for the option `reconnect` of clients.
import { clearTimeout, setTimeout } from "../../host/globals.js";
import type { CloseEvent } from "../../protocol/events.js";
import { ownOptions } from "../../protocol/option-readers.js";
import type { Handlers, Socket } from "../socket/handlers.js";
import { isThenable, reportError } from "../socket/report.js";
import { offAbort, onAbort } from "./abort-listeners.js";
import type { ClientHandlers } from "./client-handlers.js";
import {
  delayBefore,
  type ReconnectCause,
  type ReconnectPlan,
  reconnectsUsually,
} from "./reconnect-option.js";

/** Time and chance, which tests replace. */
export interface Clock {
  /** Milliseconds since some moment in the past. */
  now(): number;
  /**
   * Calls back after a time, and keeps the process alive until then.
   * @returns a function that cancels it
   */
  wait(milliseconds: number, callback: () => void): () => void;
  /** A number from 0 to 1. */
  random(): number;
}

/** Read when this module is loaded; src/host/globals.ts has the reason. */
const now = performance.now.bind(performance);

/** The clock of the host. */
export const hostClock: Clock = {
  now,
  wait(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

/** One attempt to connect, as {@link Reconnection} asks for it. */
export interface Attempt {
  readonly handlers: Handlers;
  /** Gives up the attempt. */
  readonly signal: AbortSignal;
  /** Must be called when the application closes or terminates the socket of this attempt. */
  endRequested(): void;
}

/** The parts of a {@link Reconnection}. */
export interface ReconnectionInit {
  readonly plan: ReconnectPlan;
  readonly clock: Clock;
  readonly handlers: ClientHandlers;
  /** Ends the attempts. */
  readonly signal: AbortSignal | undefined;
  /** Makes one attempt. Rejects if it fails. */
  connect(attempt: Attempt): Promise<Socket>;
}

/**
 * A client that connects again after each end that the application did not ask for. No promise of it is rejected
 * without a handler: `connect` of the application gets the first, and `reconnectFailed` is told of the others.
 */
export class Reconnection {
  readonly #plan: ReconnectPlan;
  readonly #clock: Clock;
  readonly #handlers: ClientHandlers;
  readonly #signal: AbortSignal | undefined;
  readonly #connect: (attempt: Attempt) => Promise<Socket>;
  /** The number of the last attempt. */
  #attempt = 0;
  /** The socket that was opened last; to close an older one ends nothing. */
  #socket: Socket | undefined;
  #openedAt = 0;
  /** Whether the application has asked for the end. */
  #stopped = false;
  /** Ends the wait or the attempt that is under way. */
  #control: AbortController | undefined;

  constructor({ plan, clock, handlers, signal, connect }: ReconnectionInit) {
    this.#plan = plan;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#signal = signal;
    this.#connect = connect;
  }

  /** Connects for the first time. Rejects with the error of the last attempt, or with the signal's reason. */
  first(): Promise<Socket> {
    return this.#next(undefined);
  }

  /** Connects, with as many attempts as it takes. @param last - why the one before failed, if there was one */
  async #next(last: ReconnectCause | undefined): Promise<Socket> {
    const given = this.#signal;
    const control = new AbortController();
    const abort = (): void => control.abort(given?.reason);
    this.#control = control;
    if (given !== undefined) {
      if (given.aborted) abort();
      else onAbort(given, abort);
    }
    try {
      return await this.#attempts(control.signal, last);
    } finally {
      if (given !== undefined) offAbort(given, abort);
      if (this.#control === control) this.#control = undefined;
    }
  }

  async #attempts(signal: AbortSignal, last: ReconnectCause | undefined): Promise<Socket> {
    for (let cause = last; ; ) {
      if (cause !== undefined) await this.#delay(cause, signal);
      signal.throwIfAborted();
      try {
        return await this.#try(signal);
      } catch (error) {
        signal.throwIfAborted();
        cause = { closeEvent: undefined, error };
      }
    }
  }

  #try(signal: AbortSignal): Promise<Socket> {
    let socket: Socket | undefined;
    const { open, close, reconnecting: _, reconnectFailed: __, ...others } = this.#handlers;
    const attempt = this.#attempt;
    const handlers: Handlers = ownOptions({
      ...others,
      open: (opened: Socket) => {
        socket = opened;
        this.#socket = opened;
        this.#openedAt = this.#clock.now();
        return open?.(opened, { attempt });
      },
      close: (closed: Socket, event: CloseEvent) => {
        try {
          return close?.(closed, event);
        } finally {
          this.#lost(event);
        }
      },
    });
    const endRequested = (): void => {
      if (socket === this.#socket) this.#stop();
    };
    return this.#connect({ handlers, signal, endRequested });
  }

  /** Waits before the next attempt. @throws the error to end with, if there is none */
  async #delay(cause: ReconnectCause, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const attempt = this.#attempt + 1;
    if (attempt > this.#plan.maxAttempts || !this.#wanted(cause)) throw errorOf(cause);
    this.#attempt = attempt;
    const delayMs = delayBefore(attempt, this.#plan, this.#clock.random());
    this.#tell(() => this.#handlers.reconnecting?.({ attempt, delayMs, cause }));
    await waited(this.#clock, delayMs, signal);
  }

  #wanted(cause: ReconnectCause): boolean {
    try {
      return this.#plan.when(cause, reconnectsUsually(cause));
    } catch (error) {
      reportError(this.#handlers, undefined, error);
      return false;
    }
  }

  /** A connection has ended. */
  #lost(closeEvent: CloseEvent): void {
    if (this.#stopped || this.#signal?.aborted === true) return;
    if (this.#clock.now() - this.#openedAt >= this.#plan.maxDelayMs) this.#attempt = 0;
    this.#next({ closeEvent, error: undefined }).catch((error: unknown) => {
      const asked = this.#stopped || this.#signal?.aborted === true;
      if (!asked) this.#tell(() => this.#handlers.reconnectFailed?.(error));
    });
  }

  #stop(): void {
    this.#stopped = true;
    this.#control?.abort();
  }

  /** Calls a handler. What it throws goes to `error`. */
  #tell(call: () => unknown): void {
    const report = (error: unknown): void => reportError(this.#handlers, undefined, error);
    try {
      const result = call();
      if (isThenable(result)) Promise.resolve(result).catch(report);
    } catch (error) {
      report(error);
    }
  }
}

/** The error that tells why there is no other attempt. */
function errorOf({ closeEvent, error }: ReconnectCause): unknown {
  if (closeEvent === undefined) return error;
  return new Error(`the connection has ended with ${closeEvent.code}`, { cause: closeEvent });
}

/** Waits, or rejects with the reason of the signal. */
function waited(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = (): void => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.wait(milliseconds, () => {
      offAbort(signal, abort);
      resolve();
    });
    onAbort(signal, abort);
  });
}
