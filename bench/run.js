// `npm run bench`: measures, prints tables and targets, and writes them to bench/results/. See bench/README.md.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { isAblation } from "./ablation-report.js";
import { plot, plotAblation } from "./plot.js";
import { isPinning, stopAll, stopPinning } from "./programs.js";
import { Progress } from "./progress.js";
import { withFigures } from "./readme.js";
import { judge, markdown, printed } from "./report.js";
import { resultsText } from "./results-text.js";
import { SECTIONS } from "./sections.js";
import { median } from "./statistics.js";
import { version } from "./subjects.js";

const HELP = `Usage: npm run bench -- [options]

  --quick        ends within five minutes: fewer cells, servers and rounds
  --only A,B     parts: kernels, codec, ${SECTIONS.map(({ name }) => name).join(", ")}
  --name NAME    of the files in bench/results/ (default: after the platform and Node; quick runs: quick)
                 Parts that were not run are kept from an earlier run of the same name.
  --no-pin       do not keep servers and clients to a processor each
  --assert       exit with 3 if a target is missed
  --readme       measure nothing; put the figures of --name's results into the README
  -h, --help     print this
`;

const RESULTS = new URL("results/", import.meta.url);
const TABLES = ["kernels", "codec"];

/**
 * One number, taken several times.
 * @typedef {{ section: string, cell: string, subject: string, metric: string, rounds: number[], median: number }} Measurement
 * @typedef {{ section: string, cell: string, subject: string, error: string }} Failure
 * @typedef {{ name: string, size: number, subject: string, nsPerCall: number }} Row
 * @typedef {{ date: string, load: number[], busy: number, pinned: boolean, quick: boolean }} Circumstances
 * @typedef {{ cpu: string, processors: number, memoryGiB: number, platform: string, release: string }} Machine
 */
/**
 * All that a file of results holds.
 * @typedef {object} Results
 * @property {string} name
 * @property {Machine} machine
 * @property {Record<string, string>} versions
 * @property {Record<string, Circumstances>} sections - when and how each part was run
 * @property {Measurement[]} measurements
 * @property {Record<string, Row[]>} tables
 * @property {Failure[]} failures
 */

process.exitCode = await main();

async function main() {
  const options = {
    quick: bool(),
    only: text(),
    name: text(),
    "no-pin": bool(),
    assert: bool(),
    readme: bool(),
    help: bool("h"),
  };
  const { values } = parseArgs({ options });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const quick = values.quick === true;
  const given = typeof values.name === "string" ? values.name : undefined;
  const name = given ?? (quick ? "quick" : defaultName());
  if (values.readme === true) return writeReadme(name);
  const known = [...TABLES, ...SECTIONS.map(({ name }) => name)];
  const only = typeof values.only === "string" ? values.only.split(",") : known;
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) return complain(`unknown part "${unknown}"; there are ${known.join(", ")}`);
  if (process.platform !== "linux") return complain("this needs Linux: CPU times are read from /proc");
  if (!existsSync(new URL("../dist/cli/main.js", import.meta.url))) return complain("first, npm run build");
  if (!existsSync(new URL("node_modules/ws", import.meta.url))) {
    return complain("first, npm ci --prefix bench: it installs what wsimd is measured against, about 200 MB");
  }
  if (values["no-pin"] === true) stopPinning();
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
    process.once(signal, () => stopAll().then(() => process.exit(130)));
  }
  const results = await measureAll(name, only, quick);
  writeResults(results);
  console.log(printed(results));
  const missed = judge(results).filter(({ verdict }) => verdict === "missed").length;
  return values.assert === true && missed > 0 ? 3 : 0;
}

function defaultName() {
  const [major] = process.versions.node.split(".");
  return `${process.platform}-${process.arch}-node${major}`;
}

function text() {
  return /** @type {const} */ ({ type: "string" });
}

/** @param {string} [short] */
function bool(short) {
  return /** @type {const} */ ({ type: "boolean", ...(short !== undefined && { short }) });
}

/** @param {string} why */
function complain(why) {
  console.error(`bench: ${why}`);
  return 2;
}

/**
 * @param {string} name
 * @param {readonly string[]} only
 * @param {boolean} quick
 */
async function measureAll(name, only, quick) {
  const busy = await busyShare();
  const load = os.loadavg();
  console.error(
    `${os.cpus()[0]?.model}, ${os.availableParallelism()} processors, load average ${load.map((n) => n.toFixed(2)).join(" ")}`,
  );
  if (busy > 0.1) {
    const percent = Math.round(100 * busy);
    console.error(
      `The machine is ${percent} % busy with something else: believe ratios only, and not the last digits.`,
    );
  }
  console.error(
    isPinning() ? "Servers run on processor 0, clients on 1." : "Processes run where the system likes.",
  );
  const results = earlier(name);
  const circumstances = () => ({ date: new Date().toISOString(), load, busy, pinned: isPinning(), quick });
  const sections = SECTIONS.filter((section) => only.includes(section.name));
  const progress = new Progress();
  const tables = TABLES.filter((table) => only.includes(table));
  for (const table of tables) progress.plan(tableSeconds(table, quick));
  for (const section of sections) progress.plan(section.seconds(quick));
  for (const table of tables) {
    progress.step(table, tableSeconds(table, quick));
    progress.clear();
    const { run } = await import(`./${table}.js`);
    results.tables[table] = await run({ quick });
    results.sections[table] = circumstances();
  }
  for (const section of sections) {
    forget(results, section.name);
    await section.run({
      quick,
      progress,
      record: (cell, subject, metric, value) => record(results, section.name, cell, subject, metric, value),
      failed(cell, subject, error) {
        progress.clear();
        const message = error instanceof Error ? error.message : String(error);
        console.error(`${cell}  ${subject}: ${message}`);
        results.failures.push({ section: section.name, cell, subject, error: message });
      },
    });
    results.sections[section.name] = circumstances();
  }
  progress.clear();
  return results;
}

/**
 * @param {string} table
 * @param {boolean} quick
 */
function tableSeconds(table, quick) {
  if (quick) return 10;
  return table === "codec" ? 120 : 60;
}

/** The share of all processors' time that is not idle just now. */
async function busyShare() {
  const before = cpuTimes();
  await sleep(700);
  const after = cpuTimes();
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}

function cpuTimes() {
  let idle = 0;
  let all = 0;
  for (const { times } of os.cpus()) {
    idle += times.idle;
    all += times.idle + times.user + times.sys + times.nice + times.irq;
  }
  return { idle, all };
}

/**
 * @param {Results} results
 * @param {string} section
 * @param {string} cell
 * @param {string} subject
 * @param {string} metric
 * @param {number} value
 */
function record(results, section, cell, subject, metric, value) {
  let found = results.measurements.find(
    (each) => each.cell === cell && each.subject === subject && each.metric === metric,
  );
  if (found === undefined) {
    found = { section, cell, subject, metric, rounds: [], median: 0 };
    results.measurements.push(found);
  }
  found.rounds.push(Number(value.toPrecision(5)));
  found.median = median(found.rounds);
}

/**
 * Drops what an earlier run found.
 * @param {Results} results
 * @param {string} section
 */
function forget(results, section) {
  results.measurements = results.measurements.filter((each) => each.section !== section);
  results.failures = results.failures.filter((each) => each.section !== section);
}

/**
 * The results that are there under that name, if they are of this machine and these versions, else empty ones.
 * @param {string} name
 * @returns {Results}
 */
function earlier(name) {
  const machine = {
    cpu: os.cpus()[0]?.model ?? "unknown",
    processors: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    release: os.release(),
  };
  const versions = {
    wsimd: `${packageVersion("../package.json")} (build ${buildHash()})`,
    node: process.versions.node,
    v8: process.versions.v8,
    ws: packageVersion("node_modules/ws/package.json"),
    bufferutil: packageVersion("node_modules/bufferutil/package.json"),
    "faye-websocket": packageVersion("node_modules/faye-websocket/package.json"),
    bun: version("bun"),
    deno: version("deno"),
  };
  /** @type {Results} */
  const empty = { name, machine, versions, sections: {}, measurements: [], tables: {}, failures: [] };
  const file = new URL(`${name}.json`, RESULTS);
  if (!existsSync(file)) return empty;
  /** @type {Results} */
  const found = JSON.parse(readFileSync(file, "utf8"));
  const same = (/** @type {Results} */ results) => JSON.stringify([results.machine, results.versions]);
  return same(found) === same(empty) ? found : empty;
}

/** @param {string} path */
function packageVersion(path) {
  const file = new URL(path, import.meta.url);
  return existsSync(file) ? String(JSON.parse(readFileSync(file, "utf8")).version) : "not installed";
}

/** Names the measured build, so that results of the same build can be compared. */
function buildHash() {
  const folder = new URL("../dist/", import.meta.url);
  const hash = createHash("sha256");
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    if (name.endsWith(".js")) hash.update(name).update(readFileSync(new URL(name, folder)));
  }
  return hash.digest("hex").slice(0, 8);
}

/** @param {string} name */
function writeReadme(name) {
  const file = new URL(`${name}.json`, RESULTS);
  if (!existsSync(file)) return complain(`there are no results named ${name}`);
  const page = new URL("../README.md", import.meta.url);
  const results = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(page, withFigures(readFileSync(page, "utf8"), results));
  return 0;
}

/** @param {Results} results */
function writeResults(results) {
  mkdirSync(RESULTS, { recursive: true });
  const targets = judge(results);
  writeFileSync(new URL(`${results.name}.json`, RESULTS), `${resultsText({ ...results, targets })}\n`);
  const page = results.name === defaultName() ? "README.md" : `${results.name}.md`;
  writeFileSync(new URL(page, RESULTS), markdown(results));
  const { measurements } = results;
  if (!measurements.every(isAblation)) writeFileSync(new URL(`${results.name}.svg`, RESULTS), plot(results));
  if (measurements.some(isAblation))
    writeFileSync(new URL(`${results.name}-ablation.svg`, RESULTS), plotAblation(results));
}
