// The output of a connection: when frames are written, and the callbacks of those that were.
import { writeOutbox } from "../adapter/socket/write-outbox.js";
import type { Transport } from "../adapter/transport.js";
import { nextTick } from "../node/globals.js";
import type { Outbox } from "../protocol/outbox.js";
import { type Callback, callAll } from "./send-queue.js";
import { flushAtTurnEnd, type ReadGathering, readBegins, readEnds } from "./turn-end.js";

/** Gathered output is written when it is as long as this, and counts as buffered if the transport does not take it. */
const HIGH_WATER_BYTES = 64 * 1024;

/** The owner of an {@link Output}. */
export interface OutputOwner {
  readonly outbox: Outbox;
  readonly transport: Transport;
  /** Whether the transport is gone. */
  readonly gone: boolean;
  /** A read is over: frames that have waited for that are sent. */
  sendWaiting(): void;
  /** Everything that was sent has left, after a call of `send` had returned false. */
  drainedOut(): void;
  /** Nothing can be written, because of a bug or a lack of memory. */
  broke(error: unknown): void;
}

/**
 * Writes frames. Those that are sent while a read is handled leave in one write at its end. Of others, the first one of
 * a turn of the event loop is written before the call returns, and those behind it at the end of the turn.
 */
export class Output implements ReadGathering {
  readonly #owner: OutputOwner;
  outer: ReadGathering | undefined = undefined;
  /** Whether a read is being handled. */
  #reading = false;
  /** Whether the output is written at the end of this turn. */
  #gathering = false;
  /** Whether this side ends when everything was written. */
  #ends = false;
  #wantsDrain = false;
  /** Callbacks of frames in the outbox. */
  #pending: Callback[] | undefined;
  /** Callbacks of frames that the transport has, but not yet the system. */
  #written: Callback[] | undefined;

  constructor(owner: OutputOwner) {
    this.#owner = owner;
  }

  /** Bytes that wait, once the system has got as many as it takes. */
  get bufferedAmount(): number {
    this.flushNow();
    const { outbox, transport } = this.#owner;
    return outbox.bytes + transport.bufferedAmount;
  }

  /** Whether `drainedOut` is going to be called. */
  get full(): boolean {
    return this.#wantsDrain;
  }

  /** Whether a read is being handled. */
  get reading(): boolean {
    return this.#reading;
  }

  /** A read begins: its output is gathered. */
  beginRead(): void {
    // As the process exits, what waits may be sent in the middle of a read.
    if (this.#reading) return;
    this.#reading = true;
    readBegins(this);
    this.#owner.outbox.cork();
  }

  /** Writes what was gathered since {@link beginRead}. */
  endRead(): void {
    this.#owner.sendWaiting();
    this.#reading = false;
    readEnds(this);
    this.flush();
  }

  /** A frame is going to be built. {@link end} must follow. */
  begin(): void {
    if (!this.#reading && !this.#gathering) this.#owner.outbox.cork();
  }

  /**
   * A frame was built: writes it, now or later.
   * @returns whether the transport keeps up
   */
  end(callback?: Callback): boolean {
    if (callback !== undefined) {
      if (this.#pending === undefined) this.#pending = [callback];
      else this.#pending.push(callback);
    }
    const { outbox, transport } = this.#owner;
    if (this.#reading || this.#gathering) {
      if (outbox.bytes >= HIGH_WATER_BYTES) this.flushNow();
    } else {
      this.flush();
      this.#gathering = true;
      flushAtTurnEnd(this);
    }
    if (!transport.blocked && outbox.bytes < HIGH_WATER_BYTES) return true;
    this.#wantsDrain = true;
    return false;
  }

  /** Writes what was gathered in this turn, unless a read is being handled. */
  flushTurn(): void {
    if (!this.#reading) this.flushNow();
  }

  /** Writes what was gathered, without waiting for the end of the read or the turn. */
  flushNow(): void {
    if (this.#owner.outbox.bytes === 0) return;
    this.#write();
    if (this.#reading && !this.#owner.gone) this.#owner.outbox.cork();
  }

  /** As {@link Gathering.flush}. */
  flush(): void {
    this.#gathering = false;
    this.#write();
  }

  /** Ends this side of the connection, behind everything that was sent. */
  finish(): void {
    this.#ends = true;
    if (!this.#reading) this.#write();
  }

  /** The transport has written all it had, or takes more. */
  drained(): void {
    this.#write();
  }

  /** Nothing is written any more: drops what waits. @param reason - makes the error for callbacks, if there are any */
  stop(reason: () => Error): void {
    this.#owner.outbox.clear();
    const { callbacks } = this;
    if (callbacks.length === 0) return;
    this.#written = undefined;
    this.#pending = undefined;
    callAll(callbacks, reason());
  }

  private get callbacks(): Callback[] {
    return [...(this.#written ?? []), ...(this.#pending ?? [])];
  }

  #write(): void {
    const { gone, outbox, transport } = this.#owner;
    try {
      if (gone) outbox.clear();
      else if (transport.blocked) outbox.uncork();
      else {
        if (this.#pending !== undefined) transport.reportWrites?.();
        writeOutbox(outbox, transport);
        this.#wrote();
      }
    } catch (error) {
      this.#owner.broke(error);
    }
  }

  #wrote(): void {
    const { outbox, transport } = this.#owner;
    if (this.#pending !== undefined) {
      this.#written = this.callbacks;
      this.#pending = undefined;
    }
    // A transport that broke has dropped what it got, and stays blocked.
    if (this.#written !== undefined && transport.bufferedAmount === 0 && !transport.blocked) {
      nextTick(callAll, this.#written);
      this.#written = undefined;
    }
    if (this.#ends) {
      this.#ends = false;
      transport.end();
    } else if (this.#wantsDrain && !transport.blocked && outbox.bytes === 0) {
      this.#wantsDrain = false;
      this.#owner.drainedOut();
    }
  }
}
