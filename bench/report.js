// Results in words: targets, the Markdown page, and what the terminal shows.
import { TARGETS } from "./cells.js";
import { SUBJECTS } from "./programs.js";
import { median, paired } from "./statistics.js";

/** @typedef {import("./run.js").Results} Results */
/** @typedef {import("./cells.js").Target & { value: number, met: boolean }} UpgradeResult */

const CPU = "cpuUsPerMessage";
/** @type {Record<string, string>} */
const LABELS = Object.fromEntries(SUBJECTS.map(({ name, label }) => [name, label]));

/**
 * What became of each target whose measurements are there.
 * @param {Results} results
 * @returns {UpgradeResult[]}
 */
export function judge(results) {
  return TARGETS.flatMap((target) => {
    const ours = find(results, target.cell, target.subject, target.metric);
    const theirs = find(results, target.cell, target.against, target.metric);
    if (ours === undefined || theirs === undefined) return [];
    const combine = target.by === "ratio" ? divide : subtract;
    const value = Number(paired(ours.rounds, theirs.rounds, combine).toPrecision(4));
    return [{ ...target, value, met: holds(value, target.relation, target.limit) }];
  });
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
  const found = results.measurements.filter((each) => each.metric === metric);
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
  const header = `| ${METRICS[metric] ?? metric} | ${subjects.map((name) => LABELS[name]).join(" | ")} |`;
  const rule = `|---|${subjects.map(() => "---:|").join("")}`;
  const rows = cells.map((cell) => {
    const values = subjects.map((subject) => number(find(results, cell, subject, metric)?.median));
    return `| ${describe(cell)} | ${values.join(" | ")} |`;
  });
  return `${[header, rule, ...rows].join("\n")}\n`;
}

/** @param {number | undefined} value */
export function number(value) {
  if (value === undefined) return "–";
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** @param {string} cell */
export function describe(cell) {
  const [kind = "", size = "", depth] = cell.split("/");
  if (kind === "handshakes") return "opening handshakes";
  if (kind === "memory") return "idle connections";
  const bytes = Number(size) === 1 << 20 ? "1 MiB" : `${Number(size).toLocaleString("en")} B`;
  if (kind === "broadcast") return `${bytes} to 1,000 clients`;
  const what = { mixed: "mixed UTF-8", tls: "TLS, binary", client: "client role, binary" }[kind] ?? kind;
  return `${what}, ${bytes}, depth ${depth}`;
}

/** @param {UpgradeResult} verdict */
function sentence({ cell, metric, subject, against, by, relation, limit, value, met }) {
  const sign = { "<=": "≤", "<": "<", ">=": "≥" }[relation];
  const whose = subject === "wsimd" ? "" : `, ${LABELS[subject]}`;
  const what = `${METRICS[metric] ?? metric}${whose}`;
  const relative = by === "ratio" ? `× ${LABELS[against]}` : `over ${LABELS[against]}`;
  return { cell: describe(cell), what, got: `${value} ${relative}`, wanted: `${sign} ${limit}`, met };
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
  const verdicts = judge(results);
  if (verdicts.length > 0) lines.push("", "Targets");
  for (const verdict of verdicts) {
    const { cell, what, got, wanted, met } = sentence(verdict);
    lines.push(`${met ? "met   " : "MISSED"}  ${cell.padEnd(32)}  ${what.padEnd(30)}  ${got}, ${wanted}`);
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
    `![CPU time for each message](${results.name}.svg)\n`,
    READING,
    noise(results),
    ...section("## Echo servers\n", ECHO_NOTE, table(results, CPU)),
    ...section("## Latency\n", LATENCY_NOTE, table(results, "p99Us")),
    ...section("## Broadcast\n", BROADCAST_NOTE, table(results, "cpuUsPerDelivery")),
    ...section("## Opening handshakes\n", HANDSHAKE_NOTE, table(results, "perCpuSecond")),
    ...section("## Memory\n", MEMORY_NOTE, table(results, "bytesPerConnection")),
    ...section("## Targets\n", TARGETS_NOTE, verdictTable(results)),
    ...section("## Codec\n", CODEC_NOTE, rowTable(codec)),
    ...section("## Kernels\n", KERNEL_NOTE, rowTable(kernels)),
    ...section("## Not measured\n", "", failureList(results)),
  ];
  return `${parts.join("\n").trim()}\n`;
}

const READING = `**How to read it.** The figure is the server's CPU time for each message: user and system time of all threads, from
\`/proc/PID/stat\`, over the measured window only. Less is better: a server that needs half of it serves twice as many messages. *Depth* is
the number of messages in flight on each connection. At depth 1, each message is a read and a write of its own, and most of the time is the
operating system's. At depth 16, a server can handle many messages in one read. Ratios are medians of the ratios of each round, in which the
servers take turns.
`;

const ECHO_NOTE =
  "100 connections (4 for 1 MiB, 20 for TLS). In the client role, the figure is the CPU time of the clients, against the same server. " +
  "wsimd hands out text as a string, and sends the string back. `ws` hands out bytes, and sends these, as *wsimd, text as bytes* does. " +
  "wsimd does not encode text that a handler sends on unchanged; *send mixed* below is the cost of other text. *No protocol* reads and " +
  "writes as wsimd does, but counts bytes instead of parsing frames: the difference to it is the cost of the protocol.\n";
const LATENCY_NOTE =
  "99 % of replies arrive within this time, under full load. With 100 connections that never pause, most of it is the time that a message " +
  "waits for its turn.\n";
const BROADCAST_NOTE =
  "CPU time for each delivery. The bare socket is the least that Node needs: `socket.write` of the same bytes.\n";
const HANDSHAKE_NOTE =
  "Requests as a browser makes them. The figure counts handshakes in a second of the server's CPU time, so the speed of the client does not " +
  "matter.\n";
const MEMORY_NOTE =
  "Growth of the resident set for each idle connection that had one message, after a garbage collection.\n";
const TARGETS_NOTE = "The targets that wsimd set itself, and whether it met them.\n";
const CODEC_NOTE =
  "Nanoseconds for a message, without sockets: streams in reads of 64 KiB, on each kernel and in the Receiver and Sender of `ws`.\n";
const KERNEL_NOTE = "Nanoseconds for a call.\n";

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

/** @param {number} share */
function percent(share) {
  return `${Math.round(100 * share)} %`;
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
  const rows = verdicts.map(sentence).map(({ cell, what, got, wanted, met }) => {
    return `| ${cell} | ${what} | ${got} | ${wanted} | ${met ? "met" : "**missed**"} |`;
  });
  return `${["| cell | measure | wsimd | target | |", "|---|---|---|---|---|", ...rows].join("\n")}\n`;
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
    .map(({ cell, subject, error }) => `- ${describe(cell)}, ${LABELS[subject] ?? subject}: ${error}`)
    .join("\n");
}
