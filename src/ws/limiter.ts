// Runs so many jobs at a time, and the others in their order behind them.

/** A piece of work that calls `done` when it is over. */
export type Job = (done: () => void) => void;

export class Limiter {
  readonly #most: number;
  #running = 0;
  readonly #waiting: Job[] = [];

  /** @param most - how many jobs run at a time; 0 for any number */
  constructor(most: number) {
    this.#most = most || Number.POSITIVE_INFINITY;
  }

  add(job: Job): void {
    this.#waiting.push(job);
    this.#next();
  }

  #next(): void {
    if (this.#running >= this.#most) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#running++;
    job(() => {
      this.#running--;
      this.#next();
    });
  }
}
