// The table of figures in the project's README, made from a file of results. `npm run bench -- --readme` writes it there; a test
// fails when it is not that of the committed results.

import { ablationLabel, isAblation, withFactor } from "./ablation-report.js";
import { factorOver } from "./noise.js";
import { find } from "./report.js";
import { labelOf } from "./subjects.js";
import { describe, number } from "./wording.js";

/** @typedef {import("./run.js").Results} Results */

const BEGIN = "<!-- figures: npm run bench -- --readme -->";
const END = "<!-- end of figures -->";

/** The servers in columns. */
const SERVERS = ["wsimd", "wsimd-js", "ws", "bun"];
/** The columns where there is an ablation. */
const PARTS = ["wsimd", "wsimd-js", "wsimd-data-flush", "wsimd-none", "ws", "bun"];
/** The loads in rows: two where wsimd gains most, one large, and two where Bun is ahead. */
const CELLS = ["binary/20/16", "text/1000/16", "binary/16000/16", "binary/20/1", "text/1048576/1"];
const METRIC = "cpuUsPerMessage";

/**
 * Puts the figures of results into the README.
 * @param {string} page - the README
 * @param {Results} results
 */
export function withFigures(page, results) {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the README has no part between ${BEGIN} and ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n${figures(results)}${page.slice(end)}`;
}

/** @param {Results} results */
function figures(results) {
  const { machine, versions } = results;
  const isAblated = results.measurements.some(isAblation);
  return `Echo servers with 100 connections (4 for 1 MiB); *depth* is the number of messages in flight on each connection.
${machine.cpu}, ${machine.platform}, Node ${versions.node}, wsimd ${versions.wsimd}, ws ${versions.ws}, Bun ${versions.bun}${isAblated ? `. ${gains(results)}` : ":"}

${isAblated ? ablationTable(results) : serverTable(results)}
![Server CPU time for each echoed message](bench/results/${results.name}${isAblated ? "-ablation" : ""}.svg)
`;
}

/** @param {Results} results */
function serverTable(results) {
  const rows = CELLS.map((cell) => [
    describe(cell),
    ...SERVERS.map((subject) => number(find(results, cell, subject, METRIC)?.median)),
  ]);
  return table(SERVERS.map(labelOf), rows);
}

/** The same servers, and wsimd with parts switched off. @param {Results} results */
function ablationTable(results) {
  const rows = CELLS.map((cell) => [
    describe(cell),
    ...PARTS.map((subject) => withFactor(results, `ablation/${cell}`, subject, METRIC)),
  ]);
  return table(PARTS.map(ablationLabel), rows);
}

/**
 * @param {string[]} labels
 * @param {string[][]} rows
 */
function table(labels, rows) {
  const header = ["server CPU, µs a message", ...labels];
  const rule = `|---|${"---:|".repeat(labels.length)}`;
  const [first = "", ...rest] = [header, ...rows].map((row) => `| ${row.join(" | ")} |`);
  return `${[first, rule, ...rest].join("\n")}\n`;
}

/** What SIMD and the way of reading and writing give, in a sentence. @param {Results} results */
function gains(results) {
  const over = (/** @type {string} */ cell, /** @type {string} */ subject) => {
    const found = factorOver(results.measurements, `ablation/${cell}`, subject, METRIC);
    if (found === undefined) return "an amount that was not measured";
    return found.tooNoisy ? "no more than the noise" : `${found.factor.toFixed(1)} times as much CPU`;
  };
  // Absolute: the package has the README, and not this page.
  const page = `https://github.com/wsimd/wsimd/blob/main/bench/results/${results.name}.md`;
  return (
    `Plain JavaScript instead of SIMD takes ${over("text/1000/16", "wsimd-js")} for text of 1,000 bytes and ` +
    `${over("text/1048576/1", "wsimd-js")} for 1 MiB; Node's public streams with a write for each message take ` +
    `${over("binary/20/16", "wsimd-data-flush")} for messages of 20 bytes. ` +
    `[What each part gives](${page}#what-each-part-gives). In parentheses is how many times as much as wsimd it is:`
  );
}
