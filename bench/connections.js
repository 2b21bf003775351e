// The parts of the benchmark about connections: how they open, and what an idle one keeps.
import { readFileSync } from "node:fs";
import { withServers } from "./echo.js";
import { AGAIN, FIRST } from "./noise.js";
import { cpuMs, runClient, startClient } from "./programs.js";
import { installed } from "./subjects.js";

/** @typedef {import("./echo.js").Section} Section */

/**
 * Opening handshakes of warm servers.
 * @param {string} name
 * @param {string} what
 * @param {{ id: string, tls?: import("./cells.js").Key }[]} cells
 * @param {string[]} often
 * @param {string[]} [more] - subjects with half of the rounds
 * @param {string[]} [few] - those of quick runs
 * @returns {Section}
 */
export function handshakeSection(name, what, cells, often, more = [], few = [FIRST, "ws", "bun"]) {
  const plan = (/** @type {boolean} */ quick) => ({
    subjects: installed(quick ? few : [...often, ...more]),
    ...(quick ? { rounds: 2, seconds: 0.5 } : { rounds: 5, seconds: 0.8 }),
  });
  return {
    name,
    what,
    seconds(quick) {
      const { subjects, rounds, seconds } = plan(quick);
      return cells.length * subjects.length * (1 + (rounds + 1) * (seconds + 0.4));
    },
    async run({ quick, progress, record, failed }) {
      const { subjects, rounds, seconds } = plan(quick);
      for (const cell of cells) {
        await withServers(subjects, cell, failed, async (servers) => {
          // The first round only warms up.
          for (let round = -1; round < rounds; round++) {
            for (const [subject, { program, port }] of servers) {
              if (round >= rounds / 2 && !often.includes(subject)) continue;
              progress.step(`${cell.id}  ${subject}  round ${round + 1}`, seconds + 0.4);
              try {
                const before = cpuMs(program.pid);
                const args = [port, seconds, cell.tls === undefined ? "tcp" : "tls"];
                const { count } = await runClient("handshakes", args);
                const used = cpuMs(program.pid) - before;
                if (round >= 0) record(cell.id, subject, "cpuUsPerHandshake", (used * 1000) / count);
              } catch (error) {
                failed(cell.id, subject, error);
                servers.delete(subject);
              }
            }
          }
        });
      }
    },
  };
}

export const handshakes = handshakeSection(
  "handshakes",
  "opening handshakes of a warm server",
  [{ id: "handshakes" }],
  [FIRST, AGAIN, "ws", "bun"],
  ["uws", "wsimd-bun", "wsimd-deno", "deno", "net"],
);

export const tlsHandshakes = handshakeSection(
  "tls-handshakes",
  "opening handshakes over TLS, with an RSA and an ECDSA certificate",
  [
    { id: "tls-handshakes/rsa", tls: "rsa" },
    { id: "tls-handshakes/ecdsa", tls: "ecdsa" },
  ],
  [FIRST, AGAIN, "ws", "bun"],
  ["wsimd-deno", "deno"],
);

const STORM = 10_000;

/** A process that just started is met by all of its clients at once. @type {Section} */
export const firstConnections = {
  name: "first-connections",
  what: "the first 10,000 connections of a process, each with one message",
  seconds: (quick) => installed(stormSubjects(quick)).length * (quick ? 2.5 : 3 * 4),
  async run(context) {
    const { quick } = context;
    const subjects = new Set(installed(stormSubjects(quick)));
    const rounds = quick ? 1 : 3;
    await eachAlone(
      "first-connections",
      subjects,
      rounds,
      quick ? 2.5 : 4,
      context,
      async (subject, server) => {
        const connections = within(quick ? 3000 : STORM);
        const before = cpuMs(server.program.pid);
        await hold(server.port, connections, async () => {
          const used = cpuMs(server.program.pid) - before;
          context.record("first-connections", subject, "cpuUsPerConnection", (used * 1000) / connections);
        });
      },
    );
  },
};

/** @param {boolean} quick */
function stormSubjects(quick) {
  return quick ? [FIRST, "ws"] : [FIRST, AGAIN, "ws", "bun", "uws"];
}

/**
 * Idle connections, after one message on each.
 * @param {string} name - of the part, and of its only load
 * @param {string} what
 * @param {{ most: number, warm: number, rounds: number }} connections - `warm` come first, and go: code that was never run, and what the
 * engine makes of it, is not paid for by the connections that are measured
 * @param {string[]} all
 * @param {string[]} few - subjects of quick runs
 * @returns {Section}
 */
export function memorySection(name, what, { most, warm, rounds }, all, few) {
  return {
    name,
    what,
    seconds: (quick) => installed(quick ? few : all).length * (quick ? 3 : 4.5 * rounds),
    async run(context) {
      const { quick, record } = context;
      const times = quick ? 1 : rounds;
      const subjects = new Set(installed(quick ? few : all));
      await eachAlone(name, subjects, times, quick ? 3 : 4.5, context, async (subject, { program, port }) => {
        const connections = within(quick ? 2000 : most);
        await hold(port, warm, async () => {});
        const empty = await rss(program);
        await hold(port, connections, async () => {
          const full = await rss(program);
          record(name, subject, "bytesPerConnection", (full - empty) / connections);
          record(name, subject, "mebibytesAtRest", empty / 2 ** 20);
        });
      });
    },
  };
}

export const memory = memorySection(
  "memory",
  "memory of 10,000 idle connections",
  { most: STORM, warm: 50, rounds: 1 },
  [FIRST, AGAIN, "wsimd-data", "ws", "bun", "uws", "wsimd-bun", "wsimd-deno", "deno", "net"],
  [FIRST, "net", "ws"],
);

/**
 * In each round, each subject gets a new process.
 * @param {string} id
 * @param {Set<string>} subjects
 * @param {number} rounds
 * @param {number} seconds - of each
 * @param {import("./echo.js").Context} context
 * @param {(subject: string, server: { program: import("./programs.js").Program, port: number }) => Promise<void>} use
 */
async function eachAlone(id, subjects, rounds, seconds, { progress, failed }, use) {
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      progress.step(`${id}  ${subject}  round ${round + 1}`, seconds);
      await withServers([subject], { id }, failed, async (servers) => {
        const server = servers.get(subject);
        if (server !== undefined) await use(subject, server);
      }).catch((error) => {
        failed(id, subject, error);
        subjects.delete(subject);
      });
    }
  }
}

/**
 * @param {number} port
 * @param {number} connections
 * @param {() => Promise<void>} use - called while they are open
 */
export async function hold(port, connections, use) {
  const holder = startClient("hold", [port, connections]);
  try {
    await holder.line();
    await use();
  } finally {
    await holder.stop();
  }
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

const RESERVED_DESCRIPTORS = 200;

/**
 * As many connections as were wanted, or as a process may have.
 * @param {number} wanted
 */
export function within(wanted) {
  const limits = readFileSync("/proc/self/limits", "latin1");
  // Node raises its own limit as far as it may.
  const most = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  if (wanted <= most - RESERVED_DESCRIPTORS) return wanted;
  console.error(`only ${most - RESERVED_DESCRIPTORS} connections of ${wanted}, see ulimit -n`);
  return most - RESERVED_DESCRIPTORS;
}
