// Results in words: the Markdown page, and what the terminal shows. Targets come first, then losses, then all that was measured.
import { ablationPrinted, ablationTables } from "./ablation-report.js";
import { judge } from "./judge.js";
import { lossTable } from "./losses.js";
import * as notes from "./notes.js";
import { SWEEP_PICTURE } from "./pictures.js";
import { median } from "./statistics.js";
import { labelOf } from "./subjects.js";
import { steepestTable, sweepTables } from "./sweep-report.js";
import { markdownTable, medians, printedTable } from "./tables.js";
import { KEPT, TARGETS } from "./targets.js";
import { describe, number, percent } from "./wording.js";

/** @typedef {import("./results.js").Results} Results */

/**
 * What became of targets, if one of them was measured.
 * @param {Results} results
 * @param {readonly import("./targets.js").Target[]} targets
 * @param {string} title
 * @returns {import("./tables.js").Table | undefined}
 */
function verdicts(results, targets, title) {
  const judged = judge(results, targets);
  if (judged.every(({ verdict }) => verdict === "not measured")) return undefined;
  const header = [title, "verdict", "measured", "target", "aim", "noise", "worst load"];
  return { header, rows: judged.map(verdictRow), words: true };
}

/** @param {import("./judge.js").Judged} target */
function verdictRow({ row, cell, subject, against, by, limit, aim, value, floor, verdict }) {
  const isRatio = by === "ratio";
  const relative = isRatio ? `× ${labelOf(against)}` : `over ${labelOf(against)}`;
  const noise = floor === undefined ? "–" : isRatio ? `±${percent(floor)}` : `±${number(floor)}`;
  return [
    subject === "wsimd" ? row : `${row} (${labelOf(subject)})`,
    verdict,
    cell === "" ? "–" : `${isRatio ? value.toFixed(2) : number(value)} ${relative}`,
    `≤ ${limit}`,
    aim === undefined ? "–" : `≤ ${aim}`,
    noise,
    cell === "" ? "–" : describe(cell),
  ];
}

/**
 * What the terminal shows.
 * @param {Results} results
 */
export function printed(results) {
  const lines = [
    ...printedTable(verdicts(results, TARGETS, "Targets")),
    ...printedTable(verdicts(results, KEPT, "Earlier targets")),
    ...printedTable(lossTable(results)),
    ...printedTable(steepestTable(results)),
    ...sweepTables(results).flatMap(printedTable),
  ];
  for (const { section, title, metrics } of notes.CHAPTERS) {
    for (const metric of metrics) {
      const table = medians(results, section, metric);
      if (table === undefined) continue;
      lines.push(
        ...printedTable({ ...table, header: [`${title}, ${table.header[0]}`, ...table.header.slice(1)] }),
      );
    }
  }
  lines.push(...ablationPrinted(results));
  return lines.join("\n");
}

/**
 * The page for people.
 * @param {Results} results
 */
export function markdown(results) {
  const { codec, kernels } = results.tables;
  const parts = [
    "# Results\n",
    "Written by `npm run bench`; do not edit. The numbers are in " +
      `[${results.name}.json](${results.name}.json), round by round.\n`,
    circumstances(results),
    ...chapter("## Targets\n", notes.TARGETS_NOTE, markdownTable(bold(verdicts(results, TARGETS, "target")))),
    ...chapter(
      "## Earlier targets\n",
      notes.KEPT_NOTE,
      markdownTable(bold(verdicts(results, KEPT, "target"))),
    ),
    ...chapter("## Where wsimd takes more\n", notes.LOSSES_NOTE, markdownTable(lossTable(results))),
    notes.READING,
    noise(results),
    ...sweepChapter(results),
    ...notes.CHAPTERS.flatMap(({ section, title, note, metrics }) => {
      const tables = metrics.map((metric) => markdownTable(medians(results, section, metric)));
      return chapter(`## ${title}\n`, note, tables.filter((table) => table !== "").join("\n"));
    }),
    ...chapter("## What each part gives\n", notes.ABLATION_NOTE, ablationTables(results)),
    ...chapter("## Codec\n", notes.CODEC_NOTE, rowTable(codec)),
    ...chapter("## Kernels\n", notes.KERNEL_NOTE, rowTable(kernels)),
    ...chapter("## Not measured\n", "", failureList(results)),
  ];
  return `${parts.join("\n").trim()}\n`;
}

/** @param {Results} results */
function circumstances({ machine, versions, sections }) {
  const all = Object.values(sections);
  const dates = new Set(all.map(({ date }) => date.slice(0, 10)));
  const busiest = Math.max(0, ...all.map(({ busy }) => busy));
  const software = Object.entries(versions).map(([name, value]) => `${name} ${value}`);
  const pinned = all.every((section) => section.pinned)
    ? "Servers on one processor, clients on another."
    : "Processes were not pinned.";
  const quick = all.some((section) => section.quick) ? " **A quick run: fewer rounds.**" : "";
  const busy =
    busiest > 0.1
      ? `**The machine was ${percent(busiest)} busy with something else, so these results are provisional.**`
      : `Before the run the machine was ${percent(busiest)} busy.`;
  return (
    `${machine.cpu}, ${machine.processors} processors, ${machine.memoryGiB} GiB, ${machine.platform}, kernel ` +
    `${machine.release}. ${software.join(", ")}. ${[...dates].join(", ")}. ${pinned} ${busy}${quick}\n`
  );
}

/**
 * Marks what was missed.
 * @param {import("./tables.js").Table | undefined} table
 */
function bold(table) {
  if (table === undefined) return undefined;
  return {
    ...table,
    rows: table.rows.map((row) => row.map((text) => (text === "missed" ? "**missed**" : text))),
  };
}

/**
 * What the rounds themselves say about noise.
 * @param {Results} results
 */
function noise(results) {
  const spreads = results.measurements
    .filter(({ metric, rounds }) => metric === "cpuUsPerMessage" && rounds.length > 1)
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

/** @param {Results} results */
function sweepChapter(results) {
  const tables = sweepTables(results);
  if (tables.length === 0) return [];
  return [
    "## Sweep\n",
    notes.SWEEP_NOTE,
    `![CPU time for each message at every size](${results.name}${SWEEP_PICTURE})\n`,
    notes.STEEPEST_NOTE,
    markdownTable(steepestTable(results)),
    ...tables.map(markdownTable),
  ];
}

/**
 * @param {string} title
 * @param {string} note
 * @param {string} content
 */
function chapter(title, note, content) {
  return content === "" ? [] : note === "" ? [title, content] : [title, note, content];
}

/** @param {import("./results.js").Row[]} [rows] */
function rowTable(rows = []) {
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
    return [name, Number(size).toLocaleString("en"), ...values];
  });
  return markdownTable({ header: ["", "bytes", ...subjects], rows: lines });
}

/** @param {Results} results */
function failureList({ failures }) {
  return failures
    .map(({ cell, subject, error }) => `- ${describe(cell)}, ${labelOf(subject)}: ${error}`)
    .join("\n");
}
