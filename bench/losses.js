// Where other servers take less than wsimd: the part of the results that is easily left out.
import { find } from "./judge.js";
import { FIRST, noiseFloor, pooledFloor } from "./noise.js";
import { paired } from "./statistics.js";
import { labelOf } from "./subjects.js";
import { describe } from "./wording.js";

/** @typedef {import("./results.js").Results} Results */
/** @typedef {{ cell: string, factor: number }} Loss */
/**
 * How wsimd compares with one server.
 * @typedef {{ peer: string, compared: number, echoes: Loss[], others: Loss[] }} Comparison
 */

const PEERS = ["bun", "uws", "deno", "ws"];
/** Of these, less is better. */
const COSTS = new Set([
  ...["cpuUsPerMessage", "cpuUsPerDelivery", "cpuUsPerHandshake", "cpuUsPerConnection"],
  ...["bytesPerConnection", "nsPerMessage", "startMs"],
]);
/** Their loads are those of other parts. */
const REPEATED = new Set([
  ...["servers", "matrix", "nodes", "ablation", "client"],
  ...["drop-in", "drop-in-compression", "drop-in-handshakes", "drop-in-broadcast"],
]);
const MOST_OTHERS = 4;

/**
 * @param {Results} results
 * @returns {Comparison[]} with each server that was measured
 */
export function losses({ measurements }) {
  return PEERS.flatMap((peer) => {
    /** @type {Comparison} */
    const comparison = { peer, compared: 0, echoes: [], others: [] };
    for (const { section, cell, metric, rounds } of measurements.filter(({ subject }) => subject === peer)) {
      const ours = find(measurements, cell, FIRST, metric);
      if (ours === undefined || !COSTS.has(metric) || REPEATED.has(section)) continue;
      const isSwept = section === "sweep";
      const factor = paired(ours.rounds, rounds, (our, their) => our / their);
      const floor = isSwept
        ? pooledFloor(measurements, section, metric)
        : noiseFloor(measurements, cell, metric, "ratio");
      if (isSwept) comparison.compared++;
      if (factor - 1 > (floor ?? 0)) (isSwept ? comparison.echoes : comparison.others).push({ cell, factor });
    }
    comparison.echoes.sort((a, b) => b.factor - a.factor);
    comparison.others.sort((a, b) => b.factor - a.factor);
    const { compared, others } = comparison;
    return compared + others.length === 0 ? [] : [comparison];
  });
}

/**
 * @param {Results} results
 * @returns {import("./tables.js").Table}
 */
export function lossTable(results) {
  const rows = losses(results).map(({ peer, compared, echoes, others }) => {
    const [worst] = echoes;
    const times = (/** @type {Loss} */ { cell, factor }) => `${describe(cell)}: ${factor.toFixed(1)}×`;
    return [
      labelOf(peer),
      compared === 0 ? "–" : `${echoes.length} of ${compared}`,
      worst === undefined ? "–" : times(worst),
      others.slice(0, MOST_OTHERS).map(times).join("; ") || "–",
    ];
  });
  return {
    header: ["takes less CPU than wsimd", "in loads of the sweep", "at most", "elsewhere"],
    rows,
    words: true,
  };
}
