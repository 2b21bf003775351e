// One connection of the load generator, and the messages under way on it.
import { Histogram } from "./histogram.js";
import type { MessageBatch } from "./messages.js";
import { ReplyError } from "./reply-parser.js";

/** The state that all connections of a run share. */
export class Tally {
  readonly latency = new Histogram();
  /** Replies within the measured window. */
  messages = 0;
  /** Replies since the beginning, for the progress line. */
  total = 0;
  measuring = false;
  /** The number of errors of each kind. */
  readonly errors = new Map<string, number>();
  /** The number of open connections. */
  alive = 0;
  /** Called when the last connection is gone. */
  onEmpty: (() => void) | undefined;

  failed(reason: string): void {
    this.errors.set(reason, (this.errors.get(reason) ?? 0) + 1);
  }
}

/** A client's connection, as a lane needs it. */
export interface Link {
  /** Sends this many messages. */
  send(count: number): void;
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
  #started = false;
  #ended = false;

  constructor(tally: Tally, batch: MessageBatch) {
    this.#tally = tally;
    this.#batch = batch;
    this.#sentAt = new Float64Array(batch.depth);
    tally.alive++;
  }

  start(): void {
    if (this.#ended) return;
    this.#started = true;
    this.#sentAt.fill(performance.now());
    this.link?.send(this.#batch.depth);
  }

  /** This many replies came at once. */
  replied(count: number): void {
    if (!this.#started || this.#ended) return;
    const { depth } = this.#batch;
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
    if (tally.measuring) tally.messages += count;
    this.link?.send(count);
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
