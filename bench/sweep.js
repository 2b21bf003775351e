// The sweep: echoes of all payloads from 20 B to 10 MB in small steps, so that no length with a jump stays unseen.
import { MIB, sweepCells } from "./cells.js";
import { isFor, loadInTurns, withLoader, withServers } from "./echo.js";
import { AGAIN, FIRST } from "./noise.js";
import { installed } from "./subjects.js";

/** In the order in which they are shown. */
export const SWEPT = [
  ...[FIRST, "wsimd-borrow", "wsimd-utf8", "wsimd-bun", "wsimd-deno"],
  ...["uws", "bun", "ws", "deno"],
];
const QUICK_SWEPT = [FIRST, "bun", "ws"];
const PACE = { rounds: 1, seconds: 0.3, firstWarmup: 0.1, warmup: 0.1 };
/** Messages of which a second has fewer than a hundred. */
const LONG_PACE = { ...PACE, seconds: 0.7, firstWarmup: 0.3 };
const OVERHEAD_SECONDS = 0.2;
/** Once for each payload and depth, before the first size. */
const WARMUP = { rounds: 1, seconds: 0.1, firstWarmup: 0.9, warmup: 0 };
const WARMUP_SECONDS = 1.6;

/** @param {import("./cells.js").Cell} cell */
function paceOf({ size }) {
  return size > MIB ? LONG_PACE : PACE;
}

/** @param {boolean} quick */
function subjects(quick) {
  return installed(quick ? QUICK_SWEPT : [...SWEPT, AGAIN]);
}

/** @type {import("./echo.js").Section} */
export const sweep = {
  name: "sweep",
  what: "all payloads from 20 B to 10 MB, all servers",
  seconds(quick) {
    let total = 0;
    for (const cells of sweepCells(quick)) {
      const servers = subjects(quick).filter((subject) => cells.some((cell) => isFor(subject, cell)));
      total += servers.length * WARMUP_SECONDS;
      for (const { seconds, firstWarmup } of cells.map(paceOf)) {
        total += servers.length * (seconds + firstWarmup + OVERHEAD_SECONDS);
      }
    }
    return total;
  },
  async run(context) {
    await withLoader(async (loader) => {
      for (const cells of sweepCells(context.quick)) {
        const [first] = cells;
        if (first === undefined) continue;
        const these = subjects(context.quick).filter((subject) => isFor(subject, first));
        await withServers(these, first, context.failed, async (servers) => {
          await loadInTurns({ ...context, record: () => {} }, loader, first, servers, WARMUP);
          for (const cell of cells) {
            // A server that fails at one size is tried again at the next.
            await loadInTurns(context, loader, cell, new Map(servers), paceOf(cell));
          }
        });
      }
    });
  },
};
