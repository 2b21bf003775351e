// Draws CPU time for each message as grouped horizontal bars, as SVG.
import { SUBJECTS } from "./programs.js";
import { describe, find } from "./report.js";

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

const WIDTH = 860;
const LEFT = 205;
const RIGHT = 70;
const TOP = 78;
const BAR = 15;
const GAP = 3;
const GROUP_TITLE = 24;
const GROUP_GAP = 18;

/**
 * @param {Results} results
 * @returns {string} SVG, readable on light and on dark
 */
export function plot(results) {
  const subjects = SUBJECTS.filter(({ name }) => COLOURS.has(name));
  const groups = CELLS.map((cell) => {
    const bars = subjects.flatMap(({ name, label }) => {
      const found = find(results, cell, name, METRIC);
      return found === undefined ? [] : [{ name, label, value: found.median }];
    });
    return { cell, bars };
  }).filter(({ bars }) => bars.length > 0);
  let y = TOP;
  const parts = groups.map(({ cell, bars }) => {
    const drawn = group(cell, bars, y);
    y += GROUP_TITLE + bars.length * (BAR + GAP) + GROUP_GAP;
    return drawn;
  });
  const { machine } = results;
  const { node } = results.versions;
  const title = "Server CPU time for each echoed message";
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
 * @param {{ name: string, label: string, value: number }[]} bars
 * @param {number} top
 */
function group(cell, bars, top) {
  const most = Math.max(...bars.map(({ value }) => value));
  const lines = [`<text class="cell" x="20" y="${top + 14}">${escaped(describe(cell))}</text>`];
  bars.forEach(({ name, label, value }, i) => {
    const y = top + GROUP_TITLE + i * (BAR + GAP);
    const width = Math.max(1, ((WIDTH - LEFT - RIGHT) * value) / most).toFixed(1);
    const ours = name === "wsimd" ? ' class="ours"' : "";
    const text = y + BAR - 3;
    const digits = value < 10 ? 2 : 1;
    lines.push(
      `<text${ours} x="${LEFT - 10}" y="${text}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" rx="2" fill="${COLOURS.get(name)}"/>`,
      `<text${ours} x="${LEFT + Number(width) + 8}" y="${text}">${value.toFixed(digits)}</text>`,
    );
  });
  return lines.join("\n");
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
