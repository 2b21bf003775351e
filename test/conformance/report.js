// The outcome as a table for a terminal, as a page and as JSON.

/**
 * @typedef {object} Outcome
 * @property {string} name
 * @property {"server" | "client"} role
 * @property {boolean} ours - it is what was to be tested, and not there for comparison
 * @property {string} [version]
 * @property {import("./suite.js").Result[]} results - none if it is not there
 */

const SYMBOL = { conforms: "✓", differs: "~", breaks: "✗" };
const LEGEND = `${SYMBOL.conforms} conforms   ${SYMBOL.differs} differs, as RFC 6455 allows   ${SYMBOL.breaks} breaks a MUST`;

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

const INTRODUCTION = `# Conformance

What \`npm run conformance\` sees: a raw TCP peer, which shares no code with wsimd, puts every rule of RFC 6455 that shows on the wire
to servers and clients that echo messages. Bytes go in one write, in a write for each frame, byte by byte and, to clients,
behind the 101 in its segment. This page is its output with \`--markdown\`.

    npm run conformance                                # wsimd and others, as below; about a quarter of an hour
    npm run conformance -- ws://127.0.0.1:8080/        # any server that echoes
    npm run conformance -- --client "program {url}"    # any client that echoes what it gets from that URL
    npm run conformance -- --help

- ${SYMBOL.conforms} conforms: does what the rule says. Where the RFC leaves something open, the rule is what wsimd does.
- ${SYMBOL.differs} differs, in what the RFC leaves open: another status or Close code, TCP dropped without a Close, a lenience.
- ${SYMBOL.breaks} breaks a MUST of the RFC, or of HTTP where the RFC builds on it.

A rule has several cases, each in all ways; the worst counts, and every cell that differs has its reasons below. The others are run as their
documentation shows, with their defaults, by the few lines in [test/conformance/programs](../test/conformance/programs); what they answer
before an application has a say is theirs, and a program that asks more of them can be stricter. Not seen from outside, and so
held by other tests: what an API refuses to send, allowed origins, and what is retained in memory.`;

/** @param {readonly Outcome[]} outcomes */
export function markdown(outcomes) {
  const there = outcomes.filter(({ results }) => results.length > 0);
  return [INTRODUCTION, ...byRole(there).map(markdownTable)].join("\n\n");
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
 * Whether what was to be tested breaks a MUST: of several, wsimd.
 * @param {readonly Outcome[]} outcomes
 */
export function broken(outcomes) {
  return outcomes.some(({ ours, results }) => ours && results.some(({ verdict }) => verdict === "breaks"));
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
    .filter(({ verdict }) => verdict !== "conforms")
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
