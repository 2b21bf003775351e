// The parts of the benchmark that run whole processes. In each, the servers take turns within a round, so that a change in the
// machine's mood meets all of them. A target that fails once is left out from then on: rounds are compared by their numbers.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ECHO_CELLS, MIXED_CELLS, TARGETS, TLS_CELLS } from "./cells.js";
import { runClient, runLoad, SUBJECTS, startClient, startServer } from "./programs.js";

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
 * Those that a target compares there; the others tell of the field, and take fewer rounds.
 * @param {{ id: string }} cell
 */
function compared(cell) {
  const targets = TARGETS.filter((target) => target.cell === cell.id);
  return new Set(targets.flatMap(({ subject, against }) => [subject, against]));
}

/** @param {string[]} names */
function installed(names) {
  return SUBJECTS.filter(({ name, command }) => command !== undefined && names.includes(name)).map(
    ({ name }) => name,
  );
}

/** All servers that speak the protocol, also in set-ups that matter for more than text. */
const FIELD = SUBJECTS.filter(
  ({ name, kinds }) => name !== "net" && name !== "floor" && kinds === undefined,
).map(({ name }) => name);
const ECHOERS = SUBJECTS.map(({ name }) => name).filter((name) => name !== "net");

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
 * @param {string} name
 * @param {import("./cells.js").Cell[]} allCells
 * @param {string[]} allSubjects
 * @param {string[]} quickSubjects
 * @returns {Section}
 */
function echoSection(name, allCells, allSubjects, quickSubjects) {
  /** @param {boolean} quick */
  const plan = (quick) => ({
    cells: quick ? allCells.filter((cell) => cell.quick) : allCells,
    subjects: installed(quick ? quickSubjects : allSubjects),
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
        const often = compared(cell);
        for (const subject of subjects.filter((each) => isFor(each, cell))) {
          total += often.has(subject) ? processes * (first + more) : first;
        }
      }
      return total;
    },
    async run(context) {
      const { cells, subjects, processes, ...timing } = plan(context.quick);
      for (const cell of cells) {
        const often = compared(cell);
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
async function withServers(subjects, cell, failed, use) {
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

const CLIENT_CONNECTIONS = 50;

/** The client role: what a client uses while it talks with the same server. @type {Section} */
const client = {
  name: "client",
  seconds: (quick) => (quick ? 2 * 2 * 2.2 : 5 * 2 * 3.4),
  async run({ quick, progress, record, failed }) {
    const [rounds, seconds] = quick ? [2, 0.8] : [5, 2];
    const cell = { id: "client/1000/16" };
    const [partner = "wsimd"] = installed(["bun"]);
    const subjects = new Set(["wsimd", "ws"]);
    await withServers([partner], cell, failed, async (servers) => {
      for (const { port } of servers.values()) {
        for (let round = 0; round < rounds; round++) {
          for (const subject of subjects) {
            progress.step(`${cell.id}  ${subject}  round ${round + 1}`, seconds + 1.4);
            try {
              const url = `ws://127.0.0.1:${port}/`;
              const result = await runClient("echo", [subject, url, CLIENT_CONNECTIONS, 1000, 16, seconds]);
              record(cell.id, subject, "cpuUsPerMessage", result.cpuUs / result.messages);
              record(cell.id, subject, "messagesPerSecond", result.messages / result.seconds);
            } catch (error) {
              failed(cell.id, subject, error);
              subjects.delete(subject);
            }
          }
        }
      }
    });
  },
};

/** One message to a thousand clients. @type {Section} */
const broadcast = {
  name: "broadcast",
  seconds: (quick) => (quick ? 3 * (1 + 3 * 0.7) : 3 * (1.5 + 7 * 4)),
  async run({ quick, progress, record, failed }) {
    const [rounds, times] = quick ? [2, 30] : [7, 150];
    const [clients, bytes, everyMs] = [1000, 100, 20];
    const cell = { id: "broadcast/100" };
    await withServers(["wsimd", "net", "ws"], cell, failed, async (servers) => {
      /** @type {import("./programs.js").Program[]} */
      const holders = [];
      try {
        for (const { port } of servers.values()) {
          const holder = startClient("hold", [port, clients]);
          holders.push(holder);
          await holder.line();
        }
        for (let round = -1; round < rounds; round++) {
          // The first round only warms up.
          for (const [i, [subject, { program }]] of [...servers].entries()) {
            progress.step(`${cell.id}  ${subject}  round ${round + 1}`, (times * (everyMs + 4)) / 1000);
            const before = Number(await holders[i]?.command("count"));
            const { cpuUs } = JSON.parse(await program.command(`broadcast ${times} ${everyMs} ${bytes}`));
            await sleep(100);
            const came = Number(await holders[i]?.command("count")) - before;
            const wanted = times * clients * (bytes + 2);
            if (came !== wanted) throw new Error(`${subject} delivered ${came} of ${wanted} bytes`);
            if (round >= 0) record(cell.id, subject, "cpuUsPerDelivery", cpuUs / (times * clients));
          }
        }
      } catch (error) {
        failed(cell.id, "broadcast", error);
      } finally {
        await Promise.all(holders.map((holder) => holder.stop()));
      }
    });
  },
};

/** Opening handshakes. @type {Section} */
const handshakes = {
  name: "handshakes",
  seconds: (quick) => (quick ? 3 * 2 * 1.2 : (10 * 2 + 4 * 9) * 1.6),
  async run({ quick, progress, record, failed }) {
    const [rounds, seconds] = quick ? [2, 0.8] : [9, 1.2];
    const cell = { id: "handshakes" };
    const often = compared(cell);
    const subjects = installed(
      quick ? ["wsimd", "ws"] : [...FIELD.filter((name) => name !== "ws-js"), "net"],
    );
    await withServers(subjects, cell, failed, async (servers) => {
      // The first round only warms up.
      for (let round = -1; round < rounds; round++) {
        for (const [subject, { program, port }] of servers) {
          if (round >= 3 && !often.has(subject)) continue;
          progress.step(`${cell.id}  ${subject}  round ${round + 1}`, seconds + 0.4);
          try {
            const before = cpuMs(program.pid);
            const result = await runClient("handshakes", [port, seconds]);
            const used = cpuMs(program.pid) - before;
            if (round < 0) continue;
            record(cell.id, subject, "perSecond", result.count / result.seconds);
            record(cell.id, subject, "perCpuSecond", (result.count * 1000) / used);
          } catch (error) {
            failed(cell.id, subject, error);
            servers.delete(subject);
          }
        }
      }
    });
  },
};

const RESERVED_DESCRIPTORS = 200;

/** Idle connections, after one message on each. @type {Section} */
const memory = {
  name: "memory",
  seconds: (quick) => (quick ? 3 * 2.5 : 2 * 7 * 6),
  async run({ quick, progress, record, failed }) {
    const rounds = quick ? 1 : 2;
    const wanted = quick ? 2000 : 10_000;
    const connections = Math.min(wanted, openFileLimit() - RESERVED_DESCRIPTORS);
    if (connections < wanted) console.error(`memory: only ${connections} connections, see ulimit -n`);
    const all = quick ? ["wsimd", "net", "ws"] : [...FIELD.filter(hasOwnMemory), "net"];
    const subjects = new Set(installed(all));
    for (let round = 0; round < rounds; round++) {
      for (const subject of subjects) {
        progress.step(`memory  ${subject}  ${connections} connections`, quick ? 2.5 : 6);
        const cell = { id: "memory" };
        await withServers([subject], cell, failed, async (servers) => {
          for (const { program, port } of servers.values()) {
            try {
              // Code that was never run is not paid for by the first of the connections.
              await hold(port, WARM_CONNECTIONS, async () => {});
              const empty = await rss(program);
              await hold(port, connections, async () => {
                const full = await rss(program);
                record(cell.id, subject, "bytesPerConnection", (full - empty) / connections);
                record(cell.id, subject, "connections", connections);
              });
            } catch (error) {
              failed(cell.id, subject, error);
              subjects.delete(subject);
            }
          }
        });
      }
    }
  },
};

const WARM_CONNECTIONS = 50;

/**
 * @param {number} port
 * @param {number} connections
 * @param {() => Promise<void>} use - called while they are open
 */
async function hold(port, connections, use) {
  const holder = startClient("hold", [port, connections]);
  try {
    await holder.line();
    await use();
  } finally {
    await holder.stop();
  }
}

/** @param {string} name */
function hasOwnMemory(name) {
  return name !== "ws-js" && name !== "wsimd-js";
}

/** @param {number} pid */
function cpuMs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/**
 * What the process keeps, without its garbage.
 * @param {import("./programs.js").Program} program
 */
async function rss(program) {
  await program.command("gc");
  await program.command("gc");
  const status = readFileSync(`/proc/${program.pid}/status`, "latin1");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Node raises its own limit as far as it may. */
function openFileLimit() {
  const limits = readFileSync("/proc/self/limits", "latin1");
  return Number(/^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
}

/** @type {Section[]} */
export const SECTIONS = [
  echoSection("servers", ECHO_CELLS, ECHOERS, ["wsimd", "ws", "bun", "floor"]),
  echoSection("mixed", MIXED_CELLS, ECHOERS, ["wsimd", "wsimd-utf8", "ws"]),
  echoSection(
    "tls",
    TLS_CELLS,
    ["wsimd", "wsimd-data", "wsimd-bun", "wsimd-deno", "ws", "bun", "deno"],
    ["wsimd", "ws"],
  ),
  client,
  broadcast,
  handshakes,
  memory,
];
