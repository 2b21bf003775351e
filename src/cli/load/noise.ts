// The noise floor of a run: how much its rate changed although nothing was changed.

/** The window is cut into so many slices, which are compared in pairs of neighbours. */
export const SLICES = 10;
/** The worst quarter of the pairs is left out, so that one disturbance does not decide. */
const SHARE_OF_PAIRS = 0.75;
/** Above this floor, a run says too little to compare it with another one. */
const TOO_NOISY = 0.1;

/** What the noise floor of a run is, and whether its figures can be compared with those of other runs. */
export interface Noise {
  /** 0.05 is 5 %. */
  readonly floor: number;
  readonly tooNoisy: boolean;
}

/** Takes the rate of messages in each slice of the window. */
export class RateSlices {
  readonly #rates: number[] = [];
  #messages = 0;
  #at: number;

  /** @param now - when the window begins, in milliseconds */
  constructor(now: number) {
    this.#at = now;
  }

  /** Ends a slice. @param messages - of the whole window until now */
  cut(messages: number, now: number): void {
    this.#rates.push((messages - this.#messages) / (now - this.#at));
    this.#messages = messages;
    this.#at = now;
  }

  /** @returns `undefined` if the run ended before two slices did, or no messages came in some */
  get noise(): Noise | undefined {
    const apart: number[] = [];
    for (let i = 1; i < this.#rates.length; i += 2) {
      const [one = 0, other = 0] = this.#rates.slice(i - 1, i + 1);
      apart.push(one > 0 && other > 0 ? Math.max(one / other, other / one) - 1 : Number.POSITIVE_INFINITY);
    }
    apart.sort((a, b) => a - b);
    const floor = apart[Math.ceil(SHARE_OF_PAIRS * apart.length) - 1];
    if (floor === undefined || !Number.isFinite(floor)) return undefined;
    return { floor, tooNoisy: floor > TOO_NOISY };
  }
}
