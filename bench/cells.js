// What is measured on whole servers, and what wsimd must reach there.

/**
 * A way to load an echo server.
 * @typedef {object} Cell
 * @property {string} id
 * @property {"binary" | "text" | "mixed"} kind
 * @property {number} size
 * @property {number} depth
 * @property {number} connections
 * @property {boolean} [tls]
 * @property {boolean} [quick] - part of a quick run
 */

/**
 * What a measurement must reach: a quotient of one of our servers and another in the same rounds, or a difference.
 * @typedef {object} Target
 * @property {string} cell
 * @property {string} metric
 * @property {string} subject - ours
 * @property {string} against - another subject
 * @property {"ratio" | "difference"} by
 * @property {"<=" | "<" | ">="} relation
 * @property {number} limit
 */

const MIB = 1 << 20;
const QUICK = new Set(["binary/20/1", "binary/20/16", "text/1000/16", "binary/16000/16"]);

/** @type {Cell[]} */
export const ECHO_CELLS = [];
for (const kind of /** @type {const} */ (["binary", "text"])) {
  for (const size of [20, 1000, 16_000]) {
    for (const depth of [1, 16]) {
      const id = `${kind}/${size}/${depth}`;
      ECHO_CELLS.push({ id, kind, size, depth, connections: 100, quick: QUICK.has(id) });
    }
  }
  ECHO_CELLS.push({ id: `${kind}/${MIB}/1`, kind, size: MIB, depth: 1, connections: 4 });
}

/** @type {Cell[]} */
export const MIXED_CELLS = [
  { id: "mixed/1000/16", kind: "mixed", size: 1000, depth: 16, connections: 100, quick: true },
];

/** @type {Cell[]} */
export const TLS_CELLS = [
  { id: "tls/1000/16", kind: "binary", size: 1000, depth: 16, connections: 20, tls: true, quick: true },
];

/** Two small loads, text, a large one, and one of which the operating system's part is small. @type {Cell[]} */
export const ABLATION_CELLS = [
  { id: "ablation/binary/20/16", kind: "binary", size: 20, depth: 16, connections: 100, quick: true },
  { id: "ablation/binary/20/1", kind: "binary", size: 20, depth: 1, connections: 100 },
  { id: "ablation/text/1000/16", kind: "text", size: 1000, depth: 16, connections: 100, quick: true },
  { id: "ablation/mixed/1000/16", kind: "mixed", size: 1000, depth: 16, connections: 100 },
  { id: "ablation/binary/16000/16", kind: "binary", size: 16_000, depth: 16, connections: 100, quick: true },
  { id: `ablation/text/${MIB}/1`, kind: "text", size: MIB, depth: 1, connections: 4 },
];

const CPU = "cpuUsPerMessage";

/** @type {Target[]} */
export const TARGETS = [];

/**
 * @param {string} cell
 * @param {string} metric
 * @param {string} against
 * @param {number} limit
 * @param {Target["relation"]} [relation]
 * @param {Target["by"]} [by]
 * @param {string} [subject]
 */
function target(cell, metric, against, limit, relation = "<=", by = "ratio", subject = "wsimd") {
  TARGETS.push({ cell, metric, subject, against, by, relation, limit });
}

for (const [size, binary1, binary16, text1, text16] of /** @type {const} */ ([
  [20, 0.75, 0.09, 0.78, 0.1],
  [1000, 0.7, 0.13, 0.75, 0.14],
  [16_000, 0.5, 0.45, 0.62, 0.6],
])) {
  target(`binary/${size}/1`, CPU, "ws", binary1);
  target(`binary/${size}/16`, CPU, "ws", binary16);
  target(`text/${size}/1`, CPU, "ws", text1);
  target(`text/${size}/16`, CPU, "ws", text16);
}
target(`binary/${MIB}/1`, CPU, "ws", 0.8);
target(`text/${MIB}/1`, CPU, "ws", 0.9);
for (const { id, size, depth } of ECHO_CELLS) {
  if (size === MIB) continue;
  if (size === 16_000) target(id, CPU, "bun", 1, "<");
  else target(id, CPU, "bun", depth === 1 ? 1.2 : 1.1);
}
for (const { id, kind, size, depth } of ECHO_CELLS) {
  if (kind !== "binary" || size === MIB) continue;
  target(id, CPU, "bun", depth === 1 ? 1.3 : 1.5, "<=", "ratio", "wsimd-bun");
}
for (const { id, kind, size, depth } of ECHO_CELLS) {
  if (kind !== "binary" || size === MIB) continue;
  const limit = size === 16_000 ? 0.6 : depth === 1 ? 0.9 : 0.25;
  target(id, CPU, "deno", limit, "<=", "ratio", "wsimd-deno");
}
target("mixed/1000/16", CPU, "ws", 0.25);
target("tls/1000/16", CPU, "ws", 0.62);
for (const size of [20, 1000]) target(`binary/${size}/1`, "p99Us", "ws", 1);
target("client/1000/16", CPU, "ws", 0.3);
target("broadcast/100", "cpuUsPerDelivery", "net", 1.05);
target("handshakes", "perCpuSecond", "ws", 1.5, ">=");
target("memory", "bytesPerConnection", "net", 1024, "<=", "difference");
target("memory", "bytesPerConnection", "deno", 1, "<", "ratio", "wsimd-deno");
