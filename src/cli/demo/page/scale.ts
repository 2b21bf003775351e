// The scales of the page's graph.

/** The number of parts of a scale. Both scales of the graph have the same number, because they share their lines. */
export const PARTS = 4;

const STEPS = [1, 2, 2.5, 5, 10];
const UP = 0.15;
const DOWN = 0.06;

/** The smallest of 1, 2, 2.5 or 5 times a power of 10 of which {@link PARTS} reach up to `most`. */
export function niceStep(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / PARTS));
  const step = STEPS.find((each) => each * power * PARTS >= most) ?? 10;
  return step * power;
}

/** A scale from 0 that glides to where its values are: up quickly, down slowly. */
export class Scale {
  readonly #least: number;
  /** Between two lines. */
  step: number;
  /** The value at the top edge. */
  top: number;

  /** @param least - the top is never below this */
  constructor(least: number) {
    this.#least = least;
    this.step = niceStep(least);
    this.top = this.step * PARTS;
  }

  /** Moves on, so that the highest value fits. @param glide - else it jumps */
  follow(most: number, glide: boolean): void {
    this.step = niceStep(Math.max(this.#least, most * 1.05));
    const target = this.step * PARTS;
    const share = target > this.top ? UP : DOWN;
    const next = this.top + (target - this.top) * share;
    this.top = !glide || Math.abs(target - next) < target / 500 ? target : next;
  }
}
