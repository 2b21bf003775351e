// The client role: what a client uses while it talks with the same server.
import { withServers } from "./echo.js";
import { AGAIN, FIRST } from "./noise.js";
import { runClient } from "./programs.js";
import { installed } from "./subjects.js";

const CONNECTIONS = 50;

/** @type {import("./echo.js").Section} */
export const client = {
  name: "client",
  what: "the client role",
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
              const result = await runClient("echo", [library, url, CONNECTIONS, 1000, 16, seconds]);
              record(cell.id, subject, "cpuUsPerMessage", result.cpuUs / result.messages);
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
