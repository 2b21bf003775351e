// Says what is going on and how long it still takes: one line that is overwritten in a terminal, else a line for each step.

const CLEAR_LINE = "\r\x1b[K";

export class Progress {
  #planned = 0;
  #done = 0;
  #current = 0;
  #start = performance.now();

  /**
   * Announces work.
   * @param {number} seconds - roughly
   */
  plan(seconds) {
    this.#planned += seconds;
  }

  /**
   * Begins a step, which ends the one before.
   * @param {string} label
   * @param {number} seconds - roughly, out of what was planned
   */
  step(label, seconds) {
    this.#done += this.#current;
    this.#current = seconds;
    const elapsed = (performance.now() - this.#start) / 1000;
    // Until there is some experience, the plan is believed.
    const pace = this.#done > 20 ? elapsed / this.#done : 1;
    const left = Math.max(0, this.#planned - this.#done) * pace;
    const percent = Math.min(99, Math.floor((100 * this.#done) / Math.max(1, this.#planned)));
    const line = `${String(percent).padStart(3)} %  ${duration(left).padStart(8)} left  ${label}`;
    if (process.stderr.isTTY) process.stderr.write(CLEAR_LINE + line);
    else console.error(line);
  }

  /** Leaves the line to something that is printed. */
  clear() {
    if (process.stderr.isTTY) process.stderr.write(CLEAR_LINE);
  }
}

/** @param {number} seconds */
function duration(seconds) {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
