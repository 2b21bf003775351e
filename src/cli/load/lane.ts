// One connection of the load generator, and the messages under way on it.
import { Histogram } from "./histogram.js";
import type { MessageBatch } from "./messages.js";
import { ReplyError } from "./reply-parser.js";

/** How many messages apart neighbours begin, so that they do not send the same at once. */
const APART = 7;

/** The state that all connections of a run share. */
export class Tally {
  readonly latency = new Histogram();
  /** Replies within the measured window. */
  messages = 0;
  /** What these replies echo, in bytes of payload. */
  payloadBytes = 0;
  /** The frames of their messages, in bytes. */
  sentBytes = 0;
  /** All that came in the measured window, in bytes. */
  receivedBytes = 0;
  /** Replies since the beginning, for the progress line. */
  total = 0;
  measuring = false;
  /** The number of errors of each kind. */
  readonly errors = new Map<string, number>();
  /** The number of open connections. */
  alive = 0;
  /** Called when the last connection is gone. */
  onEmpty: (() => void) | undefined;

  received(bytes: number): void {
    if (this.measuring) this.receivedBytes += bytes;
  }

  failed(reason: string): void {
    this.errors.set(reason, (this.errors.get(reason) ?? 0) + 1);
  }
}

/** A client's connection, as a lane needs it. */
export interface Link {
  /** Sends this many messages, from `first` on. */
  send(first: number, count: number): void;
  /** Begins the closing handshake. */
  close(): void;
  destroy(): void;
}

/**
 * One connection under load: there are always `depth` messages on their way, because each reply causes the next
 * message.
 */
export class Lane {
  link: Link | undefined;
  readonly #tally: Tally;
  readonly #batch: MessageBatch;
  /** When each message that is on its way was sent; the oldest is at `#oldest`. */
  readonly #sentAt: Float64Array;
  #oldest = 0;
  /** The message whose reply is due next. */
  #due: number;
  #started = false;
  #ended = false;

  constructor(tally: Tally, batch: MessageBatch) {
    this.#tally = tally;
    this.#batch = batch;
    this.#sentAt = new Float64Array(batch.depth);
    this.#due = (tally.alive * APART) % batch.payloads.length;
    tally.alive++;
  }

  /** The message whose reply is due next. */
  get due(): number {
    return this.#due;
  }

  start(): void {
    if (this.#ended) return;
    this.#started = true;
    this.#sentAt.fill(performance.now());
    this.link?.send(this.#due, this.#batch.depth);
  }

  /** This many replies came at once. */
  replied(count: number): void {
    if (!this.#started || this.#ended) return;
    const { depth, payloads } = this.#batch;
    const tally = this.#tally;
    if (count > depth) {
      this.lost("more replies came than messages were sent");
      return;
    }
    const now = performance.now();
    let at = this.#oldest;
    for (let i = 0; i < count; i++) {
      if (tally.measuring) tally.latency.record(now - (this.#sentAt[at] ?? 0));
      this.#sentAt[at] = now;
      if (++at === depth) at = 0;
    }
    this.#oldest = at;
    tally.total += count;
    if (tally.measuring) {
      tally.messages += count;
      tally.sentBytes += this.#batch.frames(this.#due, count).length;
      for (let i = 0; i < count; i++)
        tally.payloadBytes += payloads[(this.#due + i) % payloads.length]?.length ?? 0;
    }
    const next = (this.#due + depth) % payloads.length;
    this.#due = (this.#due + count) % payloads.length;
    this.link?.send(next, count);
  }

  /** Sends no more messages, and begins the closing handshake. */
  stop(): void {
    if (this.#ended) return;
    this.#started = false;
    this.#ended = true;
    this.link?.close();
  }

  /** The connection is unusable. */
  lost(reason: unknown): void {
    if (!this.#ended) {
      this.#ended = true;
      this.#tally.failed(reason instanceof ReplyError ? reason.message : String(reason));
      this.link?.destroy();
    }
  }

  /** The connection has ended. Called once. */
  gone(): void {
    this.lost("the server ended the connection");
    if (--this.#tally.alive === 0) this.#tally.onEmpty?.();
  }
}
