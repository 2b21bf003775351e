// Lines of the tables.

/**
 * A number that must not exceed its bound.
 * @param {string} what
 * @param {number} found
 * @param {number} bound
 * @param {string} [unit]
 * @returns {import("./main.js").Row}
 */
export function atMost(what, found, bound, unit = "") {
  return {
    what,
    found: number(found) + unit,
    bound: `at most ${number(bound)}${unit}`,
    holds: found <= bound,
  };
}

/**
 * A number that must be just that.
 * @param {string} what
 * @param {number | string} found
 * @param {number | string} expected
 * @returns {import("./main.js").Row}
 */
export function exactly(what, found, expected) {
  const text = (/** @type {number | string} */ value) =>
    typeof value === "number" ? number(value) : value || "none";
  return { what, found: text(found), bound: `= ${text(expected)}`, holds: found === expected };
}

/**
 * For the reader: nothing is asked of it.
 * @param {string} what
 * @param {string} found
 * @returns {import("./main.js").Row}
 */
export function told(what, found) {
  return { what, found, bound: "", holds: true };
}

/** @param {number} value */
function number(value) {
  return value.toLocaleString("en", { maximumFractionDigits: 2 });
}

/** @param {number} bytes */
export function mebibytes(bytes) {
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}

/**
 * What must hold after every proof: the server is as it was, and ends by itself.
 * @param {import("./child.js").Child} child
 * @param {import("./child.js").Report} report
 */
export async function afterwards(child, report) {
  return [
    exactly("connections left", report.connections, 0),
    exactly("close events, one for each open", report.closes, report.opens),
    exactly("second close events", report.doubles, 0),
    exactly("exceptions that nobody expected", report.strays.join("; "), ""),
    exactly("length of linear memory", report.linearMemory, LINEAR_MEMORY_BYTES),
    exactly("what keeps the server's process alive", await child.close(), ""),
  ];
}

/** The bytes by which a process's heap may grow over time under any load, mainly compiled code. */
export const WARMING_BYTES = 1 << 19;

const LINEAR_MEMORY_BYTES = await import("../../dist/kernel/generated/layout.js").then(
  ({ MEMORY_PAGES }) => MEMORY_PAGES * 0x10000,
);
