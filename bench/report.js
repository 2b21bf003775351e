// Results in words: targets, the Markdown page, and what the terminal shows.
import { ablationPrinted, ablationTables, isAblation } from "./ablation-report.js";
import { TARGETS } from "./cells.js";
import { noiseFloor, withinNoise } from "./noise.js";
import * as notes from "./notes.js";
import { median, paired } from "./statistics.js";
import { labelOf, SUBJECTS } from "./subjects.js";
import { describe, number, percent } from "./wording.js";

/** @typedef {import("./run.js").Results} Results */
/** @typedef {"met" | "missed" | "too noisy"} Verdict */
/**
 * A target and what became of it. The floor is undefined where no second server told it.
 * @typedef {import("./cells.js").Target & { value: number, floor: number | undefined, verdict: Verdict }} Judged
 */

const CPU = "cpuUsPerMessage";

/**
 * What became of each target whose measurements are there.
 * @param {Results} results
 * @returns {Judged[]}
 */
export function judge(results) {
  return TARGETS.flatMap((target) => {
    const ours = find(results, target.cell, target.subject, target.metric);
    const theirs = find(results, target.cell, target.against, target.metric);
    if (ours === undefined || theirs === undefined) return [];
    const combine = target.by === "ratio" ? divide : subtract;
    const value = Number(paired(ours.rounds, theirs.rounds, combine).toPrecision(4));
    const floor = noiseFloor(results.measurements, target.cell, target.metric, target.by);
    return [{ ...target, value, floor, verdict: verdictOf(value, target, floor) }];
  });
}

/**
 * @param {number} value
 * @param {import("./cells.js").Target} target
 * @param {number | undefined} floor
 * @returns {Verdict}
 */
function verdictOf(value, { relation, limit, by }, floor) {
  if (withinNoise(value, limit, floor, by)) return "too noisy";
  return holds(value, relation, limit) ? "met" : "missed";
}

/**
 * @param {number} a
 * @param {number} b
 */
function divide(a, b) {
  return a / b;
}

/**
 * @param {number} a
 * @param {number} b
 */
function subtract(a, b) {
  return a - b;
}

/**
 * @param {number} value
 * @param {import("./cells.js").Target["relation"]} relation
 * @param {number} limit
 */
function holds(value, relation, limit) {
  if (relation === "<") return value < limit;
  return relation === "<=" ? value <= limit : value >= limit;
}

/**
 * @param {Results} results
 * @param {string} cell
 * @param {string} subject
 * @param {string} metric
 */
export function find(results, cell, subject, metric) {
  return results.measurements.find(
    (each) => each.cell === cell && each.subject === subject && each.metric === metric,
  );
}

/** @typedef {{ cell: string, metric: string, title: string, unit: string, digits: number }} Line */

/** @type {Record<string, string>} */
const METRICS = {
  cpuUsPerMessage: "CPU µs a message",
  cpuUsPerDelivery: "CPU µs a delivered message",
  perCpuSecond: "handshakes in a second of CPU",
  bytesPerConnection: "bytes of RSS a connection",
  p99Us: "p99 latency, µs",
};

/**
 * @param {Results} results
 * @param {string} metric
 * @returns {{ cells: string[], subjects: string[] }}
 */
function extent(results, metric) {
  const found = results.measurements.filter((each) => each.metric === metric && !isAblation(each));
  const subjects = SUBJECTS.map(({ name }) => name).filter((name) =>
    found.some((each) => each.subject === name),
  );
  return { cells: [...new Set(found.map(({ cell }) => cell))], subjects };
}

/**
 * A Markdown table of medians.
 * @param {Results} results
 * @param {string} metric
 */
function table(results, metric) {
  const { cells, subjects } = extent(results, metric);
  if (cells.length === 0) return "";
  const header = `| ${METRICS[metric] ?? metric} | ${subjects.map((name) => labelOf(name)).join(" | ")} |`;
  const rule = `|---|${subjects.map(() => "---:|").join("")}`;
  const rows = cells.map((cell) => {
    const values = subjects.map((subject) => number(find(results, cell, subject, metric)?.median));
    return `| ${describe(cell)} | ${values.join(" | ")} |`;
  });
  return `${[header, rule, ...rows].join("\n")}\n`;
}

/** @param {Judged} target */
function sentence({ cell, metric, subject, against, by, relation, limit, value, floor, verdict }) {
  const sign = { "<=": "≤", "<": "<", ">=": "≥" }[relation];
  const whose = subject === "wsimd" ? "" : `, ${labelOf(subject)}`;
  const what = `${METRICS[metric] ?? metric}${whose}`;
  const relative = by === "ratio" ? `× ${labelOf(against)}` : `over ${labelOf(against)}`;
  const noise = floor === undefined ? "–" : by === "ratio" ? `±${percent(floor)}` : `±${number(floor)}`;
  return {
    cell: describe(cell),
    what,
    got: `${value} ${relative}`,
    wanted: `${sign} ${limit}`,
    noise,
    verdict,
  };
}

/**
 * What the terminal shows.
 * @param {Results} results
 */
export function printed(results) {
  const lines = [];
  for (const metric of Object.keys(METRICS)) {
    const { cells, subjects } = extent(results, metric);
    if (cells.length === 0) continue;
    lines.push(
      "",
      (METRICS[metric] ?? metric).padEnd(34) + subjects.map((name) => name.padStart(11)).join(""),
    );
    for (const cell of cells) {
      const values = subjects.map((subject) =>
        number(find(results, cell, subject, metric)?.median).padStart(11),
      );
      lines.push(describe(cell).padEnd(34) + values.join(""));
    }
  }
  lines.push(...ablationPrinted(results));
  const verdicts = judge(results);
  if (verdicts.length > 0) lines.push("", "Targets");
  for (const { cell, what, got, wanted, noise, verdict } of verdicts.map(sentence)) {
    const mark = verdict === "missed" ? "MISSED" : verdict;
    lines.push(
      `${mark.padEnd(9)}  ${cell.padEnd(32)}  ${what.padEnd(30)}  ${got}, ${wanted}, noise ${noise}`,
    );
  }
  return lines.join("\n");
}

/**
 * The page for people.
 * @param {Results} results
 */
export function markdown(results) {
  const { machine, versions, tables } = results;
  const { codec, kernels } = tables;
  const dates = Object.values(results.sections).map(({ date }) => date.slice(0, 10));
  const busiest = Math.max(0, ...Object.values(results.sections).map(({ busy }) => busy));
  const pinned = Object.values(results.sections).every((section) => section.pinned);
  const software = Object.entries(versions).map(([name, value]) => `${name} ${value}`);
  const parts = [
    "# Results\n",
    "Written by `npm run bench`; do not edit. The numbers are in " +
      `[${results.name}.json](${results.name}.json), round by round.\n`,
    `${machine.cpu}, ${machine.processors} processors, ${machine.memoryGiB} GiB, ${machine.platform}, kernel ` +
      `${machine.release}. ${software.join(", ")}. ${[...new Set(dates)].join(", ")}. ` +
      `${pinned ? "Servers on one processor, clients on another." : "Processes were not pinned."} ` +
      `Before the run the machine was ${Math.round(100 * busiest)} % busy.\n`,
    ...(results.measurements.every(isAblation)
      ? []
      : [`![CPU time for each message](${results.name}.svg)\n`]),
    notes.READING,
    noise(results),
    ...section("## Echo servers\n", notes.ECHO_NOTE, table(results, CPU)),
    ...section("## Latency\n", notes.LATENCY_NOTE, table(results, "p99Us")),
    ...section("## Broadcast\n", notes.BROADCAST_NOTE, table(results, "cpuUsPerDelivery")),
    ...section("## Opening handshakes\n", notes.HANDSHAKE_NOTE, table(results, "perCpuSecond")),
    ...section("## Memory\n", notes.MEMORY_NOTE, table(results, "bytesPerConnection")),
    ...section("## What each part gives\n", notes.ABLATION_NOTE, ablationTables(results)),
    ...section("## Targets\n", notes.TARGETS_NOTE, verdictTable(results)),
    ...section("## Codec\n", notes.CODEC_NOTE, rowTable(codec)),
    ...section("## Kernels\n", notes.KERNEL_NOTE, rowTable(kernels)),
    ...section("## Not measured\n", "", failureList(results)),
  ];
  return `${parts.join("\n").trim()}\n`;
}

/**
 * What the rounds themselves say about noise.
 * @param {Results} results
 */
function noise(results) {
  const spreads = results.measurements
    .filter(({ metric, rounds }) => metric === CPU && rounds.length > 1)
    .map(({ rounds, median: middle }) => (Math.max(...rounds) - Math.min(...rounds)) / middle);
  const told =
    spreads.length === 0
      ? ""
      : `In this run, the highest and the lowest round of a CPU time differed by ${percent(median(spreads))} in the median, and by ` +
        `${percent(Math.max(...spreads))} at most. `;
  return `**Noise.** Absolute figures depend on the machine, on its other work and on its caches. ${told}Ratios are steadier, because a slow
round is slow for all servers. A difference of a few percent means nothing, and p99 latencies vary most.
`;
}

/**
 * @param {string} title
 * @param {string} note
 * @param {string} content
 */
function section(title, note, content) {
  return content === "" ? [] : note === "" ? [title, content] : [title, note, content];
}

/** @param {Results} results */
function verdictTable(results) {
  const verdicts = judge(results);
  if (verdicts.length === 0) return "";
  const rows = verdicts.map(sentence).map(({ cell, what, got, wanted, noise, verdict }) => {
    const mark = verdict === "missed" ? "**missed**" : verdict;
    return `| ${cell} | ${what} | ${got} | ${wanted} | ${noise} | ${mark} |`;
  });
  const header = ["| cell | measure | wsimd | target | noise | |", "|---|---|---|---|---|---|"];
  return `${[...header, ...rows].join("\n")}\n`;
}

/** @param {import("./run.js").Row[]} [rows] */
function rowTable(rows = []) {
  if (rows.length === 0) return "";
  const subjects = [...new Set(rows.map(({ subject }) => subject))];
  const keys = [...new Set(rows.map(({ name, size }) => `${name}|${size}`))];
  const lines = keys.map((key) => {
    const [name = "", size = ""] = key.split("|");
    const values = subjects.map((subject) => {
      const row = rows.find(
        (each) => each.name === name && String(each.size) === size && each.subject === subject,
      );
      return number(row?.nsPerCall);
    });
    return `| ${name} | ${Number(size).toLocaleString("en")} | ${values.join(" | ")} |`;
  });
  const rule = `|---|---:|${subjects.map(() => "---:|").join("")}`;
  return `${[`| | bytes | ${subjects.join(" | ")} |`, rule, ...lines].join("\n")}\n`;
}

/** @param {Results} results */
function failureList({ failures }) {
  return failures
    .map(({ cell, subject, error }) => `- ${describe(cell)}, ${labelOf(subject)}: ${error}`)
    .join("\n");
}
