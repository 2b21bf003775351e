// Tables of measurements, for Markdown and for the terminal.
import { find } from "./judge.js";
import { METRICS } from "./notes.js";
import { labelOf, listed } from "./subjects.js";
import { describe, number } from "./wording.js";

/** @typedef {import("./results.js").Results} Results */
/**
 * Columns behind the first hold numbers, unless they are words.
 * @typedef {{ header: string[], rows: string[][], words?: boolean }} Table
 */

/**
 * The medians of a part: loads in rows, servers in columns.
 * @param {Results} results
 * @param {string} section
 * @param {string} metric
 * @returns {Table | undefined} undefined if it was not measured
 */
export function medians({ measurements }, section, metric) {
  const found = measurements.filter((each) => each.section === section && each.metric === metric);
  if (found.length === 0) return undefined;
  const subjects = listed(found.map(({ subject }) => subject));
  const rows = [...new Set(found.map(({ cell }) => cell))].map((cell) => [
    describe(cell),
    ...subjects.map((subject) => number(find(found, cell, subject, metric)?.median)),
  ]);
  return { header: [METRICS[metric] ?? metric, ...subjects.map(labelOf)], rows };
}

/** @param {Table | undefined} table */
export function markdownTable(table) {
  if (table === undefined || table.rows.length === 0) return "";
  const { header, rows, words = false } = table;
  const rule = `|---|${(words ? "---|" : "---:|").repeat(header.length - 1)}`;
  const [first, ...rest] = [header, ...rows].map((row) => `| ${row.join(" | ")} |`);
  return `${[first, rule, ...rest].join("\n")}\n`;
}

/**
 * @param {Table | undefined} table
 * @returns {string[]} lines for the terminal
 */
export function printedTable(table) {
  if (table === undefined || table.rows.length === 0) return [];
  const all = [table.header, ...table.rows];
  const widths = table.header.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const line = (/** @type {string[]} */ row) =>
    row
      .map((text, i) => {
        const width = widths[i] ?? 0;
        return i === 0 || table.words ? text.padEnd(width) : text.padStart(width);
      })
      .join("  ")
      .trimEnd();
  return ["", ...all.map(line)];
}
