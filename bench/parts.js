// The parts of the benchmark, in the order in which they run.
import { ablation } from "./ablation.js";
import { broadcast, topics } from "./broadcast.js";
import { cellFrom, LONG_TEXT_SIZES, MATRIX_CELLS } from "./cells.js";
import { client } from "./client.js";
import { compression } from "./compression.js";
import { firstConnections, handshakes, memory, tlsHandshakes } from "./connections.js";
import { deflate } from "./deflate.js";
import { DROP_IN_PARTS } from "./drop-in.js";
import { echoSection } from "./echo.js";
import { AGAIN, FIRST } from "./noise.js";
import { relay } from "./relay.js";
import { startup } from "./startup.js";
import { ON_NODES, SUBJECTS } from "./subjects.js";
import { sweep } from "./sweep.js";
import { KEPT, TARGETS } from "./targets.js";
import { workers } from "./workers.js";
import { idle, json, mix, steady, tls } from "./workloads.js";

/** @typedef {import("./echo.js").Section} Section */

const QUICK_CELLS = new Set([
  "binary/20/1",
  "binary/20/16",
  "text/1000/16",
  "text/1000000/1",
  "binary/16000/1",
]);

/**
 * The servers that targets compare in a cell, and a second one of the first, which tells the noise.
 * @param {readonly import("./targets.js").Target[]} targets
 * @param {{ id: string }} cell
 */
function compared(targets, { id }) {
  const these = targets.filter(({ cells }) => cells.includes(id));
  return new Set([...these.flatMap(({ subject, against }) => [subject, against]), FIRST, AGAIN]);
}

/** So far from their limits that a second process of each server would change no verdict. */
const CLEAR = new Set(LONG_TEXT_SIZES.map((size) => `text/${size}/1`));

/** The loads of the targets. */
const servers = echoSection("servers", "the echo servers and loads that the targets name", {
  cells(quick) {
    const ids = new Set([...TARGETS, ...KEPT].flatMap(({ cells }) => cells));
    const cells = [...ids].flatMap((id) => cellFrom(id) ?? []);
    return quick ? cells.filter(({ id }) => QUICK_CELLS.has(id)) : cells;
  },
  subjects: (cell) => compared([...TARGETS, ...KEPT], cell),
  often: (cell) => (CLEAR.has(cell.id) ? new Set() : compared(TARGETS, cell)),
});

const ECHOERS = SUBJECTS.map(({ name }) => name).filter((name) => name !== "net");
const matrix = echoSection("matrix", "all echo servers, small and large messages", {
  cells: (quick) => (quick ? MATRIX_CELLS.slice(0, 4) : MATRIX_CELLS),
  subjects: () => ECHOERS,
});

const NODES = [FIRST, "ws", ...ON_NODES.map(({ name }) => name)];
const nodes = echoSection("nodes", "Node 20, 24 and 26", {
  cells: (quick) =>
    MATRIX_CELLS.slice(0, quick ? 2 : MATRIX_CELLS.length).map((cell) => ({
      ...cell,
      id: cell.id.replace("matrix/", "nodes/"),
    })),
  subjects: () => NODES,
});

/** What the targets need, which is what runs without `--only`. @type {Section[]} */
export const MAIN = [
  servers,
  sweep,
  tls,
  handshakes,
  firstConnections,
  broadcast,
  ...topics,
  memory,
  relay,
  startup,
  compression,
  deflate,
  ...DROP_IN_PARTS,
];

/** What only `--only` and `--all` run. @type {Section[]} */
export const MORE = [json, mix, idle, steady, tlsHandshakes, client, nodes, workers, matrix, ablation];
