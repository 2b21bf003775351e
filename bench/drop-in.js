// wsimd/ws in the place of `ws`: the same programs on both.
import { broadcastSection } from "./broadcast.js";
import { cellOf } from "./cells.js";
import { handshakeSection, memorySection } from "./connections.js";
import { echoSection, withServers } from "./echo.js";
import { AGAIN, FIRST } from "./noise.js";
import { cpuMs, startClient } from "./programs.js";
import { installed } from "./subjects.js";

const BOTH = ["drop-in", "ws"];
const KINDS = /** @type {const} */ (["binary", "text"]);
const SIZES = [20, 1000];
const ALL = new Set([...BOTH, FIRST, AGAIN]);

/** Single messages, of which the operating system has the largest part, are compared in more rounds than many at once. */
const echoes = echoSection("drop-in", "echoes on wsimd/ws and on ws", {
  cells: (quick) =>
    (quick ? [20] : SIZES).flatMap((size) =>
      [1, 16].flatMap((depth) => KINDS.map((kind) => cellOf(kind, size, depth, "drop-in/"))),
    ),
  subjects: ({ depth }, quick) => (quick ? BOTH : depth === 1 ? ALL : [...BOTH, FIRST]),
  often: ({ depth }) => new Set(depth === 1 ? BOTH : []),
});

const compression = echoSection("drop-in-compression", "the same with permessage-deflate", {
  cells: (quick) =>
    (quick ? [16] : [1, 16]).map((depth) => ({
      ...{ id: `drop-in-compression/event/1000/${depth}`, kind: /** @type {const} */ ("text") },
      ...{ corpus: "event", size: 1000, depth, connections: 100 },
    })),
  subjects: () => BOTH,
  env: { BENCH_COMPRESS: "1" },
});

const handshakes = handshakeSection(
  "drop-in-handshakes",
  "connections to wsimd/ws and to ws, opened and closed",
  [{ id: "drop-in-handshakes" }],
  [...BOTH, FIRST, AGAIN],
  ["drop-in-server"],
  BOTH,
);

/**
 * With more of them, the young generation of V8's heap is most of what grows, and it grows alike for both. With fewer warm
 * ones, it is compiled code.
 */
const IDLE_CONNECTIONS = { most: 3000, warm: 1000, rounds: 3 };

const memory = memorySection(
  "drop-in-memory",
  "memory of idle connections of wsimd/ws and of ws",
  IDLE_CONNECTIONS,
  ["drop-in", "drop-in-server", "ws"],
  ["drop-in", "drop-in-server", "ws"],
);

const broadcasts = broadcastSection({
  name: "drop-in-broadcast",
  what: "a loop over all clients of wsimd/ws and of ws",
  bursts: [[16, 30]],
  all: [...BOTH, FIRST],
  few: BOTH,
});

const CLIENTS = 100;
const EVENT_BYTES = 200;
const SERVERS = ["socketio", "socketio-ws"];

/** @param {boolean} quick */
function socketIoPlan(quick) {
  return quick ? { rounds: 2, seconds: 0.6 } : { rounds: 5, seconds: 0.8 };
}

/** Socket.IO sends each event back. @type {import("./echo.js").Section} */
const socketIo = {
  name: "socketio",
  what: "Socket.IO on wsimd/ws and on ws",
  seconds(quick) {
    const { rounds, seconds } = socketIoPlan(quick);
    return 2 * installed(SERVERS).length * (1 + (rounds + 1) * (seconds + 0.1));
  },
  async run({ quick, progress, record, failed }) {
    const { rounds, seconds } = socketIoPlan(quick);
    for (const depth of [1, 16]) {
      const id = `socketio/${EVENT_BYTES}/${depth}`;
      await withServers(installed(SERVERS), { id }, failed, async (servers) => {
        /** @type {Map<string, import("./programs.js").Program>} */
        const clients = new Map();
        try {
          for (const [subject, { port }] of servers) {
            const client = startClient("socketio", [port, CLIENTS, EVENT_BYTES, depth]);
            clients.set(subject, client);
            await client.line();
          }
          // The first round only warms up.
          for (let round = -1; round < rounds; round++) {
            for (const [subject, { program }] of servers) {
              progress.step(`${id}  ${subject}  round ${round + 1}`, seconds + 0.1);
              const client = clients.get(subject);
              if (client === undefined) continue;
              try {
                const before = cpuMs(program.pid);
                const count = Number(await client.command(`load ${seconds}`));
                const used = cpuMs(program.pid) - before;
                if (round >= 0) record(id, subject, "cpuUsPerMessage", (used * 1000) / count);
              } catch (error) {
                failed(id, subject, error);
                servers.delete(subject);
              }
            }
          }
        } finally {
          await Promise.all([...clients.values()].map((client) => client.stop()));
        }
      });
    }
  },
};

/** @type {import("./echo.js").Section[]} */
export const DROP_IN_PARTS = [echoes, compression, handshakes, memory, broadcasts, socketIo];
