// The table of figures in the project's README, made from a file of results. `npm run bench -- --readme` writes it there; a test
// fails when it is not that of the committed results.

import { SUBJECTS } from "./programs.js";
import { describe, find, number } from "./report.js";

/** @typedef {import("./run.js").Results} Results */

const BEGIN = "<!-- figures: npm run bench -- --readme -->";
const END = "<!-- end of figures -->";

/** The servers in columns. */
const SERVERS = ["wsimd", "wsimd-js", "ws", "bun"];
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
  return `Echo servers with 100 connections (4 for 1 MiB); *depth* is the number of messages in flight on each connection.
${machine.cpu}, ${machine.platform}, Node ${versions.node}, wsimd ${versions.wsimd}, ws ${versions.ws}, Bun ${versions.bun}:

${serverTable(results)}
![Server CPU time for each echoed message](bench/results/${results.name}.svg)
`;
}

/** @param {Results} results */
function serverTable(results) {
  const labels = SERVERS.map((name) => SUBJECTS.find((subject) => subject.name === name)?.label);
  const lines = [
    `| server CPU, µs a message | ${labels.join(" | ")} |`,
    `|---|${SERVERS.map(() => "---:|").join("")}`,
  ];
  for (const cell of CELLS) {
    const values = SERVERS.map((subject) => number(find(results, cell, subject, METRIC)?.median));
    lines.push(`| ${describe(cell)} | ${values.join(" | ")} |`);
  }
  return `${lines.join("\n")}\n`;
}
