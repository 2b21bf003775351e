// One server and the same in two processes of node:cluster, under the same load: what it costs to use a second core.
import { cellOf } from "./cells.js";
import { PACE, QUICK_PACE, withLoader } from "./echo.js";
import { FIRST } from "./noise.js";
import { cpuMs, Program } from "./programs.js";
import { file, START_TIMEOUT_MS } from "./subjects.js";

const COUNTS = [1, 2];
const LOAD = cellOf("binary", 1000, 1);
/** Servers and the load share these processors, since two servers on one would only take turns. */
const CPUS = "0,1";

/** @param {boolean} quick */
function plan(quick) {
  const { rounds, seconds, firstWarmup } = quick ? QUICK_PACE : PACE;
  return { rounds: 2 * rounds, seconds: 2 * seconds, warmup: firstWarmup };
}

/** @type {import("./echo.js").Section} */
export const workers = {
  name: "workers",
  what: "one process, and two on one port",
  seconds(quick) {
    const { rounds, seconds, warmup } = plan(quick);
    return COUNTS.length * (1 + warmup + rounds * (seconds + 0.3));
  },
  async run({ quick, progress, record, failed }) {
    const { rounds, seconds, warmup } = plan(quick);
    /** @type {Program[]} */
    const programs = [];
    try {
      const servers = await Promise.all(COUNTS.map((count) => start(count, programs)));
      await withLoader(async (loader) => {
        // The first round only warms up.
        for (let round = 0; round <= rounds; round++) {
          for (const { count, port, pids } of servers) {
            const id = `workers/${count}`;
            progress.step(`${id}  round ${round}`, seconds + 0.3);
            const before = total(pids);
            const { messagesPerSecond } = await loader.run([
              {
                ...LOAD,
                url: `ws://127.0.0.1:${port}/`,
                seconds: round === 0 ? warmup : seconds,
                // The processor time of all processes is that of this call, without a beginning that does not count.
                warmup: 0,
                pid: pids[0] ?? 0,
              },
            ]);
            if (round === 0) continue;
            const messages = messagesPerSecond * seconds;
            record(id, FIRST, "cpuUsPerMessage", ((total(pids) - before) * 1000) / messages);
            record(id, FIRST, "messagesPerSecond", messagesPerSecond);
          }
        }
      });
    } catch (error) {
      failed("workers", FIRST, error);
    } finally {
      await Promise.all(programs.map((program) => program.stop()));
    }
  },
};

/** @param {number} count @param {Program[]} programs - gets the one that was started, even if it fails */
async function start(count, programs) {
  const command = [process.execPath, file("servers/workers.js"), String(count)];
  const program = new Program(`workers/${count}`, command, CPUS);
  programs.push(program);
  const [, port, ...pids] = (await program.line(START_TIMEOUT_MS)).split(" ").map(Number);
  // The primary process hands out connections.
  return { count, port, pids: [program.pid, ...pids] };
}

/** @param {readonly number[]} pids */
function total(pids) {
  return pids.reduce((sum, pid) => sum + cpuMs(pid), 0);
}
