// The parts of the benchmark that run whole processes. In each, the servers take turns within a round, as in echo.js.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ablation } from "./ablation.js";
import { ECHO_CELLS, MIXED_CELLS, TLS_CELLS } from "./cells.js";
import { compared, echoSection, withServers } from "./echo.js";
import { AGAIN, FIRST } from "./noise.js";
import { runClient, startClient } from "./programs.js";
import { installed, SUBJECTS } from "./subjects.js";

/** @typedef {import("./echo.js").Section} Section */

/** All servers that speak the protocol, also in set-ups that matter for more than text. */
const FIELD = SUBJECTS.filter(
  ({ name, kinds }) => name !== "net" && name !== "floor" && kinds === undefined,
).map(({ name }) => name);
const ECHOERS = SUBJECTS.map(({ name }) => name).filter((name) => name !== "net");

const CLIENT_CONNECTIONS = 50;

/** The client role: what a client uses while it talks with the same server. @type {Section} */
const client = {
  name: "client",
  seconds: (quick) => (quick ? 2 * 3 * 2.2 : 5 * 3 * 3.4),
  async run({ quick, progress, record, failed }) {
    const [rounds, seconds] = quick ? [2, 0.8] : [5, 2];
    const cell = { id: "client/1000/16" };
    const [partner = "wsimd"] = installed(["bun"]);
    const subjects = new Set([FIRST, "ws", AGAIN]);
    await withServers([partner], cell, failed, async (servers) => {
      for (const { port } of servers.values()) {
        for (let round = 0; round < rounds; round++) {
          for (const subject of subjects) {
            progress.step(`${cell.id}  ${subject}  round ${round + 1}`, seconds + 1.4);
            try {
              const url = `ws://127.0.0.1:${port}/`;
              const library = subject === AGAIN ? FIRST : subject;
              const result = await runClient("echo", [library, url, CLIENT_CONNECTIONS, 1000, 16, seconds]);
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
  seconds: (quick) => (quick ? 4 * (1 + 3 * 0.7) : 4 * (1.5 + 7 * 4)),
  async run({ quick, progress, record, failed }) {
    const [rounds, times] = quick ? [2, 30] : [7, 150];
    const [clients, bytes, everyMs] = [1000, 100, 20];
    const cell = { id: "broadcast/100" };
    await withServers([FIRST, "net", "ws", AGAIN], cell, failed, async (servers) => {
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
  seconds: (quick) => (quick ? 3 * 3 * 1.2 : (10 * 2 + 5 * 9) * 1.6),
  async run({ quick, progress, record, failed }) {
    const [rounds, seconds] = quick ? [2, 0.8] : [9, 1.2];
    const cell = { id: "handshakes" };
    const often = compared(cell);
    const subjects = installed(
      quick ? [FIRST, AGAIN, "ws"] : [...FIELD.filter((name) => name !== "ws-js"), AGAIN, "net"],
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
  seconds: (quick) => (quick ? 4 * 2.5 : 2 * 8 * 6),
  async run({ quick, progress, record, failed }) {
    const rounds = quick ? 1 : 2;
    const wanted = quick ? 2000 : 10_000;
    const connections = Math.min(wanted, openFileLimit() - RESERVED_DESCRIPTORS);
    if (connections < wanted) console.error(`memory: only ${connections} connections, see ulimit -n`);
    const all = quick ? [FIRST, AGAIN, "net", "ws"] : [...FIELD.filter(hasOwnMemory), AGAIN, "net"];
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
  echoSection("servers", {
    cells: ECHO_CELLS,
    subjects: [...ECHOERS, AGAIN],
    quickSubjects: [FIRST, AGAIN, "ws", "bun", "floor"],
  }),
  echoSection("mixed", {
    cells: MIXED_CELLS,
    subjects: [...ECHOERS, AGAIN],
    quickSubjects: [FIRST, AGAIN, "wsimd-utf8", "ws"],
  }),
  echoSection("tls", {
    cells: TLS_CELLS,
    subjects: [FIRST, AGAIN, "wsimd-data", "wsimd-bun", "wsimd-deno", "ws", "bun", "deno"],
    quickSubjects: [FIRST, AGAIN, "ws"],
  }),
  ablation,
  client,
  broadcast,
  handshakes,
  memory,
];
