// The sweep in tables: every size, and for each server the step at which its cost for a byte grows most.
import { find } from "./judge.js";
import { labelOf, listed } from "./subjects.js";
import { bytes, describe, number } from "./wording.js";

/** @typedef {import("./results.js").Results} Results */
/** @typedef {{ kind: string, depth: number, cells: string[] }} Panel */

const METRIC = "cpuUsPerMessage";
export const KIND_NAMES = new Map([
  ["binary", "binary"],
  ["text", "ASCII text"],
  ["mixed", "mixed text"],
]);

/** @param {Results} results */
function swept({ measurements }) {
  return measurements.filter(({ section, metric }) => section === "sweep" && metric === METRIC);
}

/**
 * The loads that were measured, each payload and depth from small to large.
 * @param {Results} results
 * @returns {Panel[]}
 */
export function panels(results) {
  const ids = [...new Set(swept(results).map(({ cell }) => cell))];
  return [1, 16].flatMap((depth) =>
    [...KIND_NAMES.keys()].flatMap((kind) => {
      const cells = ids.filter((id) => id.startsWith(`sweep/${kind}/`) && id.endsWith(`/${depth}`));
      cells.sort((a, b) => sizeOf(a) - sizeOf(b));
      return cells.length === 0 ? [] : [{ kind, depth, cells }];
    }),
  );
}

/** @param {string} cell */
export function sizeOf(cell) {
  return Number(cell.split("/")[2]);
}

/** @param {Results} results */
export function sweptSubjects(results) {
  return listed(swept(results).map(({ subject }) => subject));
}

/**
 * A server's CPU time at each size.
 * @param {Results} results
 * @param {Panel} panel
 * @param {string} subject
 * @returns {{ size: number, value: number }[]} without the sizes that it was not measured at
 */
export function curve({ measurements }, { cells }, subject) {
  return cells.flatMap((cell) => {
    const value = find(measurements, cell, subject, METRIC)?.median;
    return value === undefined ? [] : [{ size: sizeOf(cell), value }];
  });
}

/**
 * A table for each payload and depth.
 * @param {Results} results
 * @returns {import("./tables.js").Table[]}
 */
export function sweepTables(results) {
  const subjects = sweptSubjects(results);
  return panels(results).map((panel) => {
    const these = subjects.filter((subject) => curve(results, panel, subject).length > 0);
    const rows = panel.cells.map((cell) => [
      bytes(sizeOf(cell)),
      ...these.map((subject) => number(find(results.measurements, cell, subject, METRIC)?.median)),
    ]);
    return { header: [`${panelTitle(panel)}, CPU µs a message`, ...these.map(labelOf)], rows };
  });
}

/** @param {Panel} panel */
export function panelTitle({ kind, depth }) {
  return `${KIND_NAMES.get(kind) ?? kind}, depth ${depth}`;
}

/**
 * Where a server's CPU time for each byte grows most from one size to the next.
 * @param {Results} results
 * @param {string} subject
 * @returns {{ factor: number, from: string, to: number } | undefined} the cell before the step, and the size behind it
 */
export function steepestStep(results, subject) {
  /** @type {{ factor: number, from: string, to: number } | undefined} */
  let steepest;
  for (const panel of panels(results)) {
    const points = curve(results, panel, subject);
    for (const [i, { size, value }] of points.entries()) {
      const next = points[i + 1];
      if (next === undefined) continue;
      const factor = next.value / next.size / (value / size);
      if (steepest !== undefined && factor <= steepest.factor) continue;
      steepest = { factor, from: `${panel.kind}/${size}/${panel.depth}`, to: next.size };
    }
  }
  return steepest;
}

/**
 * @param {Results} results
 * @returns {import("./tables.js").Table}
 */
export function steepestTable(results) {
  const steps = sweptSubjects(results).flatMap((subject) => {
    const step = steepestStep(results, subject);
    return step === undefined ? [] : [{ subject, ...step }];
  });
  steps.sort((a, b) => b.factor - a.factor);
  return {
    header: ["steepest step", "CPU a byte", "from", "to"],
    rows: steps.map(({ subject, factor, from, to }) => [
      labelOf(subject),
      `${factor.toFixed(2)} times`,
      describe(from),
      bytes(to),
    ]),
  };
}
