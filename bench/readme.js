// The figures in the project's README, made from a file of results. `npm run bench -- --readme` writes them there; a test fails when they are
// not those of the committed results.
import { lossTable } from "./losses.js";
import { SWEEP_PICTURE } from "./pictures.js";
import { steepestStep } from "./sweep-report.js";
import { markdownTable } from "./tables.js";
import { bytes, describe } from "./wording.js";

/** @typedef {import("./results.js").Results} Results */

const BEGIN = "<!-- figures: npm run bench -- --readme -->";
const END = "<!-- end of figures -->";

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
  const { machine, versions, name } = results;
  const busiest = Math.max(0, ...Object.values(results.sections).map(({ busy }) => busy));
  const provisional = busiest > 0.1 ? " The machine was busy, so these figures are provisional." : "";
  return `${machine.cpu}, ${machine.platform}, Node ${versions.node}, wsimd ${versions.wsimd}, ws ${versions.ws}, Bun ${versions.bun}.${provisional}

![Server CPU time for each echoed message, from 20 B to 10 MB](bench/results/${name}${SWEEP_PICTURE})

${steepest(results)}Where another server takes less CPU than wsimd, with how many times as much wsimd takes:

${markdownTable(lossTable(results))}`;
}

/** @param {Results} results */
function steepest(results) {
  const step = steepestStep(results, "wsimd");
  if (step === undefined) return "";
  return `The steepest step of wsimd's curves is ${step.factor.toFixed(2)} times as much CPU a byte, from ${describe(step.from)}, to ${bytes(step.to)}.\n`;
}
