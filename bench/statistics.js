// One number out of several rounds.

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * The median of what each round gives by itself: what slows a whole round down cancels out.
 * @param {readonly number[]} ours
 * @param {readonly number[]} theirs
 * @param {(our: number, their: number) => number} combine
 */
export function paired(ours, theirs, combine) {
  const rounds = Math.min(ours.length, theirs.length);
  return median(
    Array.from({ length: rounds }, (_, i) => combine(ours[i] ?? Number.NaN, theirs[i] ?? Number.NaN)),
  );
}
