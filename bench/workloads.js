// Loads that resemble applications: JSON, messages of two sizes, many idle connections, and a steady rate.
import { cellOf, TLS_CELLS } from "./cells.js";
import { hold, within } from "./connections.js";
import { echoSection, loadInTurns, PACE, QUICK_PACE, withLoader, withServers } from "./echo.js";
import { AGAIN, FIRST } from "./noise.js";
import { runClient } from "./programs.js";
import { installed } from "./subjects.js";

/** @typedef {import("./echo.js").Section} Section */

const PEERS = [FIRST, AGAIN, "wsimd-bun", "wsimd-deno", "uws", "ws", "bun", "deno"];
const QUICK_PEERS = [FIRST, "ws", "bun"];

/** Servers that parse what comes and send the same text back. */
export const json = echoSection("json", "a relay that parses JSON of 200 B", {
  cells: () => [cellOf("text", 200, 1, "json/"), cellOf("text", 200, 16, "json/")],
  subjects: (_cell, quick) => (quick ? QUICK_PEERS : PEERS),
  env: { BENCH_JSON: "1" },
});

export const tls = echoSection("tls", "TLS", {
  cells: () => TLS_CELLS,
  subjects: (_cell, quick) =>
    quick ? QUICK_PEERS : [...PEERS.filter((name) => name !== "uws"), "wsimd-data"],
});

/** Ninety connections with small JSON, ten with larger messages: a server takes one of each in a turn, so it is 9 to 1. @type {Section} */
export const mix = {
  name: "mix",
  what: "90 % JSON of 200 B and 10 % binary messages of 4 kB",
  seconds: (quick) => installed(quick ? QUICK_PEERS : PEERS).length * 2 * (quick ? 3 : 5.5),
  async run({ quick, progress, record, failed }) {
    const pace = quick ? QUICK_PACE : PACE;
    const subjects = installed(quick ? QUICK_PEERS : PEERS);
    await withLoader(async (loader) => {
      for (const depth of [1, 16]) {
        const id = `mix/${depth}`;
        const small = { ...cellOf("text", 200, depth), connections: 90 };
        const large = { ...cellOf("binary", 4000, depth), connections: 10 };
        await withServers(subjects, { id }, failed, async (servers) => {
          for (let round = 0; round < pace.rounds; round++) {
            for (const [subject, { program, port }] of servers) {
              const warmup = round === 0 ? pace.firstWarmup : pace.warmup;
              progress.step(`${id}  ${subject}  round ${round + 1}`, pace.seconds + warmup + 0.3);
              const rest = {
                url: `ws://127.0.0.1:${port}/`,
                seconds: pace.seconds,
                warmup,
                pid: program.pid,
              };
              try {
                const result = await loader.run([small, large].map((load) => ({ ...load, ...rest })));
                for (const [metric, value] of Object.entries(result)) record(id, subject, metric, value);
              } catch (error) {
                failed(id, subject, error);
                servers.delete(subject);
              }
            }
          }
        });
      }
    });
  },
};

/** Connections, and how many of them are active. */
const CROWDS = /** @type {const} */ ([
  [1000, 10],
  [10_000, 100],
]);

/** @type {Section} */
export const idle = {
  name: "idle",
  what: "1 % of 1,000 and of 10,000 connections active",
  seconds: (quick) => installed(quick ? QUICK_PEERS : PEERS).length * (quick ? 6 : 13),
  async run(context) {
    const pace = context.quick ? QUICK_PACE : PACE;
    await withLoader(async (loader) => {
      for (const [all, active] of CROWDS) {
        for (const subject of installed(context.quick ? QUICK_PEERS : PEERS)) {
          for (const idling of [0, within(all) - active]) {
            const id = `idle/${active}/${idling}`;
            const cell = { ...cellOf("binary", 20, 1), id, connections: active };
            await withServers([subject], cell, context.failed, async (servers) => {
              const load = () => loadInTurns(context, loader, cell, servers, pace);
              const port = servers.get(subject)?.port;
              if (port === undefined || idling === 0) await load();
              else await hold(port, idling, load);
            });
          }
        }
      }
    });
  },
};

const RATE = 50_000;
const STEADY_BYTES = 200;
const STEADY_CONNECTIONS = 500;

/** Latency where a server is not busy all the time, its event loop and its garbage collector. @type {Section} */
export const steady = {
  name: "steady",
  what: "50,000 messages in a second: latency, event-loop delay and garbage collection",
  seconds: (quick) => installed(quick ? QUICK_PEERS : PEERS).length * (quick ? 4 : 3 * 7),
  async run({ quick, progress, record, failed }) {
    const subjects = installed(quick ? QUICK_PEERS : PEERS);
    const [rounds, seconds] = quick ? [1, 2] : [3, 5];
    await withServers(subjects, { id: "steady" }, failed, async (servers) => {
      for (let round = 0; round < rounds; round++) {
        for (const [subject, { program, port }] of servers) {
          progress.step(`steady  ${subject}  round ${round + 1}`, seconds + 2);
          try {
            await program.command("observe");
            const args = [port, program.pid, STEADY_CONNECTIONS, RATE, STEADY_BYTES, seconds];
            const result = {
              ...(await runClient("steady", args)),
              ...JSON.parse(await program.command("observed")),
            };
            for (const [metric, value] of Object.entries(result)) {
              if (typeof value === "number") record("steady", subject, metric, value);
            }
          } catch (error) {
            failed("steady", subject, error);
            servers.delete(subject);
          }
        }
      }
    });
  },
};
