// What became of the targets.
import { noiseFloor, withinNoise } from "./noise.js";
import { paired } from "./statistics.js";

/** @typedef {import("./results.js").Results} Results */
/** @typedef {"met" | "missed" | "too noisy" | "not measured"} Verdict */
/**
 * A target and what became of it in the worst of its cells. The floor is undefined where no second measurement of the same told it.
 * @typedef {import("./targets.js").Target & { cell: string, value: number, floor: number | undefined, verdict: Verdict }} Judged
 */

/**
 * @param {Results} results
 * @param {readonly import("./targets.js").Target[]} targets
 * @returns {Judged[]}
 */
export function judge(results, targets) {
  return targets.map((target) => {
    const cells = target.cells.flatMap((cell) => judgeCell(results, target, cell));
    const [worst] = cells.sort((a, b) => b.value - a.value);
    const verdicts = cells.map(({ verdict }) => verdict);
    if (worst === undefined) {
      return { ...target, cell: "", value: Number.NaN, floor: undefined, verdict: "not measured" };
    }
    return { ...target, ...worst, verdict: verdictOfAll(verdicts, cells.length === target.cells.length) };
  });
}

/**
 * @param {Verdict[]} verdicts
 * @param {boolean} complete
 * @returns {Verdict}
 */
function verdictOfAll(verdicts, complete) {
  if (verdicts.includes("missed")) return "missed";
  if (verdicts.includes("too noisy")) return "too noisy";
  return complete ? "met" : "not measured";
}

/**
 * @param {Results} results
 * @param {import("./targets.js").Target} target
 * @param {string} cell
 * @returns {{ cell: string, value: number, floor: number | undefined, verdict: Verdict }[]} empty if it was not measured
 */
function judgeCell({ measurements }, { metric, subject, against, by, limit }, cell) {
  const ours = find(measurements, cell, subject, metric);
  const theirs = find(measurements, cell, against, metric);
  if (ours === undefined || theirs === undefined) return [];
  const combine = by === "ratio" ? divide : subtract;
  const value = Number(paired(ours.rounds, theirs.rounds, combine).toPrecision(4));
  const floor = noiseFloor(measurements, cell, metric, by);
  const holds = value <= limit ? "met" : "missed";
  return [{ cell, value, floor, verdict: withinNoise(value, limit, floor, by) ? "too noisy" : holds }];
}

/**
 * @param {readonly import("./results.js").Measurement[]} measurements
 * @param {string} cell
 * @param {string} subject
 * @param {string} metric
 */
export function find(measurements, cell, subject, metric) {
  return measurements.find(
    (each) => each.cell === cell && each.subject === subject && each.metric === metric,
  );
}

/**
 * @param {number} a
 * @param {number} b
 */
function divide(a, b) {
  return a / b;
}

/**
 * @param {number} a
 * @param {number} b
 */
function subtract(a, b) {
  return a - b;
}
