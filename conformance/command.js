// The command line: what is to be judged, by which rules, and how the outcome is printed.
import { parseArgs } from "node:util";
import { clientTarget, stopPrograms } from "./program.js";
import { broken, json, markdown, terminalTable } from "./report.js";
import { RULES, runSuite } from "./suite.js";
import { ServerTarget } from "./target.js";

/**
 * Something that is running, to be judged.
 * @typedef {{ target: import("./target.js").Target; stop(): Promise<void> }} Started
 */
/**
 * One of several servers and clients that are judged side by side.
 * @typedef {object} Subject
 * @property {string} name
 * @property {"server" | "client"} role
 * @property {boolean} judged - whether a MUST that it breaks decides the exit code; the others are there for comparison
 * @property {() => string | undefined} version - undefined if it is not installed
 * @property {() => Promise<Started>} start
 */
/**
 * What is judged if the arguments name nothing.
 * @typedef {object} Comparison
 * @property {string} introduction - of the page that `--markdown` prints
 * @property {readonly Subject[]} subjects
 */

const HELP = `wsimd-conformance ws://HOST:PORT/              judges a server, which must echo messages with their type
wsimd-conformance --client "PROGRAM {url}"     judges a client, which must connect to the URL and do the same. It is started
                                               for each trial, unless it connects again when its connection ends.

  --only NAME    where several are compared: only those that have this in their names
  --rule TITLE   only rules that have this in their title
  --json         prints the outcome as JSON
  --markdown     prints the outcome as a page

Exit codes: 1 if a MUST is broken, 2 if nothing could be judged.`;

const OPTIONS = /** @type {const} */ ({
  client: { type: "string" },
  only: { type: "string" },
  rule: { type: "string" },
  json: { type: "boolean" },
  markdown: { type: "boolean" },
  help: { type: "boolean", short: "h" },
});

/**
 * Runs the command.
 * @param {readonly string[]} args
 * @param {Comparison} [comparison]
 * @returns {Promise<number>} the exit code
 */
export async function runCommand(args, comparison) {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
    process.once(signal, () => stopPrograms().then(() => process.exit(130)));
  }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [url] = positionals;
    if (values.help || (url === undefined && values.client === undefined && comparison === undefined)) {
      console.log(HELP);
      return values.help ? 0 : 2;
    }
    const outcomes = await outcomesOf(url, values, comparison?.subjects ?? []);
    if (values.json) console.log(json(outcomes));
    else
      console.log(values.markdown ? markdown(outcomes, comparison?.introduction) : terminalTable(outcomes));
    return broken(outcomes) ? 1 : 0;
  } catch (error) {
    console.error(`conformance: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
}

/**
 * @param {string | undefined} url
 * @param {{ client?: string; only?: string; rule?: string }} values
 * @param {readonly Subject[]} subjects
 * @returns {Promise<import("./report.js").Outcome[]>}
 */
async function outcomesOf(url, { client, only = "", rule = "" }, subjects) {
  const rules = RULES.filter(({ title }) => title.includes(rule));
  if (rules.length === 0) throw new RangeError(`no rule has "${rule}" in its title`);
  if (url !== undefined) {
    const parsed = new URL(url);
    if (parsed.protocol !== "ws:") throw new TypeError(`${url} is not a ws: URL`);
    const results = await judge(url, rules, { target: new ServerTarget(parsed), stop: async () => {} });
    return [{ name: url, role: "server", judged: true, version: "", results }];
  }
  if (client !== undefined) {
    const results = await judge(client, rules, clientTarget(["sh", "-c", `exec ${client}`]));
    return [{ name: client, role: "client", judged: true, version: "", results }];
  }
  return compare(
    subjects.filter(({ name }) => name.includes(only)),
    rules,
  );
}

/**
 * @param {readonly Subject[]} subjects
 * @param {readonly import("./verdict.js").Rule[]} rules
 */
async function compare(subjects, rules) {
  if (subjects.length === 0) throw new RangeError("nothing has this in its name");
  const outcomes = [];
  for (const { name, role, judged, start, ...subject } of subjects) {
    const version = subject.version();
    const results = version === undefined ? [] : await judge(`${name} (${role})`, rules, await start());
    outcomes.push({ name, role, judged, ...(version !== undefined && { version }), results });
  }
  return outcomes;
}

/**
 * Runs the rules, and shows on a terminal how far it is.
 * @param {string} name
 * @param {readonly import("./verdict.js").Rule[]} rules
 * @param {Started} started
 */
async function judge(name, rules, { target, stop }) {
  const terminal = process.stderr.isTTY;
  const progress = (/** @type {number} */ done, /** @type {number} */ all) => {
    if (terminal) process.stderr.write(`\r\x1b[K${name}: ${done} of ${all}`);
  };
  try {
    return await runSuite(target, { rules, progress });
  } finally {
    if (terminal) process.stderr.write("\r\x1b[K");
    await stop();
  }
}
