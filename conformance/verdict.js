// What can be said of how something keeps a rule.

/**
 * It has not what the rule is for; or does as the rule says; or what the RFC leaves open; or it breaks a MUST.
 * @typedef {"absent" | "conforms" | "differs" | "breaks"} UpgradeResult
 */
/**
 * @typedef {object} Finding
 * @property {UpgradeResult} verdict
 * @property {string} [reason] - why it is not "conforms"
 */
/** @typedef {"server" | "client"} Role */
/**
 * One way to put a rule to the test.
 * @typedef {object} Trial
 * @property {string} name - what is put to it
 * @property {string} [way] - how the bytes are cut, if there are several
 * @property {boolean} [alone] - keeps a processor so busy that others would seem late beside it
 * @property {Role} [role] - if only what has this role is put to it
 * @property {(target: import("./target.js").Target, patience: Patience) => Promise<Finding>} run
 */
/**
 * How long to wait for what ought to come, in milliseconds.
 * @typedef {object} Patience
 * @property {number} answer - until something that a MUST asks for counts as missing
 * @property {number} hesitation - until something that may come later counts as late
 * @property {number} timeout - for what the tested side gives up by its own clock
 */
/**
 * @typedef {object} Rule
 * @property {string} group
 * @property {string} section - of RFC 6455 unless it says otherwise
 * @property {string} title
 * @property {Role} [role] - if it is for what has this role
 * @property {readonly Trial[]} trials
 */

/** @type {Finding} */
export const CONFORMS = { verdict: "conforms" };
/** @type {Finding} */
export const ABSENT = { verdict: "absent" };

/**
 * @param {string} reason
 * @returns {Finding}
 */
export const differs = (reason) => ({ verdict: "differs", reason });

/**
 * @param {string} reason
 * @returns {Finding}
 */
export const breaks = (reason) => ({ verdict: "breaks", reason });

/**
 * A departure that is a breach or not, as the rule says.
 * @param {boolean} must
 * @param {string} reason
 */
export const departs = (must, reason) => (must ? breaks(reason) : differs(reason));

const GRAVITY = ["absent", "conforms", "differs", "breaks"];
const MOST_NAMES = 3;

/**
 * What came of a trial.
 * @typedef {object} Outcome
 * @property {string} name
 * @property {string | undefined} way
 * @property {Finding} finding
 */

/**
 * The verdict over all trials of a rule: the gravest, with each reason for it once and what gave it.
 * @param {readonly Outcome[]} outcomes
 * @returns {{ verdict: UpgradeResult; reasons: string[] }}
 */
export function overall(outcomes) {
  const gravest = Math.max(0, ...outcomes.map(({ finding }) => GRAVITY.indexOf(finding.verdict)));
  const reasons = new Set(outcomes.flatMap(({ finding }) => finding.reason ?? []));
  return {
    verdict: /** @type {UpgradeResult} */ (GRAVITY[gravest]),
    reasons: [...reasons].map((reason) => `${reason}${when(reason, outcomes)}`),
  };
}

/**
 * Which trials gave a reason, if not all did.
 * @param {string} reason
 * @param {readonly Outcome[]} outcomes
 */
function when(reason, outcomes) {
  const those = outcomes.filter(({ finding }) => finding.reason === reason);
  if (those.length === outcomes.length) return "";
  const names = [...new Set(those.map(({ name, way }) => (name === "" ? way : name)))];
  const more = names.length - MOST_NAMES;
  return ` (${more > 0 ? `${names.slice(0, MOST_NAMES).join("; ")}; ${more} more` : names.join("; ")})`;
}
