// What waits for the next turn of the event loop, when all other connections had theirs.

/** Something that goes on in the next turn. */
export interface Turning {
  turned(): void;
}

/** The next turn of one event loop. Where the runtime ties a timer to the request that set it, each connection has its own. */
export class Turns {
  readonly #schedule: (callback: () => void) => unknown;
  #waiting: Turning[] = [];

  /** @param schedule - calls back when the input that is there by now was handled */
  constructor(schedule: (callback: () => void) => unknown) {
    this.#schedule = schedule;
  }

  /** Goes on in the next turn, together with all else that waits for it. */
  next(turning: Turning): void {
    if (this.#waiting.push(turning) === 1) this.#schedule(() => this.#begin());
  }

  #begin(): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (const each of all) each.turned();
  }
}
