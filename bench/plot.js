// Draws CPU time for each message as grouped horizontal bars, as SVG.
import { ABLATION_SUBJECTS } from "./ablation.js";
import { ablationLabel, factorText } from "./ablation-report.js";
import { ABLATION_CELLS } from "./cells.js";
import { AGAIN, FIRST, factorOver } from "./noise.js";
import { find } from "./report.js";
import { labelOf, SUBJECTS } from "./subjects.js";
import { describe } from "./wording.js";

/** @typedef {import("./run.js").Results} Results */

const METRIC = "cpuUsPerMessage";
const CELLS = [
  "binary/20/1",
  "binary/20/16",
  "text/1000/1",
  "text/1000/16",
  "binary/16000/1",
  "binary/16000/16",
];
const COLOURS = new Map([
  ["wsimd", "#0f9d8a"],
  ["ws", "#4f7fd6"],
  ["ws-js", "#93afe0"],
  ["faye", "#a98fd0"],
  ["bun", "#e08a3c"],
  ["deno", "#b3923a"],
  ["floor", "#9a9a9a"],
]);

/** A part of wsimd that is switched off. */
const PART_COLOUR = "#86c9bf";

const WIDTH = 860;
const LEFT = 268;
const RIGHT = 130;
const TOP = 78;
const BAR = 15;
const GAP = 3;
const GROUP_TITLE = 24;
const GROUP_GAP = 18;

/**
 * A bar; `more` follows its value.
 * @typedef {{ name: string, label: string, value: number, colour: string, more: string }} Bar
 */

/**
 * All servers.
 * @param {Results} results
 * @returns {string} SVG, readable on light and on dark
 */
export function plot(results) {
  const subjects = SUBJECTS.map(({ name }) => name).filter((name) => COLOURS.has(name));
  const groups = CELLS.map((cell) => ({
    cell,
    bars: barsOf(results, cell, subjects, labelOf, () => ""),
  }));
  return drawn(results, "Server CPU time for each echoed message", groups);
}

/**
 * wsimd with parts of it switched off, each with its factor.
 * @param {Results} results
 * @returns {string} SVG
 */
export function plotAblation(results) {
  const subjects = ABLATION_SUBJECTS.filter((name) => name !== AGAIN);
  const groups = ABLATION_CELLS.map(({ id }) => {
    const more = (/** @type {string} */ name) => {
      const over = name === FIRST ? undefined : factorOver(results.measurements, id, name, METRIC);
      return over === undefined ? "" : `  (${factorText(over)})`;
    };
    return { cell: id, bars: barsOf(results, id, subjects, ablationLabel, more) };
  });
  return drawn(results, "What each part of wsimd gives: server CPU time for each echoed message", groups);
}

/**
 * @param {Results} results
 * @param {string} cell
 * @param {readonly string[]} subjects
 * @param {(name: string) => string} labelFor
 * @param {(name: string) => string} more
 * @returns {Bar[]}
 */
function barsOf(results, cell, subjects, labelFor, more) {
  return subjects.flatMap((name) => {
    const found = find(results, cell, name, METRIC);
    if (found === undefined) return [];
    const colour = COLOURS.get(name) ?? PART_COLOUR;
    return [{ name, label: labelFor(name), value: found.median, colour, more: more(name) }];
  });
}

/**
 * @param {Results} results
 * @param {string} title
 * @param {{ cell: string, bars: Bar[] }[]} all
 */
function drawn(results, title, all) {
  const groups = all.filter(({ bars }) => bars.length > 0);
  let y = TOP;
  const parts = groups.map(({ cell, bars }) => {
    const lines = group(cell, bars, y);
    y += GROUP_TITLE + bars.length * (BAR + GAP) + GROUP_GAP;
    return lines;
  });
  const { machine } = results;
  const { node } = results.versions;
  const below = `µs, less is better; each group has its own scale. Node ${node}, ${machine.cpu}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${title}">
<style>
  text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #24292f; }
  .title { font-size: 18px; font-weight: 600; }
  .note { fill: #57606a; }
  .cell { font-weight: 600; }
  .ours { font-weight: 600; }
  .ground { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note { fill: #9198a1; }
    .ground { fill: #0d1117; }
  }
</style>
<rect class="ground" width="${WIDTH}" height="${y}" rx="6"/>
<text class="title" x="20" y="34">${title}</text>
<text class="note" x="20" y="56">${escaped(below)}</text>
${parts.join("\n")}
</svg>
`;
}

/**
 * @param {string} cell
 * @param {Bar[]} bars
 * @param {number} top
 */
function group(cell, bars, top) {
  const most = Math.max(...bars.map(({ value }) => value));
  const lines = [`<text class="cell" x="20" y="${top + 14}">${escaped(describe(cell))}</text>`];
  bars.forEach(({ name, label, value, colour, more }, i) => {
    const y = top + GROUP_TITLE + i * (BAR + GAP);
    const width = Math.max(1, ((WIDTH - LEFT - RIGHT) * value) / most).toFixed(1);
    const ours = name === FIRST ? ' class="ours"' : "";
    const text = y + BAR - 3;
    const digits = value < 10 ? 2 : 1;
    lines.push(
      `<text${ours} x="${LEFT - 10}" y="${text}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" rx="2" fill="${colour}"/>`,
      `<text${ours} x="${LEFT + Number(width) + 8}" y="${text}">${value.toFixed(digits)}${more}</text>`,
    );
  });
  return lines.join("\n");
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
