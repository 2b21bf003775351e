// Loads echo servers: each line on standard input is a JSON list of loads that run at once, and each line on standard output is the JSON
// of what they did together, or of an error. One process does it for a whole part of the benchmark, so that its code is warm.
import { createInterface } from "node:readline";
import { parseAddress } from "../../dist/adapter/client/address.js";
import { LoadRun } from "../../dist/cli/load/run.js";

/**
 * @typedef {{ url: string, kind: "binary" | "text" | "mixed", size: number, depth: number, connections: number, seconds: number,
 *   warmup: number, pid: number }} Load
 */

/** @param {Load} load */
function runOf({ url, warmup, ...load }) {
  const fixed = { client: /** @type {const} */ ("raw"), check: false, handshakeTimeoutMs: 10_000 };
  const tls = { rejectUnauthorized: false };
  return new LoadRun({ ...load, ...fixed, tls, address: parseAddress(url), warmupSeconds: warmup });
}

/** @param {Load[]} loads */
async function run(loads) {
  const results = await Promise.all(loads.map((load) => runOf(load).run()));
  const [first] = results;
  if (first?.server === undefined) throw new Error("the server's process is not there");
  const error = results.flatMap(({ errors }) => errors)[0];
  if (error !== undefined) throw new Error(error.reason);
  const messagesPerSecond = results.reduce((sum, each) => sum + each.messagesPerSecond, 0);
  if (messagesPerSecond === 0) throw new Error("no reply came in the time that was measured");
  // Linux counts CPU time in hundredths of a second.
  if (first.server.cpuShare === 0) throw new Error("the server did not get a hundredth of a second");
  return {
    messagesPerSecond,
    // Where several loads run at once, the time of the server is that of all of them.
    cpuUsPerMessage: (first.server.cpuShare * 1e6) / messagesPerSecond,
    p99Us: Math.max(...results.map(({ latencyUs }) => latencyUs.p99)),
    loadCpuShare: first.loadCpuShare,
  };
}

const lines = createInterface({ input: process.stdin });
lines.on("line", async (line) => {
  const answer = await run(JSON.parse(line)).catch((error) => ({ error: error.message }));
  console.log(JSON.stringify(answer));
});
lines.on("close", () => process.exit(0));
