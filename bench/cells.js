// The loads of echo servers.

/** @typedef {"ecdsa" | "rsa"} Key */
/**
 * A way to load an echo server.
 * @typedef {object} Cell
 * @property {string} id
 * @property {"binary" | "text" | "mixed"} kind
 * @property {number} size
 * @property {number} depth
 * @property {number} connections
 * @property {Key} [tls] - with a certificate of this kind
 * @property {string} [corpus] - the kind of payloads, which are sent compressed
 */

export const MIB = 1 << 20;
/** More bytes than these are never on their way at once. */
const MOST_IN_FLIGHT = 64 << 20;
/** From here on there are few connections, so that the memory of all of them is not what is measured. */
const LONG = 100_000;

/** The lengths at which text once took much more time than between them. */
export const LONG_TEXT_SIZES = [LONG, 200_000, 500_000, 1_000_000, MIB];
/** From 20 B to 10 MB, the next at most about three times the one before. */
export const SWEEP_SIZES = [
  ...[20, 60, 200, 600, 2000, 6000, 20_000, 60_000],
  ...LONG_TEXT_SIZES,
  ...[3_000_000, 10_000_000],
];
const QUICK_SWEEP_SIZES = [20, 200, 2000, 20_000, 200_000, 1_000_000];
const KINDS = /** @type {const} */ (["binary", "text", "mixed"]);

/**
 * @param {Cell["kind"]} kind
 * @param {number} size
 * @param {number} depth
 * @param {string} [prefix] - of the id: the part of the benchmark, where another has the same cell
 * @returns {Cell}
 */
export function cellOf(kind, size, depth, prefix = "") {
  const most = size < LONG ? 100 : 4;
  const connections = Math.min(most, Math.max(1, Math.floor(MOST_IN_FLIGHT / (size * depth))));
  return { id: `${prefix}${kind}/${size}/${depth}`, kind, size, depth, connections };
}

/** @param {string} id - kind/size/depth */
export function cellFrom(id) {
  const [kind, size, depth] = id.split("/");
  const known = KINDS.find((each) => each === kind);
  return known === undefined ? undefined : cellOf(known, Number(size), Number(depth));
}

/** Small and large messages, single ones and many at once. @type {Cell[]} */
export const MATRIX_CELLS = [];
for (const kind of /** @type {const} */ (["binary", "text"])) {
  for (const size of [20, 1000, 16_000]) {
    for (const depth of [1, 16]) MATRIX_CELLS.push(cellOf(kind, size, depth, "matrix/"));
  }
  MATRIX_CELLS.push(cellOf(kind, MIB, 1, "matrix/"));
}
MATRIX_CELLS.push(cellOf("mixed", 1000, 16, "matrix/"));

/** @type {Cell[]} */
export const TLS_CELLS = [
  { id: "tls/1000/16", kind: "binary", size: 1000, depth: 16, connections: 20, tls: "ecdsa" },
];

/** Two small loads, text, a large one, and one of which the operating system's part is small. @type {Cell[]} */
export const ABLATION_CELLS = [
  cellOf("binary", 20, 16, "ablation/"),
  cellOf("binary", 20, 1, "ablation/"),
  cellOf("text", 1000, 16, "ablation/"),
  cellOf("mixed", 1000, 16, "ablation/"),
  cellOf("binary", 16_000, 16, "ablation/"),
  cellOf("text", MIB, 1, "ablation/"),
];

/**
 * All payloads at all sizes: with single messages, and with many as far as memory allows.
 * @param {boolean} quick
 * @returns {Cell[][]} of each payload and depth, from small to large
 */
export function sweepCells(quick) {
  const sizes = quick ? QUICK_SWEEP_SIZES : SWEEP_SIZES;
  return KINDS.flatMap((kind) =>
    [1, 16].map((depth) =>
      sizes.filter((size) => size * depth <= 16 * MIB).map((size) => cellOf(kind, size, depth, "sweep/")),
    ),
  );
}
