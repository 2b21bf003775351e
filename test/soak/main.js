// `npm run soak`: proofs against servers in processes of their own. `npm run test:all` runs short forms of them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Child, killAll } from "./child.js";
import { load } from "./proofs/load.js";
import { PROOFS } from "./proofs.js";
import { commandOf, RUNTIMES } from "./runtimes.js";

/**
 * One line of a proof's table.
 * @typedef {{ what: string; found: string; bound: string; holds: boolean }} Row
 */
/** @typedef {{ mode: import("./server.js").Mode; options?: import("./server.js").Options }} Wanted - of a server */
/**
 * What a proof is given.
 * @typedef {object} Context
 * @property {number} connections
 * @property {number} count - the number of units that the proof counts
 * @property {number} minutes
 * @property {(task: Wanted, bounds?: { files?: number }) => Promise<Child>} start - a server, on the runtime that was asked for
 * @property {(share: number, label: string) => void} progress - how much is done, from 0 to 1
 */
/**
 * @typedef {object} Proof
 * @property {string} name
 * @property {string} about
 * @property {number} [connections] - defaults
 * @property {number} [count]
 * @property {number} [minutes]
 * @property {boolean} [inside] - has no server: another runtime runs all of it
 * @property {Partial<Record<import("./runtimes.js").RuntimeName, string>>} [not] - where it can't be done, and why
 * @property {(context: Context) => Promise<Row[]>} run
 */

const HELP = `Usage: npm run soak -- [NAME] [options]

${PROOFS.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`).join("\n")}
  all            each of them

  --minutes M      how long load runs (default ${load.minutes})
  --connections N  at a time
  --count N        how many, of what the proof counts (of faults: the time-outs, in ms)
  --runtime NAME   what the server runs on: ${RUNTIMES.join(", ")} (default ${RUNTIMES[0]})
  --internals USE  whether the server uses private parts of its runtime: auto (default), on, off; not on Bun
  -h, --help       print this

Ends with 1 if a bound does not hold.
`;

/** @type {readonly import("../../dist/node/index.js").Internals[]} */
const INTERNALS = ["auto", "on", "off"];
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
      runtime: { type: "string", default: "node" },
      internals: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [name = "load"] = positionals;
  const asked = PROOFS.filter((proof) => name === "all" || proof.name === name);
  const runtime = RUNTIMES.find((each) => each === values.runtime);
  const internals = INTERNALS.find((choice) => choice === (values.internals ?? "auto"));
  const numbers = [values.minutes, values.connections, values.count].filter((text) => text !== undefined);
  const wrong =
    numbers.some((text) => !(Number(text) > 0)) || (runtime === "bun" && values.internals !== undefined);
  if (asked.length === 0 || runtime === undefined || internals === undefined || wrong) {
    console.error(HELP);
    return 2;
  }
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
    process.once(signal, () => process.exit(130));
  process.on("exit", killAll);
  let holds = true;
  for (const proof of asked) {
    const reason = proof.not?.[runtime];
    if (reason !== undefined) {
      console.log(`${proof.name}: not on ${runtime}: ${reason}`);
      continue;
    }
    const connections = Number(values.connections ?? proof.connections ?? 0);
    const count = Number(values.count ?? proof.count ?? 0);
    if (proof.inside && runtime !== "node") {
      holds = (await runOn(runtime, proof.name, connections, count)) && holds;
      continue;
    }
    const begin = performance.now();
    const rows = await proof.run({
      connections,
      count,
      minutes: Number(values.minutes ?? proof.minutes ?? 0),
      start: ({ mode, options }, bounds) =>
        Child.start({ runtime, mode, options: { internals, ...options } }, bounds),
      progress: (share, label) => progress(proof.name, begin, share, label),
    });
    print(proof, rows, (performance.now() - begin) / 1000);
    holds &&= rows.every((row) => row.holds);
  }
  return holds ? 0 : 1;
}

/**
 * Has another runtime run this program.
 * @param {import("./runtimes.js").RuntimeName} runtime
 * @param {string} name
 * @param {number} connections
 * @param {number} count
 */
async function runOn(runtime, name, connections, count) {
  const [binary, ...args] = commandOf(runtime);
  const numbers = ["--connections", String(connections || 1), "--count", String(count || 1)];
  const child = spawn(binary, [...args, fileURLToPath(import.meta.url), name, ...numbers], {
    stdio: "inherit",
  });
  const [code] = await once(child, "exit");
  return code === 0;
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
