// Work that waits for the next turn of the event loop, so that all connections are served in between.

/** Work that goes on in a later turn of the event loop. */
export interface Turning {
  /** The turn has come. Must not throw: other connections have their turn after this one. */
  turned(): void;
}

/**
 * The next turn of one event loop. Where the runtime ties a timer to the request that set it, each connection has its
 * own.
 */
export class Turns {
  readonly #schedule: (callback: () => void) => unknown;
  #waiting: Turning[] = [];

  /** @param schedule - calls back after the input that has arrived by now was handled */
  constructor(schedule: (callback: () => void) => unknown) {
    this.#schedule = schedule;
  }

  /** Has the work go on in the next turn, together with all other work that waits. */
  next(turning: Turning): void {
    if (this.#waiting.push(turning) === 1) this.#schedule(() => this.#begin());
  }

  #begin(): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (const each of all) each.turned();
  }
}
