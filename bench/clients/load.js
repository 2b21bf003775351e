// Loads echo servers: each line on standard input is a JSON list of loads that run at once, and each line on standard output is the JSON
// of what they did together, or of an error. One process does it for a whole part of the benchmark, so that its code is warm.
import { createInterface } from "node:readline";
import { parseAddress } from "../../dist/adapter/client/address.js";
import { LoadRun } from "../../dist/cli/load/run.js";
import { payloads } from "../corpus.js";

/** Messages that differ: one that repeats is compressed in less time than those of applications. */
const DIFFERENT = 64;
/** Of a server that does compress, no load here has replies that are larger than this share of their payload. */
const MOST_OF_PAYLOAD = 0.9;

/**
 * @typedef {{ url: string, kind: "binary" | "text" | "mixed", size: number, depth: number, connections: number, seconds: number,
 *   warmup: number, pid: number, corpus?: string }} Load a corpus is sent compressed
 */

/** @param {Load} load */
function runOf({ url, warmup, corpus, ...load }, check = false) {
  const fixed = { client: /** @type {const} */ ("raw"), check, handshakeTimeoutMs: 10_000 };
  const tls = { rejectUnauthorized: false };
  const compress = corpus !== undefined;
  const messages = compress ? payloads(corpus, load.size, DIFFERENT) : undefined;
  const what = { payloads: messages, compress };
  return new LoadRun({ ...load, ...fixed, ...what, tls, address: parseAddress(url), warmupSeconds: warmup });
}

/**
 * Makes sure that a server compresses its replies, each by itself, and that they are right.
 * @param {Load} load
 */
async function check(load) {
  const brief = { ...load, connections: 2, seconds: 0.1, warmup: 0 };
  const { errors, compression } = await runOf(brief, true).run();
  if (errors[0] !== undefined) throw new Error(errors[0].reason);
  if (compression !== undefined && shareOf(compression) > MOST_OF_PAYLOAD) {
    throw new Error("the server does not compress its replies");
  }
}

/** @param {import("../../dist/cli/load/run.js").CompressedBytes} bytes */
function shareOf({ receivedBytes, payloadBytes }) {
  return payloadBytes === 0 ? 1 : receivedBytes / payloadBytes;
}

/** @param {Load[]} loads */
async function run(loads) {
  for (const load of loads) if (load.corpus !== undefined) await check(load);
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
    ...(first.compression !== undefined && { ofPayload: shareOf(first.compression) }),
  };
}

const lines = createInterface({ input: process.stdin });
lines.on("line", async (line) => {
  const answer = await run(JSON.parse(line)).catch((error) => ({ error: error.message }));
  console.log(JSON.stringify(answer));
});
lines.on("close", () => process.exit(0));
