// One client of the demo.
import type { Socket } from "../../node/index.js";
import type { ClientInfo } from "./messages.js";

/** Rates are of the last second, counted in this many ticks. */
export const TICKS_PER_SECOND = 4;

/** The limits of one client in a tick. Beyond them, it is not read until the next tick. */
const MESSAGES_PER_TICK = 10_000 / TICKS_PER_SECOND;
const BYTES_PER_TICK = (64 << 20) / TICKS_PER_SECOND;

/** The number of texts that a client may send at once, and the number of further ones each second. */
const TEXT_BURST = 10;
const TEXTS_PER_SECOND = 4;

/** Counts the messages within the last second. */
export class RateMeter {
  readonly #ticks: number[] = new Array(TICKS_PER_SECOND).fill(0);
  #now = 0;

  count(): void {
    this.#now++;
  }

  tick(): void {
    this.#ticks.shift();
    this.#ticks.push(this.#now);
    this.#now = 0;
  }

  /** Within the second before the last tick. */
  get perSecond(): number {
    return this.#ticks.reduce((sum, count) => sum + count, 0);
  }
}

/** The state of one client, and its limits. */
export class Visitor {
  readonly #browser: { readonly name: string; readonly system: string };
  readonly #meter = new RateMeter();
  readonly #connectedAt = performance.now();
  #messages = 0;
  #bytes = 0;
  #texts = TEXT_BURST;
  #backlogged = false;
  #pingedAt = 0;
  #rtt: number | null = null;

  constructor(browser: { readonly name: string; readonly system: string }) {
    this.#browser = browser;
  }

  /** Counts a message. @returns whether there may be more of them in this tick */
  count(bytes: number): boolean {
    this.#meter.count();
    this.#messages++;
    this.#bytes += bytes;
    return this.#inBudget;
  }

  /** @returns whether the client may send a text to others now */
  takeText(): boolean {
    if (this.#texts < 1) return false;
    this.#texts--;
    return true;
  }

  tick(): void {
    this.#meter.tick();
    this.#messages = 0;
    this.#bytes = 0;
    this.#texts = Math.min(TEXT_BURST, this.#texts + TEXTS_PER_SECOND / TICKS_PER_SECOND);
  }

  /** Whether output still waits for the client, so that it should not be read. */
  set backlogged(value: boolean) {
    this.#backlogged = value;
  }

  /** Whether it may be read. */
  get readable(): boolean {
    return !this.#backlogged && this.#inBudget;
  }

  pinged(): void {
    this.#pingedAt = performance.now();
  }

  ponged(): void {
    this.#rtt = performance.now() - this.#pingedAt;
  }

  info({ id, remoteAddress }: Socket<Visitor>): ClientInfo {
    return {
      id,
      ...this.#browser,
      address: remoteAddress,
      connectedSeconds: Math.floor((performance.now() - this.#connectedAt) / 1000),
      rate: this.#meter.perSecond,
      rtt: this.#rtt === null ? null : Math.round(this.#rtt * 100) / 100,
    };
  }

  get #inBudget(): boolean {
    return this.#messages < MESSAGES_PER_TICK && this.#bytes < BYTES_PER_TICK;
  }
}
