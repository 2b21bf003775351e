// `npm run soak`: what npm test proves in short, at full length, against servers in processes of their own.
import process from "node:process";
import { parseArgs } from "node:util";
import { killAll } from "./child.js";
import { churn } from "./proofs/churn.js";
import { cpu } from "./proofs/cpu.js";
import { descriptors } from "./proofs/descriptors.js";
import { faults } from "./proofs/faults.js";
import { handshakes } from "./proofs/handshakes.js";
import { isolation } from "./proofs/isolation.js";
import { load } from "./proofs/load.js";
import { memory } from "./proofs/memory.js";
import { pings } from "./proofs/pings.js";
import { slowReaders } from "./proofs/slow-readers.js";
import { work } from "./proofs/work.js";

/**
 * One line of a proof's table.
 * @typedef {{ what: string; found: string; bound: string; holds: boolean }} Row
 */
/**
 * What a proof is given.
 * @typedef {object} Context
 * @property {number} connections
 * @property {number} count - of whatever the proof counts
 * @property {number} minutes
 * @property {import("../../dist/node/index.js").ReadPath} readPath
 * @property {(share: number, label: string) => void} progress - how much is done, from 0 to 1
 */
/**
 * @typedef {object} Proof
 * @property {string} name
 * @property {string} about
 * @property {number} [connections] - defaults
 * @property {number} [count]
 * @property {number} [minutes]
 * @property {(context: Context) => Promise<Row[]>} run
 */

/** @type {readonly Proof[]} */
const PROOFS = [
  load,
  memory,
  pings,
  slowReaders,
  handshakes,
  churn,
  faults,
  descriptors,
  isolation,
  work,
  cpu,
];

const HELP = `Usage: npm run soak -- [NAME] [options]

${PROOFS.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`).join("\n")}
  all            each of them

  --minutes M      how long load runs (default ${load.minutes})
  --connections N  at a time
  --count N        how many, of what the proof counts (of faults: the time-outs, in ms)
  --read PATH      how the server reads: auto (default), buffer, data
  -h, --help       print this

Ends with 1 if a bound does not hold.
`;

/** @type {readonly import("../../dist/node/index.js").ReadPath[]} */
const READ_PATHS = ["auto", "buffer", "data"];
const CLEAR_LINE = "\r\x1b[K";
let lastPrinted = 0;

process.exitCode = await main();

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: "string" },
      connections: { type: "string" },
      count: { type: "string" },
      read: { type: "string", default: "auto" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [name = "load"] = positionals;
  const asked = PROOFS.filter((proof) => name === "all" || proof.name === name);
  const readPath = READ_PATHS.find((path) => path === values.read);
  const numbers = [values.minutes, values.connections, values.count].filter((text) => text !== undefined);
  if (asked.length === 0 || readPath === undefined || numbers.some((text) => !(Number(text) > 0))) {
    console.error(HELP);
    return 2;
  }
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
    process.once(signal, () => process.exit(130));
  process.on("exit", killAll);
  let holds = true;
  for (const proof of asked) {
    const start = performance.now();
    const rows = await proof.run({
      connections: Number(values.connections ?? proof.connections ?? 0),
      count: Number(values.count ?? proof.count ?? 0),
      minutes: Number(values.minutes ?? proof.minutes ?? 0),
      readPath,
      progress: (share, label) => progress(proof.name, start, share, label),
    });
    print(proof, rows, (performance.now() - start) / 1000);
    holds &&= rows.every((row) => row.holds);
  }
  return holds ? 0 : 1;
}

/**
 * @param {string} name
 * @param {number} start
 * @param {number} share
 * @param {string} label
 */
function progress(name, start, share, label) {
  const now = performance.now();
  // In a file, a line every now and then is enough.
  if (now - lastPrinted < (process.stderr.isTTY ? 100 : 10_000)) return;
  lastPrinted = now;
  const left = share > 0.02 ? `${Math.ceil((((now - start) / share) * (1 - share)) / 1000)} s left` : "";
  const line = `${name}: ${String(Math.floor(share * 100)).padStart(3)} %  ${left.padStart(10)}  ${label}`;
  if (process.stderr.isTTY) process.stderr.write(CLEAR_LINE + line);
  else console.error(line);
}

/**
 * @param {Proof} proof
 * @param {Row[]} rows
 * @param {number} seconds
 */
function print(proof, rows, seconds) {
  if (process.stderr.isTTY) process.stderr.write(CLEAR_LINE);
  console.log(`${proof.name}: ${proof.about} (${Math.round(seconds)} s)`);
  const width = (/** @type {keyof Row} */ key) => Math.max(...rows.map((row) => String(row[key]).length));
  const [what, found] = [width("what"), width("found")];
  for (const row of rows) {
    const verdict = row.holds ? "holds" : "FAILS";
    console.log(`  ${verdict}  ${row.what.padEnd(what)}  ${row.found.padStart(found)}  ${row.bound}`);
  }
}
