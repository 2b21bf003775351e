// Broadcasts and topics: one message, and several in a turn, to a thousand clients.
import { setTimeout as sleep } from "node:timers/promises";
import { withServers } from "./echo.js";
import { AGAIN, FIRST } from "./noise.js";
import { startClient } from "./programs.js";
import { installed } from "./subjects.js";

const CLIENTS = 1000;
const BYTES = 100;
const EVERY_MS = 20;
/**
 * Broadcasts in a turn of the event loop, and how many turns.
 * @typedef {readonly [burst: number, turns: number]} Burst
 */

/**
 * @param {{ name: string, what: string, bursts: readonly Burst[], all: string[], few: string[], env?: Record<string, string> }} plan
 * - `few` subjects are those of quick runs; `env` is for the servers
 * @returns {import("./echo.js").Section}
 */
export function broadcastSection({ name, what, bursts, all, few, env = {} }) {
  const plan = (/** @type {boolean} */ quick) => ({
    subjects: installed(quick ? few : all),
    rounds: quick ? 2 : 3,
    share: quick ? 0.3 : 1,
  });
  return {
    name,
    what,
    seconds(quick) {
      const { subjects, rounds, share } = plan(quick);
      const round = bursts.reduce((sum, [burst, turns]) => sum + secondsOf(burst, turns * share), 0);
      return subjects.length * (2.5 + (rounds + 1) * round);
    },
    async run({ quick, progress, record, failed }) {
      const { subjects, rounds, share } = plan(quick);
      await withServers(subjects, { id: name, env }, failed, async (servers) => {
        /** @type {Map<string, import("./programs.js").Program>} */
        const holders = new Map();
        try {
          for (const [subject, { port }] of servers) {
            const holder = startClient("hold", [port, CLIENTS]);
            holders.set(subject, holder);
            await holder.line();
          }
          for (const [burst, turns] of bursts) {
            const times = Math.ceil(turns * share);
            const cell = `${name}/${BYTES}/${burst}`;
            // The first round only warms up.
            for (let round = -1; round < rounds; round++) {
              for (const [subject, { program }] of servers) {
                progress.step(`${cell}  ${subject}  round ${round + 1}`, secondsOf(burst, times));
                const holder = holders.get(subject);
                if (holder === undefined) continue;
                try {
                  const cpuUs = await measure(program, holder, times, burst);
                  if (round >= 0)
                    record(cell, subject, "cpuUsPerDelivery", cpuUs / (times * burst * CLIENTS));
                } catch (error) {
                  failed(cell, subject, error);
                  servers.delete(subject);
                }
              }
            }
          }
        } finally {
          await Promise.all([...holders.values()].map((holder) => holder.stop()));
        }
      });
    },
  };
}

export const broadcast = broadcastSection({
  name: "broadcast",
  what: "messages to 1,000 clients, single and 16 in a turn",
  bursts: [
    [1, 70],
    [16, 40],
  ],
  all: [FIRST, "bun", "uws", "net", "ws", AGAIN],
  few: [FIRST, "bun", "ws"],
});

export const topics = [
  broadcastSection({
    name: "topics",
    what: "messages to the 1,000 subscribers of a topic: 1, 16 and 64 in a turn",
    bursts: [
      [1, 50],
      [16, 30],
      [64, 20],
    ],
    all: [FIRST, "bun", "ws", AGAIN],
    few: [FIRST, "bun", "ws"],
    env: { BENCH_TOPICS: "1" },
  }),
  broadcastSection({
    name: "topics-8",
    what: "messages to 8 topics, in all of which 1,000 clients are: 64 in a turn",
    bursts: [[64, 20]],
    all: [FIRST, "bun", AGAIN],
    few: [FIRST, "bun"],
    env: { BENCH_TOPICS: "8" },
  }),
];

/**
 * @param {number} burst
 * @param {number} times
 */
function secondsOf(burst, times) {
  return 0.2 + (times * (EVERY_MS + 4 + 0.6 * burst)) / 1000;
}

/**
 * @param {import("./programs.js").Program} server
 * @param {import("./programs.js").Program} holder
 * @param {number} times
 * @param {number} burst
 * @returns {Promise<number>} microseconds of CPU time
 */
async function measure(server, holder, times, burst) {
  const before = Number(await holder.command("count"));
  const { cpuUs } = JSON.parse(await server.command(`broadcast ${times} ${EVERY_MS} ${BYTES} ${burst}`));
  await sleep(100);
  const came = Number(await holder.command("count")) - before;
  const wanted = times * burst * CLIENTS * (BYTES + 2);
  if (came !== wanted) throw new Error(`${came} of ${wanted} bytes were delivered`);
  return cpuUs;
}
