// Draws what each part of wsimd gives: CPU time for each message as grouped horizontal bars.
import { ABLATION_SUBJECTS } from "./ablation.js";
import { ablationLabel, factorText } from "./ablation-report.js";
import { ABLATION_CELLS } from "./cells.js";
import { find } from "./judge.js";
import { AGAIN, FIRST, factorOver } from "./noise.js";
import { COLOURS, escaped, picture, WIDTH } from "./svg.js";
import { describe } from "./wording.js";

/** @typedef {import("./results.js").Results} Results */

const METRIC = "cpuUsPerMessage";
/** A part of wsimd that is switched off. */
const PART_COLOUR = "#86c9bf";

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
 * wsimd with parts of it switched off, each with its factor.
 * @param {Results} results
 * @returns {string} SVG
 */
export function plotAblation(results) {
  const subjects = ABLATION_SUBJECTS.filter((name) => name !== AGAIN);
  const groups = ABLATION_CELLS.map(({ id }) => ({ cell: id, bars: barsOf(results, id, subjects) })).filter(
    ({ bars }) => bars.length > 0,
  );
  let y = TOP;
  const parts = groups.map(({ cell, bars }) => {
    const lines = group(cell, bars, y);
    y += GROUP_TITLE + bars.length * (BAR + GAP) + GROUP_GAP;
    return lines;
  });
  const { machine, versions } = results;
  return picture({
    title: "What each part of wsimd gives: server CPU time for each echoed message",
    below: `µs, less is better; each group has its own scale. Node ${versions.node}, ${machine.cpu}`,
    height: y,
    parts,
  });
}

/**
 * @param {Results} results
 * @param {string} cell
 * @param {readonly string[]} subjects
 * @returns {Bar[]}
 */
function barsOf({ measurements }, cell, subjects) {
  return subjects.flatMap((name) => {
    const found = find(measurements, cell, name, METRIC);
    if (found === undefined) return [];
    const over = name === FIRST ? undefined : factorOver(measurements, cell, name, METRIC);
    const more = over === undefined ? "" : `  (${factorText(over)})`;
    const colour = COLOURS.get(name) ?? PART_COLOUR;
    return [{ name, label: ablationLabel(name), value: found.median, colour, more }];
  });
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
