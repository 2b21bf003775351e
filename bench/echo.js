// The parts of the benchmark that load echo servers. In each, the servers take turns within a round, so that a change in the machine's
// mood meets all of them. A server that fails once is left out from then on: rounds are compared by their numbers.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Loader } from "./loader.js";
import { startServer } from "./programs.js";
import { installed, subjectOf } from "./subjects.js";

/**
 * What a part needs of the run.
 * @typedef {object} Context
 * @property {boolean} quick
 * @property {string} [before] - the folder of another build of this package
 * @property {import("./progress.js").Progress} progress
 * @property {(cell: string, subject: string, metric: string, value: number) => void} record
 * @property {(cell: string, subject: string, error: unknown) => void} failed
 */

/**
 * A part of the benchmark.
 * @typedef {object} Section
 * @property {string} name
 * @property {string} what - half a line about it
 * @property {(quick: boolean) => number} seconds - that it takes, roughly
 * @property {(context: Context) => Promise<void>} run
 */

/** Opening and closing of connections. */
const OVERHEAD_SECONDS = 0.2;
const START_SECONDS = 0.4;

/**
 * How long each load lasts, and how often: rounds with the same processes, and that with so many processes, as two of the same
 * program differ, too.
 * @typedef {{ processes: number, rounds: number, seconds: number, firstWarmup: number, warmup: number }} Pace
 */

/** @type {Pace} */
export const QUICK_PACE = { processes: 1, rounds: 2, seconds: 0.6, firstWarmup: 0.6, warmup: 0.2 };
/** @type {Pace} */
export const PACE = { processes: 2, rounds: 3, seconds: 0.8, firstWarmup: 0.9, warmup: 0.2 };

/**
 * Cells, and the servers that are measured in each.
 * @typedef {object} EchoPlan
 * @property {(quick: boolean) => import("./cells.js").Cell[]} cells
 * @property {(cell: import("./cells.js").Cell, quick: boolean) => Iterable<string>} subjects
 * @property {(cell: import("./cells.js").Cell) => Set<string>} [often] - those with new processes, too; without it, none
 * @property {Record<string, string>} [env] - of the servers
 */

/**
 * @param {string} name
 * @param {string} what
 * @param {EchoPlan} plan
 * @returns {Section}
 */
export function echoSection(name, what, { cells, subjects, often = () => new Set(), env = {} }) {
  const paceOf = (/** @type {boolean} */ quick) => (quick ? QUICK_PACE : PACE);
  /**
   * @param {import("./cells.js").Cell} cell
   * @param {boolean} quick
   * @param {number} process
   */
  const turnsOf = (cell, quick, process) =>
    installed([...subjects(cell, quick)]).filter(
      (each) => isFor(each, cell) && (process === 0 || often(cell).has(each)),
    );
  return {
    name,
    what,
    seconds(quick) {
      const { processes, rounds, seconds, firstWarmup, warmup } = paceOf(quick);
      const once = START_SECONDS + firstWarmup - warmup + rounds * (seconds + warmup + OVERHEAD_SECONDS);
      let turns = 0;
      for (const cell of cells(quick)) {
        for (let i = 0; i < processes; i++) turns += turnsOf(cell, quick, i).length;
      }
      return turns * once;
    },
    async run(context) {
      const { processes, ...pace } = paceOf(context.quick);
      await withLoader(async (loader) => {
        for (const cell of cells(context.quick)) {
          /** @type {Set<string>} */
          const gone = new Set();
          const failed = /** @type {Context["failed"]} */ (
            (id, subject, error) => {
              gone.add(subject);
              context.failed(id, subject, error);
            }
          );
          for (let i = 0; i < processes; i++) {
            const these = turnsOf(cell, context.quick, i).filter((each) => !gone.has(each));
            await withServers(these, { ...cell, env }, failed, (servers) =>
              loadInTurns({ ...context, failed }, loader, cell, servers, pace, i * pace.rounds),
            );
          }
        }
      });
    },
  };
}

/**
 * @param {string} subject
 * @param {import("./cells.js").Cell} cell
 */
export function isFor(subject, cell) {
  const kinds = subjectOf(subject)?.kinds;
  return kinds === undefined || kinds.includes(cell.kind);
}

/** @param {(loader: Loader) => Promise<void>} use */
export async function withLoader(use) {
  const loader = new Loader();
  try {
    await use(loader);
  } finally {
    await loader.stop();
  }
}

/**
 * Loads servers in turns.
 * @param {Context} context
 * @param {Loader} loader
 * @param {import("./cells.js").Cell} cell
 * @param {Servers} servers
 * @param {Omit<Pace, "processes">} pace
 * @param {number} [before] - rounds with other processes
 */
export async function loadInTurns({ progress, record, failed }, loader, cell, servers, pace, before = 0) {
  const { rounds, seconds, firstWarmup } = pace;
  const { id, tls, ...load } = cell;
  for (let round = 0; round < rounds; round++) {
    for (const [subject, { program, port }] of servers) {
      const warmup = round === 0 ? firstWarmup : pace.warmup;
      progress.step(`${id}  ${subject}  round ${before + round + 1}`, seconds + warmup + OVERHEAD_SECONDS);
      try {
        const url = `${tls ? "wss" : "ws"}://127.0.0.1:${port}/`;
        const result = await loader.run([{ ...load, url, seconds, warmup, pid: program.pid }]);
        for (const [metric, value] of Object.entries(result)) record(id, subject, metric, value);
      } catch (error) {
        failed(id, subject, error);
        servers.delete(subject);
      }
    }
  }
}

/**
 * Starts a server for each subject, and stops them all afterwards.
 * @typedef {Map<string, Awaited<ReturnType<typeof startServer>>>} Servers
 * @param {Iterable<string>} subjects
 * @param {{ id: string; tls?: import("./cells.js").Key; env?: Record<string, string> }} cell
 * @param {Context["failed"]} failed
 * @param {(servers: Servers) => Promise<void>} use
 */
export async function withServers(subjects, { id, tls, env = {} }, failed, use) {
  const folder = tls === undefined ? undefined : makeCertificate(tls);
  /** @type {Servers} */
  const servers = new Map();
  /** @type {Awaited<ReturnType<typeof startServer>>[]} */
  const started = [];
  try {
    for (const subject of subjects) {
      try {
        const server = await startServer(subject, {
          ...env,
          ...(folder !== undefined && { BENCH_TLS: folder }),
        });
        started.push(server);
        servers.set(subject, server);
      } catch (error) {
        failed(id, subject, error);
      }
    }
    await use(servers);
  } finally {
    await Promise.all(started.map(({ program }) => program.stop()));
    if (folder !== undefined) rmSync(folder, { recursive: true });
  }
}

/**
 * A certificate for a day.
 * @param {import("./cells.js").Key} key
 */
function makeCertificate(key) {
  const folder = mkdtempSync(path.join(tmpdir(), "wsimd-bench-"));
  const algorithm = key === "rsa" ? "rsa:2048" : "ec -pkeyopt ec_paramgen_curve:prime256v1";
  const args = `req -x509 -newkey ${algorithm} -nodes -days 1 -subj /CN=localhost`;
  const files = ["-keyout", path.join(folder, "key.pem"), "-out", path.join(folder, "cert.pem")];
  execFileSync("openssl", [...args.split(" "), ...files], { stdio: "pipe" });
  return folder;
}
