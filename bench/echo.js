// The parts of the benchmark that load echo servers. In each, the servers take turns within a round, so that a change in the machine's
// mood meets all of them. A server that fails once is left out from then on: rounds are compared by their numbers.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { TARGETS } from "./cells.js";
import { AGAIN, FIRST } from "./noise.js";
import { runLoad, startServer } from "./programs.js";
import { installed, SUBJECTS } from "./subjects.js";

/**
 * What a section needs of the run.
 * @typedef {object} Context
 * @property {boolean} quick
 * @property {import("./progress.js").Progress} progress
 * @property {(cell: string, subject: string, metric: string, value: number) => void} record
 * @property {(cell: string, subject: string, error: unknown) => void} failed
 */

/**
 * @typedef {object} Section
 * @property {string} name
 * @property {(quick: boolean) => number} seconds - that it takes, roughly
 * @property {(context: Context) => Promise<void>} run
 */

/** Process start, opening and closing of connections. */
const OVERHEAD_SECONDS = 0.8;

/**
 * Those that a target compares there, and what tells their noise floor; the others tell of the field, and take fewer rounds.
 * @param {{ id: string }} cell
 */
export function compared(cell) {
  const targets = TARGETS.filter((target) => target.cell === cell.id);
  const names = new Set(targets.flatMap(({ subject, against }) => [subject, against]));
  return names.has(FIRST) ? names.add(AGAIN) : names;
}

/**
 * @param {string} subject
 * @param {import("./cells.js").Cell} cell
 */
function isFor(subject, cell) {
  const kinds = SUBJECTS.find(({ name }) => name === subject)?.kinds;
  return kinds === undefined || kinds.includes(cell.kind);
}

/**
 * How echo cells are measured: rounds with the same processes, and that with so many processes, as two of the same program
 * differ, too.
 * @param {boolean} quick
 */
function pace(quick) {
  return quick
    ? { processes: 1, rounds: 2, seconds: 0.8, firstWarmup: 0.6, warmup: 0.3 }
    : { processes: 2, rounds: 3, seconds: 1, firstWarmup: 1.5, warmup: 0.4 };
}

/**
 * Cells, and the servers that are measured in them.
 * @typedef {object} EchoPlan
 * @property {import("./cells.js").Cell[]} cells
 * @property {string[]} subjects
 * @property {string[]} quickSubjects - in quick runs
 * @property {(cell: import("./cells.js").Cell) => Set<string>} [often] - those with all rounds
 */

/**
 * @param {string} name
 * @param {EchoPlan} given
 * @returns {Section}
 */
export function echoSection(name, { often: oftenIn = compared, ...given }) {
  /** @param {boolean} quick */
  const plan = (quick) => ({
    cells: quick ? given.cells.filter((cell) => cell.quick) : given.cells,
    subjects: installed(quick ? given.quickSubjects : given.subjects),
    ...pace(quick),
  });
  return {
    name,
    seconds(quick) {
      const { cells, subjects, processes, rounds, seconds, firstWarmup, warmup } = plan(quick);
      const first = seconds + firstWarmup + OVERHEAD_SECONDS + 0.3;
      const more = (rounds - 1) * (seconds + warmup + OVERHEAD_SECONDS);
      let total = 0;
      for (const cell of cells) {
        const often = oftenIn(cell);
        for (const subject of subjects.filter((each) => isFor(each, cell))) {
          total += often.has(subject) ? processes * (first + more) : first;
        }
      }
      return total;
    },
    async run(context) {
      const { cells, subjects, processes, ...timing } = plan(context.quick);
      for (const cell of cells) {
        const often = oftenIn(cell);
        /** @type {Set<string>} */
        const gone = new Set();
        const failed = (
          /** @type {string} */ id,
          /** @type {string} */ subject,
          /** @type {unknown} */ error,
        ) => {
          gone.add(subject);
          context.failed(id, subject, error);
        };
        for (let i = 0; i < processes; i++) {
          const these = subjects.filter(
            (each) => isFor(each, cell) && (i === 0 || often.has(each)) && !gone.has(each),
          );
          await withServers(these, cell, failed, (servers) =>
            load({ ...context, failed }, cell, servers, often, timing, i * timing.rounds),
          );
        }
      }
    },
  };
}

/**
 * Loads servers in turns.
 * @param {Context} context
 * @param {import("./cells.js").Cell} cell
 * @param {Servers} servers
 * @param {Set<string>} often - those that are loaded in each round; the others are in the first
 * @param {{ rounds: number, seconds: number, firstWarmup: number, warmup: number }} timing
 * @param {number} before - rounds with other processes
 */
async function load({ progress, record, failed }, cell, servers, often, timing, before) {
  const { rounds, seconds, firstWarmup, warmup } = timing;
  for (let round = 0; round < rounds; round++) {
    for (const [subject, { program, port }] of servers) {
      if (round > 0 && !often.has(subject)) continue;
      const warm = round === 0 ? firstWarmup : warmup;
      progress.step(`${cell.id}  ${subject}  round ${before + round + 1}`, seconds + warm + OVERHEAD_SECONDS);
      try {
        const scheme = cell.tls ? "wss" : "ws";
        const result = await runLoad([
          `${scheme}://127.0.0.1:${port}/`,
          `--${cell.kind}`,
          ...["--size", cell.size, "--depth", cell.depth, "--connections", cell.connections],
          ...["--seconds", seconds, "--warmup", warm, "--pid", program.pid],
          ...(cell.tls ? ["--insecure"] : []),
        ]);
        record(cell.id, subject, "cpuUsPerMessage", result.server.cpuUsPerMessage);
        record(cell.id, subject, "messagesPerSecond", result.messagesPerSecond);
        record(cell.id, subject, "p99Us", result.latencyUs.p99);
        record(cell.id, subject, "loadCpuShare", result.loadCpuShare);
      } catch (error) {
        failed(cell.id, subject, error);
        servers.delete(subject);
      }
    }
  }
}

/**
 * Starts a server for each subject, and stops them all afterwards.
 * @typedef {Map<string, Awaited<ReturnType<typeof startServer>>>} Servers
 * @param {string[]} subjects
 * @param {{ id: string; tls?: boolean }} cell
 * @param {Context["failed"]} failed
 * @param {(servers: Servers) => Promise<void>} use
 */
export async function withServers(subjects, cell, failed, use) {
  const tls = cell.tls ? makeCertificate() : undefined;
  /** @type {Servers} */
  const servers = new Map();
  /** @type {Awaited<ReturnType<typeof startServer>>[]} */
  const started = [];
  try {
    for (const subject of subjects) {
      try {
        const server = await startServer(subject, tls === undefined ? {} : { BENCH_TLS: tls });
        started.push(server);
        servers.set(subject, server);
      } catch (error) {
        failed(cell.id, subject, error);
      }
    }
    await use(servers);
  } finally {
    await Promise.all(started.map(({ program }) => program.stop()));
    if (tls !== undefined) rmSync(tls, { recursive: true });
  }
}

/** A certificate for an hour. */
function makeCertificate() {
  const folder = mkdtempSync(path.join(tmpdir(), "wsimd-bench-"));
  const args =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost";
  const files = ["-keyout", path.join(folder, "key.pem"), "-out", path.join(folder, "cert.pem")];
  execFileSync("openssl", [...args.split(" "), ...files], { stdio: "pipe" });
  return folder;
}
