// The latencies of a run.

/**
 * Latencies counted in buckets whose width grows with the value, after the HdrHistogram: constant memory, one increment
 * for each value, and a relative error below 1 % whether it is a microsecond or a minute.
 *
 * The unit is 100 ns. Values below 256 have a bucket each. From there on each power of two is cut into 128 buckets, so
 * that a bucket's middle is off by 1/256 of the value at most. The last one ends at 2^32 units: seven minutes.
 */

const UNITS_PER_MS = 10_000;
const UNITS_PER_US = 10;
const MOST = 0xffff_ffff;
const BUCKETS_PER_OCTAVE = 128;
const BUCKETS = 25 * BUCKETS_PER_OCTAVE + BUCKETS_PER_OCTAVE;

export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #least = MOST;
  #most = 0;

  get count(): number {
    return this.#count;
  }

  record(milliseconds: number): void {
    const scaled = milliseconds * UNITS_PER_MS;
    const value = scaled > 0 ? (scaled < MOST ? scaled >>> 0 : MOST) : 0;
    const bucket = bucketOf(value);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    this.#sum += value;
    if (value < this.#least) this.#least = value;
    if (value > this.#most) this.#most = value;
  }

  /** The arithmetic mean in microseconds, exact but for the unit; 0 if nothing was recorded. */
  get meanUs(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count / UNITS_PER_US;
  }

  /** The highest value in microseconds, exact but for the unit. */
  get maxUs(): number {
    return this.#most / UNITS_PER_US;
  }

  /** The value in microseconds that this share of all values, from 0 to 1, does not exceed. */
  quantileUs(share: number): number {
    if (this.#count === 0) return 0;
    // The product of, say, 0.999 and 1000 is slightly above 999, but must not be rounded up to 1000.
    const rank = Math.max(1, Math.ceil(this.#count * share - 1e-6));
    let seen = 0;
    let bucket = 0;
    while (bucket < BUCKETS) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= rank) break;
      bucket++;
    }
    const middle = middleOf(bucket);
    return Math.min(Math.max(middle, this.#least), this.#most) / UNITS_PER_US;
  }
}

function bucketOf(value: number): number {
  if (value < 2 * BUCKETS_PER_OCTAVE) return value;
  const shift = 24 - Math.clz32(value);
  return shift * BUCKETS_PER_OCTAVE + (value >>> shift);
}

function middleOf(bucket: number): number {
  if (bucket < 2 * BUCKETS_PER_OCTAVE) return bucket;
  const shift = Math.floor(bucket / BUCKETS_PER_OCTAVE) - 1;
  const first = (bucket - shift * BUCKETS_PER_OCTAVE) * 2 ** shift;
  return first + (2 ** shift - 1) / 2;
}
