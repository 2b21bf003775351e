// The noise floor of a comparison: how far two processes of the same program were apart. Within it there is no verdict.
import { paired } from "./statistics.js";

/** @typedef {readonly import("./results.js").Measurement[]} Measurements */

/** The subject that everything is compared with. */
export const FIRST = "wsimd";
/** A second process, or thread, of {@link FIRST}: what they differ by is noise. */
export const AGAIN = "wsimd-again";
/** The worst quarter of the rounds is left out, so that one disturbance does not decide. */
const SHARE_OF_ROUNDS = 0.75;

/**
 * How far apart the two equal subjects were in three quarters of the rounds: 0.05 is 5 % for a ratio, and 0.05 of the
 * metric's unit for a difference.
 * @param {Measurements} measurements
 * @param {string} cell
 * @param {string} metric
 * @param {"ratio" | "difference"} by
 * @returns {number | undefined} undefined if the second was not measured
 */
export function noiseFloor(measurements, cell, metric, by) {
  const one = roundsOf(measurements, cell, FIRST, metric);
  const other = roundsOf(measurements, cell, AGAIN, metric);
  const rounds = Math.min(one.length, other.length);
  const apart = Array.from({ length: rounds }, (_, i) =>
    distance(one[i] ?? Number.NaN, other[i] ?? Number.NaN, by),
  ).sort((a, b) => a - b);
  return apart[Math.ceil(SHARE_OF_ROUNDS * rounds) - 1];
}

/**
 * The noise of a part whose loads have too few rounds for one of their own: as above, over all of its loads.
 * @param {Measurements} measurements
 * @param {string} section
 * @param {string} metric
 * @returns {number | undefined}
 */
export function pooledFloor(measurements, section, metric) {
  const cells = new Set(measurements.filter((each) => each.section === section).map(({ cell }) => cell));
  const floors = [...cells].flatMap((cell) => noiseFloor(measurements, cell, metric, "ratio") ?? []);
  return floors.sort((a, b) => a - b)[Math.ceil(SHARE_OF_ROUNDS * floors.length) - 1];
}

/**
 * Whether two values are no further apart than the noise.
 * @param {number} value
 * @param {number} other
 * @param {number | undefined} floor
 * @param {"ratio" | "difference"} by
 */
export function withinNoise(value, other, floor, by) {
  return floor !== undefined && distance(value, other, by) <= floor;
}

/**
 * How many times as much a subject needs as {@link FIRST}, in the median round.
 * @param {Measurements} measurements
 * @param {string} cell
 * @param {string} subject
 * @param {string} metric
 * @returns {{ factor: number, tooNoisy: boolean } | undefined} undefined if one of them was not measured
 */
export function factorOver(measurements, cell, subject, metric) {
  const ours = roundsOf(measurements, cell, FIRST, metric);
  const theirs = roundsOf(measurements, cell, subject, metric);
  if (ours.length === 0 || theirs.length === 0) return undefined;
  const factor = paired(theirs, ours, (their, our) => their / our);
  const floor = noiseFloor(measurements, cell, metric, "ratio");
  return { factor, tooNoisy: withinNoise(factor, 1, floor, "ratio") };
}

/**
 * Symmetrical: it does not matter which of the two is larger.
 * @param {number} one
 * @param {number} other
 * @param {"ratio" | "difference"} by
 */
function distance(one, other, by) {
  return by === "ratio" ? Math.max(one / other, other / one) - 1 : Math.abs(one - other);
}

/**
 * @param {Measurements} measurements
 * @param {string} cell
 * @param {string} subject
 * @param {string} metric
 * @returns {readonly number[]}
 */
function roundsOf(measurements, cell, subject, metric) {
  const found = measurements.find(
    (each) => each.cell === cell && each.subject === subject && each.metric === metric,
  );
  return found?.rounds ?? [];
}
