// `npm run bench`: measures, prints tables and targets, and writes them to bench/results/. See bench/README.md.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { judge } from "./judge.js";
import { MAIN, MORE } from "./parts.js";
import { pictures } from "./pictures.js";
import { isPinning, stopAll, stopPinning } from "./programs.js";
import { Progress } from "./progress.js";
import { withFigures } from "./readme.js";
import { markdown, printed } from "./report.js";
import { defaultName, earlier, FOLDER, forget, read, record } from "./results.js";
import { resultsText } from "./results-text.js";
import { TARGETS } from "./targets.js";

const TABLES = ["kernels", "codec"];
const PARTS = [...MAIN, ...MORE];
const HELP = `Usage: npm run bench -- [options]

Without options, measures what the targets and the README need, in less than half an hour.

  --quick        ends within five minutes: fewer loads, servers and rounds
  --only A,B     only these parts, or others than usually
  --before DIR   compare starts with another build as well: a clone of this package where \`npm run build\` was run
  --all          all parts, in more than an hour
  --name NAME    of the files in bench/results/ (default: after the platform and Node; quick runs: quick)
                 Parts that were not run are kept from an earlier run of the same name.
  --no-pin       do not keep servers and clients to a processor each
  --assert       exit with 3 if a target is missed
  --report       measure nothing; write the page of --name's results again
  --readme       measure nothing; put the figures of --name's results into the README
  -h, --help     print this

Parts that run without options:
${MAIN.map(describePart).join("\n")}
Others:
${MORE.map(describePart).join("\n")}
  kernels             masking, UTF-8 validation and decoding alone
  codec               streams of frames to messages and back, without sockets
`;

process.exitCode = await main();

/** @param {import("./echo.js").Section} part */
function describePart({ name, what }) {
  return `  ${name.padEnd(18)}  ${what}`;
}

async function main() {
  const options = {
    quick: bool(),
    before: text(),
    only: text(),
    all: bool(),
    name: text(),
    "no-pin": bool(),
    assert: bool(),
    report: bool(),
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
  if (values.readme === true || values.report === true) return writeAgain(name, values.readme === true);
  const known = [...TABLES, ...PARTS.map(({ name }) => name)];
  const usual = values.all === true ? known : MAIN.map(({ name }) => name);
  const only = typeof values.only === "string" ? values.only.split(",") : usual;
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
  const before = typeof values.before === "string" ? path.resolve(values.before) : undefined;
  const results = await measureAll(name, only, quick, before);
  writeResults(results);
  console.log(printed(results));
  const isMissed = judge(results, TARGETS).some(({ verdict }) => verdict === "missed");
  return values.assert === true && isMissed ? 3 : 0;
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

/** @typedef {Parameters<import("./echo.js").Context["record"]>} RecordArguments */

/**
 * @param {string} name
 * @param {readonly string[]} only
 * @param {boolean} quick
 * @param {string} [before]
 */
async function measureAll(name, only, quick, before) {
  const busy = await busyShare();
  const load = os.loadavg();
  const average = load.map((n) => n.toFixed(2)).join(" ");
  console.error(`${os.cpus()[0]?.model}, ${os.availableParallelism()} processors, load average ${average}`);
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
  const sections = PARTS.filter((section) => only.includes(section.name));
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
    /** @type {import("./echo.js").Context["failed"]} */
    const failed = (cell, subject, error) => {
      progress.clear();
      const message = error instanceof Error ? error.message : String(error);
      console.error(`${cell}  ${subject}: ${message}`);
      results.failures.push({ section: section.name, cell, subject, error: message });
    };
    const context = {
      ...{ quick, progress, failed, ...(before !== undefined && { before }) },
      record: (/** @type {RecordArguments} */ ...measured) => record(results, section.name, ...measured),
    };
    await section.run(context).catch((error) => failed(section.name, "all", error));
    results.sections[section.name] = circumstances();
    // Written after each part, so that a run that is interrupted keeps the parts before.
    writeResults(results);
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
 * @param {string} name
 * @param {boolean} isReadme
 */
function writeAgain(name, isReadme) {
  const results = read(name);
  if (results === undefined) return complain(`there are no results named ${name}`);
  if (!isReadme) writeResults(results);
  else {
    const page = new URL("../README.md", import.meta.url);
    writeFileSync(page, withFigures(readFileSync(page, "utf8"), results));
  }
  return 0;
}

/** @param {import("./results.js").Results} results */
function writeResults(results) {
  mkdirSync(FOLDER, { recursive: true });
  const page = results.name === defaultName() ? "README.md" : `${results.name}.md`;
  writeFileSync(new URL(`${results.name}.json`, FOLDER), `${resultsText(results)}\n`);
  writeFileSync(new URL(page, FOLDER), markdown(results));
  for (const [name, svg] of pictures(results)) writeFileSync(new URL(name, FOLDER), svg);
}
