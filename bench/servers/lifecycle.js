// What every server program here does alike, on Node, Bun and Deno: it prints `listening PORT` when it is ready, answers the commands
// that come as lines on standard input with one line each, and ends with SIGTERM or when standard input does.
//
//   gc                               collects garbage, if the runtime was told to let programs do that
//   observe, observed                begins to watch the event loop and the garbage collector; prints what was seen since
//   broadcast COUNT MS BYTES BURST   COUNT times, MS milliseconds apart, sends BYTES bytes BURST times to every client; prints the CPU time
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** The largest message of the benchmark is shorter. */
export const MOST_MESSAGE_BYTES = 16 << 20;
/** Whether the server parses each message as JSON before it sends it back. */
export const PARSES = process.env.BENCH_JSON === "1";
/** Whether the server compresses messages of any length, each by itself. */
export const COMPRESSES = process.env.BENCH_COMPRESS === "1";

/** Topics to which every client is subscribed, and to which the server publishes in turn instead of sending to all. */
export const TOPICS = Array.from({ length: Number(process.env.BENCH_TOPICS ?? 0) }, (_, i) => `topic ${i}`);

/** The topic whose turn it is. */
export function nextTopic() {
  const topic = TOPICS[turn++ % TOPICS.length];
  if (topic === undefined) throw new Error("BENCH_TOPICS is not set");
  return topic;
}

let turn = 0;

/**
 * The module that users of an entry of this package load.
 * @param {string} entry
 */
export function shipped(entry) {
  const root = new URL("../../", import.meta.url);
  const { exports } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  return new URL(exports[`./${entry}`]["module-sync"].default, root).href;
}

/**
 * Certificate and key, if the server is to speak TLS.
 * @returns {{ cert: Buffer; key: Buffer } | undefined}
 */
export function tlsFiles() {
  const folder = process.env.BENCH_TLS;
  if (folder === undefined) return undefined;
  return { cert: readFileSync(`${folder}/cert.pem`), key: readFileSync(`${folder}/key.pem`) };
}

/**
 * @param {number} port
 * @param {(payload: Buffer) => void} [broadcast] - sends a message to every client
 */
export function listening(port, broadcast) {
  process.on("SIGTERM", () => process.exit(0));
  let observed = () => ({});
  const lines = createInterface({ input: process.stdin });
  lines.on("close", () => process.exit(0));
  lines.on("line", (line) => {
    const [command, ...args] = line.split(" ");
    if (command === "gc") collect();
    else if (command === "observe") {
      observed = observe();
      console.log("observing");
    } else if (command === "observed") console.log(JSON.stringify(observed()));
    else if (command === "broadcast" && broadcast !== undefined) run(broadcast, args.map(Number));
    else console.log(`unknown command ${line}`);
  });
  console.log(`listening ${port}`);
}

async function collect() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await sleep(50);
  }
  console.log("collected");
}

/** @returns {() => object} what was seen until the call; empty where the runtime does not tell */
function observe() {
  try {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    let pauses = 0;
    let longest = 0;
    const collections = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        pauses += duration;
        longest = Math.max(longest, duration);
      }
    });
    collections.observe({ entryTypes: ["gc"] });
    return () => {
      delay.disable();
      collections.disconnect();
      const loopDelay = { loopDelayP99Us: delay.percentile(99) / 1000, loopDelayMaxUs: delay.max / 1000 };
      // Where the garbage collector tells nothing, there was not one collection.
      return pauses === 0 ? loopDelay : { ...loopDelay, gcMs: pauses, gcLongestMs: longest };
    };
  } catch {
    return () => ({});
  }
}

/**
 * @param {(payload: Buffer) => void} broadcast
 * @param {number[]} args
 */
async function run(broadcast, [count = 0, ms = 0, bytes = 0, burst = 1]) {
  const payload = Buffer.alloc(bytes, "wsimd ");
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < burst; j++) broadcast(payload);
    await sleep(ms);
  }
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ cpuUs: user + system }));
}
