// The tables that the project's README shows, made from a file of results. `npm run bench -- --readme` puts them there; a test
// finds out when they are not those of the committed results.

import { SUBJECTS } from "./programs.js";
import { describe, find, number } from "./report.js";

/** @typedef {import("./run.js").Results} Results */

const BEGIN = "<!-- figures: npm run bench -- --readme -->";
const END = "<!-- end of figures -->";

/** @type {[title: string, row: string, size: number, peer: string][]} */
const KERNEL_ROWS = [
  ["mask 16 B", "mask", 16, "bufferutil"],
  ["mask 1 KiB", "mask", 1024, "bufferutil"],
  ["mask 16 KiB", "mask", 16_384, "bufferutil"],
  ["mask 1 MiB", "mask", 1_048_576, "bufferutil"],
  ["validate ASCII, 63 B", "utf8 ascii", 63, "buffer.isUtf8"],
  ["validate ASCII, 64 KiB", "utf8 ascii", 65_536, "buffer.isUtf8"],
  ["validate mixed text, 63 B", "utf8 mixed", 63, "buffer.isUtf8"],
  ["validate mixed text, 64 KiB", "utf8 mixed", 65_536, "buffer.isUtf8"],
  ["a string of mixed text, 1 KiB", "mixed to string", 1024, "Buffer"],
  ["decode 2,000 masked frames of 20 B", "decode 2000 × 20 B text", 52_000, ""],
];

/** Servers in columns; whoever was not measured has none. */
const SERVERS = ["wsimd", "wsimd-borrow", "ws", "ws-js", "bun", "deno", "floor"];
const METRIC = "cpuUsPerMessage";

/**
 * @param {string} page - the README
 * @param {Results} results
 */
export function withFigures(page, results) {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the README has no part between ${BEGIN} and ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${figures(results)}\n${page.slice(end)}`;
}

/** @param {Results} results */
function figures(results) {
  return `**The kernels**, against the native code that others use:

${kernelTable(results)}
**Whole servers** that echo, 100 connections (4 with 1 MiB), *depth* messages in flight on each, load from another process:

${serverTable(results)}
![Server CPU time for each echoed message](bench/results/${results.name}.svg)
`;
}

/** @param {Results} results */
function kernelTable({ tables: { kernels = [] } }) {
  const lines = ["| one call, nanoseconds | SIMD | JavaScript | peer | |", "|---|---:|---:|---:|---|"];
  for (const [title, name, size, peer] of KERNEL_ROWS) {
    const [simd, js, theirs] = ["simd", "js", peer].map((subject) =>
      number(
        kernels.find((row) => row.name === name && row.size === size && row.subject === subject)?.nsPerCall,
      ),
    );
    lines.push(`| ${title} | ${simd} | ${js} | ${theirs} | ${peer} |`);
  }
  return `${lines.join("\n")}\n`;
}

/** @param {Results} results */
function serverTable(results) {
  const measured = results.measurements.filter(({ metric }) => metric === METRIC);
  const subjects = SERVERS.filter((name) => measured.some(({ subject }) => subject === name));
  const labels = subjects.map((name) => SUBJECTS.find((subject) => subject.name === name)?.label);
  const lines = [
    `| server CPU, µs a message | ${labels.join(" | ")} |`,
    `|---|${subjects.map(() => "---:|").join("")}`,
  ];
  for (const cell of new Set(
    measured.filter(({ section }) => section !== "client").map((each) => each.cell),
  )) {
    const values = subjects.map((subject) => number(find(results, cell, subject, METRIC)?.median));
    lines.push(`| ${describe(cell)} | ${values.join(" | ")} |`);
  }
  return `${lines.join("\n")}\n`;
}
