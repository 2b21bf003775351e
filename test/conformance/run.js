// npm run conformance: how a WebSocket server or client keeps RFC 6455, seen from the other end of its TCP connection.
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { stopPrograms } from "./program.js";
import { broken, json, markdown, terminalTable } from "./report.js";
import { clientTarget, SUBJECTS, start, versionOf } from "./subjects.js";
import { RULES, runSuite } from "./suite.js";
import { ServerTarget } from "./target.js";

const HELP = `npm run conformance                                 wsimd and others, side by side
npm run conformance -- ws://HOST:PORT/              a server, which must echo messages with their type
npm run conformance -- --client "PROGRAM {url}"     a client, which must do the same; one that connects again when its
                                                    connection ends need not be started for each trial

  --only NAME    of the list, only what has this in its name
  --rule TITLE   only rules that have this in their title
  --json         the outcome as JSON
  --markdown     the outcome as a page

Ends with 1 if what was tested breaks a MUST (of the list: if wsimd does), with 2 if it could not be tested.`;

const OPTIONS = /** @type {const} */ ({
  client: { type: "string" },
  only: { type: "string" },
  rule: { type: "string" },
  json: { type: "boolean" },
  markdown: { type: "boolean" },
  help: { type: "boolean", short: "h" },
});

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
  process.once(signal, () => stopPrograms().then(() => process.exit(130)));
}
process.exitCode = await main().catch((error) =>
  complain(error instanceof Error ? error.message : String(error)),
);

async function main() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const outcomes = await outcomesOf(positionals[0], values);
  const print = values.json ? json : values.markdown ? markdown : terminalTable;
  console.log(print(outcomes));
  return broken(outcomes) ? 1 : 0;
}

/**
 * @param {string | undefined} url
 * @param {{ client?: string; only?: string; rule?: string }} values
 * @returns {Promise<import("./report.js").Outcome[]>}
 */
async function outcomesOf(url, { client, only = "", rule = "" }) {
  const rules = RULES.filter(({ title }) => title.includes(rule));
  if (rules.length === 0) throw new RangeError(`no rule has "${rule}" in its title`);
  if (url !== undefined) {
    const parsed = new URL(url);
    if (parsed.protocol !== "ws:") throw new TypeError(`${url} is not a ws: URL`);
    const results = await run(url, rules, { target: new ServerTarget(parsed), stop: async () => {} });
    return [{ name: url, role: "server", ours: true, version: "", results }];
  }
  if (client !== undefined) {
    const results = await run(client, rules, clientTarget(["sh", "-c", `exec ${client}`]));
    return [{ name: client, role: "client", ours: true, version: "", results }];
  }
  return compare(only, rules);
}

/**
 * @param {string} only
 * @param {readonly import("./verdict.js").Rule[]} rules
 */
async function compare(only, rules) {
  if (!existsSync(new URL("../../dist/index.js", import.meta.url))) throw new Error("first, npm run build");
  const subjects = SUBJECTS.filter(({ name }) => name.includes(only));
  if (subjects.length === 0) throw new RangeError(`nothing has "${only}" in its name`);
  const outcomes = [];
  for (const subject of subjects) {
    const { name, role, ours } = subject;
    const version = versionOf(subject);
    const results = version === undefined ? [] : await run(`${name} (${role})`, rules, await start(subject));
    outcomes.push({ name, role, ours, ...(version !== undefined && { version }), results });
  }
  return outcomes;
}

/**
 * @param {string} name
 * @param {readonly import("./verdict.js").Rule[]} rules
 * @param {{ target: import("./target.js").Target; stop(): Promise<void> }} started
 */
async function run(name, rules, { target, stop }) {
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

/** @param {string} why */
function complain(why) {
  console.error(`conformance: ${why}`);
  return 2;
}
