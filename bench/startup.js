// The start of a server, and of the codec, in fresh processes that take turns.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { AGAIN, FIRST } from "./noise.js";
import { runStart } from "./programs.js";
import { nodeBinary } from "./subjects.js";

/** The build that is compared with, of `--before`. */
const BEFORE = "wsimd-before";

/** @type {readonly [cell: string, node: string | undefined][]} */
const NODES = [
  ["startup/node20", process.execPath],
  ["startup/node26", nodeBinary(26)],
];

/** @type {import("./echo.js").Section} */
export const startup = {
  name: "startup",
  what: "from the import until a server listens, or the codec has decoded a frame",
  seconds: (quick) => rounds(quick) * 2.2,
  async run({ quick, before, progress, record, failed }) {
    const root = new URL("../", import.meta.url);
    /** @type {Map<string, URL>} */
    const builds = new Map([
      [FIRST, root],
      [AGAIN, root],
    ]);
    if (before !== undefined) builds.set(BEFORE, pathToFileURL(`${before}/`));
    const measured = [
      ...NODES.flatMap(([cell, node]) => [
        ...[...builds].map(([subject, folder]) =>
          start(cell, subject, "startMs", node, ["listening", "wsimd", entry(folder, "./node")]),
        ),
        start(cell, "ws", "startMs", node, ["listening", "ws", import.meta.resolve("ws")]),
      ]),
      ...["worker", "isolate"].flatMap((where) =>
        [...builds].map(([subject, folder]) =>
          start(`cold/${where}`, subject, "coldUs", process.execPath, [
            "first-frame",
            where,
            entry(folder, "."),
          ]),
        ),
      ),
    ];
    for (let round = 0; round < rounds(quick); round++) {
      for (const { cell, subject, metric, node, args } of measured) {
        progress.step(`${cell}  ${subject}  round ${round + 1}`, 2.2 / measured.length);
        try {
          if (node === undefined) throw new Error("this Node is not installed");
          record(cell, subject, metric, await runStart(node, args));
        } catch (error) {
          if (round === 0) failed(cell, subject, error);
        }
      }
    }
  },
};

/** @param {boolean} quick */
function rounds(quick) {
  return quick ? 5 : 21;
}

/**
 * @param {string} cell
 * @param {string} subject
 * @param {string} metric
 * @param {string | undefined} node
 * @param {string[]} args - a program of starts/, and its arguments
 */
function start(cell, subject, metric, node, args) {
  return { cell, subject, metric, node, args };
}

/**
 * The module that Node loads for an entry of a build of this package.
 * @param {URL} folder
 * @param {string} name
 */
function entry(folder, name) {
  const { exports } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
  return new URL(exports[name]["module-sync"].default, folder).href;
}
