// Draws the sweep: CPU time for each message over its size, both on logarithmic axes, a panel for each payload and depth.
import { FIRST } from "./noise.js";
import { labelOf } from "./subjects.js";
import { COLOURS, escaped, picture, WIDTH } from "./svg.js";
import { curve, panels, panelTitle, sweptSubjects } from "./sweep-report.js";

/** @typedef {import("./results.js").Results} Results */

const COLUMNS = 3;
const LEFT = 46;
const TOP = 100;
const PANEL_HEIGHT = 250;
const INNER_WIDTH = (WIDTH - 20) / COLUMNS - LEFT - 6;
const INNER_HEIGHT = PANEL_HEIGHT - 56;
const LEGEND_STEP = 205;
const OTHER_COLOUR = "#8b949e";

/**
 * @param {Results} results
 * @returns {string} SVG
 */
export function curves(results) {
  const all = panels(results);
  const subjects = sweptSubjects(results);
  const points = all.flatMap((panel) => subjects.flatMap((subject) => curve(results, panel, subject)));
  const scale = {
    x: axis(
      points.map(({ size }) => size),
      INNER_WIDTH,
    ),
    y: axis(
      points.map(({ value }) => value),
      INNER_HEIGHT,
    ),
  };
  const rows = Math.ceil(all.length / COLUMNS);
  const legendRows = Math.ceil(subjects.length / 4);
  const top = TOP + 18 * (legendRows - 1);
  const { machine, versions } = results;
  return picture({
    title: "Server CPU time for each echoed message",
    below: `µs, less is better; logarithmic axes. Node ${versions.node}, ${machine.cpu}`,
    height: top + rows * PANEL_HEIGHT,
    parts: [
      ...subjects.map(legend),
      ...all.map((panel, i) => {
        const x = 10 + (i % COLUMNS) * ((WIDTH - 20) / COLUMNS) + LEFT;
        const y = top + Math.floor(i / COLUMNS) * PANEL_HEIGHT + 26;
        return drawPanel(results, panel, subjects, scale, x, y);
      }),
    ],
  });
}

/**
 * @typedef {{ ticks: number[], at(value: number): number }} Axis
 * @param {number[]} values
 * @param {number} length - in pixels
 * @returns {Axis} from the power of ten below the least to that above the greatest
 */
function axis(values, length) {
  const least = Math.floor(Math.log10(Math.min(...values)));
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...values))));
  const ticks = Array.from({ length: most - least + 1 }, (_, i) => 10 ** (least + i));
  return { ticks, at: (value) => ((Math.log10(value) - least) / (most - least)) * length };
}

/**
 * @param {string} subject
 * @param {number} i
 */
function legend(subject, i) {
  const x = 20 + (i % 4) * LEGEND_STEP;
  const y = 76 + 18 * Math.floor(i / 4);
  const colour = COLOURS.get(subject) ?? OTHER_COLOUR;
  const ours = subject === FIRST ? ' class="ours"' : "";
  return (
    `<rect x="${x}" y="${y}" width="16" height="4" fill="${colour}"/>` +
    `<text${ours} x="${x + 22}" y="${y + 6}">${escaped(labelOf(subject))}</text>`
  );
}

/**
 * @param {Results} results
 * @param {import("./sweep-report.js").Panel} panel
 * @param {string[]} subjects
 * @param {{ x: Axis, y: Axis }} scale
 * @param {number} left
 * @param {number} top
 */
function drawPanel(results, panel, subjects, scale, left, top) {
  const bottom = top + INNER_HEIGHT;
  const lines = [`<text class="cell" x="${left}" y="${top - 8}">${escaped(panelTitle(panel))}</text>`];
  for (const tick of scale.x.ticks) {
    const x = fixed(left + scale.x.at(tick));
    lines.push(
      `<line class="grid" x1="${x}" y1="${top}" x2="${x}" y2="${bottom}"/>`,
      `<text class="small" x="${x}" y="${bottom + 14}" text-anchor="middle">${short(tick)}B</text>`,
    );
  }
  for (const tick of scale.y.ticks) {
    const y = fixed(bottom - scale.y.at(tick));
    lines.push(
      `<line class="grid" x1="${left}" y1="${y}" x2="${fixed(left + INNER_WIDTH)}" y2="${y}"/>`,
      `<text class="small" x="${left - 5}" y="${Number(y) + 3}" text-anchor="end">${short(tick)}</text>`,
    );
  }
  // The first is drawn last, over the others.
  for (const subject of [...subjects].reverse()) {
    const points = curve(results, panel, subject).map(
      ({ size, value }) => `${fixed(left + scale.x.at(size))},${fixed(bottom - scale.y.at(value))}`,
    );
    if (points.length === 0) continue;
    const ours = subject === FIRST ? ' class="ours"' : "";
    lines.push(
      `<polyline${ours} stroke="${COLOURS.get(subject) ?? OTHER_COLOUR}" points="${points.join(" ")}"/>`,
    );
  }
  return lines.join("\n");
}

/** @param {number} value */
function fixed(value) {
  return value.toFixed(1);
}

/** @param {number} power - of ten */
function short(power) {
  if (power >= 1e6) return `${power / 1e6} M`;
  return power >= 1000 ? `${power / 1000} k` : `${power} `.trimEnd() + (power >= 1 ? " " : "");
}
