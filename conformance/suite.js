// All rules, put to one target.
import { CLIENT_HANDSHAKE_RULES } from "./rules/client-handshake.js";
import { COMPRESSED_MESSAGE_RULES } from "./rules/compressed-messages.js";
import { COMPRESSION_FAILURE_RULES } from "./rules/compression-failures.js";
import { COMPRESSION_HANDSHAKE_RULES } from "./rules/compression-handshake.js";
import { ENDURANCE_RULES } from "./rules/endurance.js";
import { FRAME_RULES } from "./rules/frames.js";
import { SERVER_HANDSHAKE_RULES } from "./rules/server-handshake.js";
import { TEXT_AND_CLOSE_RULES } from "./rules/text-and-close.js";
import { breaks, overall } from "./verdict.js";

/**
 * How a target keeps a rule.
 * @typedef {object} Result
 * @property {string} group
 * @property {string} section
 * @property {string} title
 * @property {import("./verdict.js").UpgradeResult} verdict
 * @property {string[]} reasons
 */

/** @type {readonly import("./verdict.js").Rule[]} */
export const RULES = [
  ...SERVER_HANDSHAKE_RULES,
  ...CLIENT_HANDSHAKE_RULES,
  ...FRAME_RULES,
  ...ENDURANCE_RULES,
  ...TEXT_AND_CLOSE_RULES,
  ...COMPRESSION_HANDSHAKE_RULES,
  ...COMPRESSED_MESSAGE_RULES,
  ...COMPRESSION_FAILURE_RULES,
];

/** @type {import("./verdict.js").Patience} */
export const PATIENCE = { answer: 3000, hesitation: 1500, timeout: 15_000 };

const AT_ONCE = { server: 8, client: 4 };

/**
 * @typedef {object} SuiteOptions
 * @property {import("./verdict.js").Patience} [patience]
 * @property {readonly import("./verdict.js").Rule[]} [rules]
 * @property {(done: number, all: number) => void} [progress] - called after each trial
 */

/**
 * @param {import("./target.js").Target} target
 * @param {SuiteOptions} [options]
 * @returns {Promise<Result[]>} in the order of the rules
 */
export async function runSuite(
  target,
  { patience = PATIENCE, rules: asked = RULES, progress = () => {} } = {},
) {
  const fits = (/** @type {{ role?: import("./verdict.js").Role }} */ { role }) =>
    role === undefined || role === target.role;
  const rules = asked.filter(fits).map((rule) => ({
    rule,
    outcomes: /** @type {import("./verdict.js").Outcome[]} */ ([]),
  }));
  const tasks = rules.flatMap(({ rule, outcomes }) =>
    rule.trials.filter(fits).map((trial, i) => ({
      alone: trial.alone === true,
      run: async () => {
        const finding = await trial.run(target, patience).catch((error) => breaks(messageOf(error)));
        // In the trials' order, whichever ends first.
        outcomes[i] = { name: trial.name, way: trial.way, finding };
        progress(++done, tasks.length);
      },
    })),
  );
  let done = 0;
  await inLanes(
    tasks.filter(({ alone }) => !alone),
    AT_ONCE[target.role],
  );
  await inLanes(
    tasks.filter(({ alone }) => alone),
    1,
  );
  return rules.map(({ rule: { group, section, title }, outcomes }) => ({
    group,
    section,
    title,
    ...overall(outcomes),
  }));
}

/**
 * @param {{ run(): Promise<void> }[]} tasks
 * @param {number} lanes
 */
async function inLanes(tasks, lanes) {
  const worker = async () => {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) await task.run();
  };
  await Promise.all(Array.from({ length: lanes }, worker));
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
