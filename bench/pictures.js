// The pictures that a run writes beside its page.
import { isAblation } from "./ablation-report.js";
import { curves } from "./curves.js";
import { plotAblation } from "./plot.js";
import { panels } from "./sweep-report.js";

/** What follows the name of the results in the files' names. */
export const SWEEP_PICTURE = "-sweep.svg";
export const ABLATION_PICTURE = "-ablation.svg";

/**
 * @param {import("./results.js").Results} results
 * @returns {[name: string, svg: string][]}
 */
export function pictures(results) {
  /** @type {[string, string][]} */
  const found = [];
  if (panels(results).length > 0) found.push([`${results.name}${SWEEP_PICTURE}`, curves(results)]);
  if (results.measurements.some(isAblation)) {
    found.push([`${results.name}${ABLATION_PICTURE}`, plotAblation(results)]);
  }
  return found;
}
