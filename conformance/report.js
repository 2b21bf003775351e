// The outcome as a table for a terminal, as a page and as JSON.

/**
 * @typedef {object} Outcome
 * @property {string} name
 * @property {"server" | "client"} role
 * @property {boolean} judged - whether a MUST that it breaks counts; the others are there for comparison
 * @property {string} [version]
 * @property {import("./suite.js").Result[]} results - none if it is not there
 */

/** How a verdict is printed. */
export const SYMBOL = { absent: "–", conforms: "✓", differs: "~", breaks: "✗" };
const LEGEND = `${SYMBOL.conforms} conforms   ${SYMBOL.differs} differs, as the RFC allows   ${SYMBOL.breaks} breaks a MUST   ${SYMBOL.absent} does not apply`;

/** @param {readonly Outcome[]} outcomes */
export function terminalTable(outcomes) {
  const parts = byRole(outcomes).map((columns) => {
    const heading = columns.map(
      ({ name, role, version }, i) => `${letter(i)}  ${name} ${version ?? "is not here"} (${role})`,
    );
    const rows = rowsOf(columns).flatMap(({ group, first, section, title, cells }) => [
      ...(first ? ["", group] : []),
      `  ${cells.map((cell) => cell?.symbol ?? "–").join(" ")}  ${title} (${section})`,
    ]);
    return [
      ...heading,
      "",
      `  ${columns.map((_, i) => letter(i)).join(" ")}`,
      ...rows,
      "",
      ...reasonLines(columns),
    ].join("\n");
  });
  return [...parts, LEGEND].join("\n\n");
}

/** @param {readonly Outcome[]} outcomes */
export function json(outcomes) {
  return JSON.stringify(outcomes, null, 1);
}

/**
 * @param {readonly Outcome[]} outcomes
 * @param {string} [introduction] - the top of the page
 */
export function markdown(outcomes, introduction = `# Conformance\n\n${LEGEND}`) {
  const there = outcomes.filter(({ results }) => results.length > 0);
  return [introduction, ...byRole(there).map(markdownTable)].join("\n\n");
}

/** @param {readonly Outcome[]} columns - of one role */
function markdownTable(columns) {
  const title = columns[0]?.role === "client" ? "Clients" : "Servers";
  const heading = columns.map(({ name, version }) => `${name} ${version}`);
  const rows = rowsOf(columns).map(
    ({ group, first, section, title, cells }) =>
      `|${first ? ` ${group} ` : " "}| ${escaped(title)} | ${section} | ${cells.map((cell) => cell?.symbol ?? "–").join(" | ")} |`,
  );
  return [
    `## ${title}`,
    "",
    `| | rule | section | ${heading.join(" | ")} |`,
    `|---|---|---|${"---|".repeat(columns.length)}`,
    ...rows,
    ...columns.flatMap((column) => markdownReasons(column, title)),
  ].join("\n");
}

/**
 * @param {Outcome} column
 * @param {string} title
 */
function markdownReasons(column, title) {
  const lines = departures(column).map(
    ({ symbol, title, reasons }) => `- ${symbol} ${escaped(title)}: ${escaped(reasons.join("; "))}`,
  );
  return lines.length === 0 ? [] : ["", `### ${title}: ${column.name}`, "", ...lines];
}

/**
 * Whether a MUST is broken by what is judged.
 * @param {readonly Outcome[]} outcomes
 */
export function broken(outcomes) {
  return outcomes.some(
    ({ judged, results }) => judged && results.some(({ verdict }) => verdict === "breaks"),
  );
}

/** @param {readonly Outcome[]} outcomes */
function byRole(outcomes) {
  const roles = /** @type {const} */ (["server", "client"]);
  return roles
    .map((role) => outcomes.filter((each) => each.role === role))
    .filter((columns) => columns.length > 0);
}

/** @param {readonly Outcome[]} columns */
function rowsOf(columns) {
  const rules = columns.find(({ results }) => results.length > 0)?.results ?? [];
  return rules.map(({ group, section, title }, i) => ({
    group,
    first: rules[i - 1]?.group !== group,
    section,
    title,
    cells: columns.map(({ results }) => results[i] && { symbol: SYMBOL[results[i].verdict] }),
  }));
}

/** @param {Outcome} column */
function departures({ results }) {
  return results
    .filter(({ verdict }) => verdict === "differs" || verdict === "breaks")
    .map(({ verdict, title, reasons }) => ({ symbol: SYMBOL[verdict], title, reasons }));
}

/** @param {readonly Outcome[]} columns */
function reasonLines(columns) {
  return columns.flatMap((column) => {
    const lines = departures(column).map(
      ({ symbol, title, reasons }) => `  ${symbol} ${title}: ${reasons.join("; ")}`,
    );
    return lines.length === 0 ? [] : [`${column.name}:`, ...lines];
  });
}

/** @param {number} index */
function letter(index) {
  return String.fromCharCode(65 + index);
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("_", "\\_");
}
