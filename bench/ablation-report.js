// The ablation as tables: each part's figure, and how many times as much it is as wsimd with all parts.
import { ABLATION_SUBJECTS, CODEC_METRIC } from "./ablation.js";
import { AGAIN, FIRST, factorOver, noiseFloor } from "./noise.js";
import { labelOf } from "./subjects.js";
import { markdownTable } from "./tables.js";
import { describe, number, percent } from "./wording.js";

/** @typedef {import("./results.js").Results} Results */

const CPU = "cpuUsPerMessage";
const METRICS = /** @type {const} */ ([
  [CPU, "server CPU, µs a message"],
  [CODEC_METRIC, "codec alone, ns a message"],
]);
/** Shorter names than where wsimd is one of many servers. @type {Record<string, string>} */
const LABELS = { "wsimd-js": "JavaScript kernel", "wsimd-data": "public streams" };

/** @param {{ section: string }} measurement */
export function isAblation({ section }) {
  return section === "ablation";
}

/**
 * The subject's name in the tables of the ablation.
 * @param {string} name
 */
export function ablationLabel(name) {
  return LABELS[name] ?? labelOf(name);
}

/**
 * A figure with its factor: `4.48 (2.9×)`, `0.92 (too noisy)`, or a dash.
 * @param {Results} results
 * @param {string} cell
 * @param {string} subject
 * @param {string} metric
 */
export function withFactor({ measurements }, cell, subject, metric) {
  const found = measurements.find(
    (each) => each.cell === cell && each.subject === subject && each.metric === metric,
  );
  const value = number(found?.median);
  const over = subject === FIRST ? undefined : factorOver(measurements, cell, subject, metric);
  return over === undefined ? value : `${value} (${factorText(over)})`;
}

/** @param {{ factor: number, tooNoisy: boolean }} over */
export function factorText({ factor, tooNoisy }) {
  return tooNoisy ? "too noisy" : `${factor.toFixed(factor < 10 ? 2 : 1)}×`;
}

/**
 * The rows of one metric: the header first, with the noise in the last column.
 * @param {Results} results
 * @param {string} metric
 * @param {string} title
 * @returns {string[][]} empty if it was not measured
 */
function tableOf(results, metric, title) {
  const found = results.measurements.filter((each) => isAblation(each) && each.metric === metric);
  if (found.length === 0) return [];
  const subjects = ABLATION_SUBJECTS.filter(
    (name) => name !== AGAIN && found.some(({ subject }) => subject === name),
  );
  const rows = [...new Set(found.map(({ cell }) => cell))].map((cell) => {
    const floor = noiseFloor(results.measurements, cell, metric, "ratio");
    return [
      describe(cell),
      ...subjects.map((subject) => withFactor(results, cell, subject, metric)),
      floor === undefined ? "not measured" : `±${percent(floor)}`,
    ];
  });
  return [[title, ...subjects.map(ablationLabel), "noise"], ...rows];
}

/**
 * The tables of the page of results, and its plot.
 * @param {Results} results
 * @returns {string} empty if there was no ablation
 */
export function ablationTables(results) {
  const tables = METRICS.map(([metric, title]) => tableOf(results, metric, title)).filter(
    (rows) => rows.length > 0,
  );
  if (tables.length === 0) return "";
  const written = tables.map(([header = [], ...rows]) => markdownTable({ header, rows }));
  return [...written, `![What each part gives](${results.name}-ablation.svg)\n`].join("\n");
}

/**
 * The lines for the terminal: a block for each cell, as its columns would be too many.
 * @param {Results} results
 * @returns {string[]}
 */
export function ablationPrinted(results) {
  return METRICS.flatMap(([metric, title]) => {
    const [header, ...rows] = tableOf(results, metric, title);
    return rows.flatMap(([cell, ...values]) => [
      "",
      `${cell}: ${title}`,
      ...values.map((value, i) => `  ${(header?.[i + 1] ?? "").padEnd(38)}${value}`),
    ]);
  });
}
