// Proof: memory stays flat under a steady load.
import { setTimeout as sleep } from "node:timers/promises";
import { Histogram } from "../../../dist/cli/load/histogram.js";
import { Crowd } from "../crowd.js";
import { reportWhen } from "../peer.js";
import { afterwards, atMost, exactly, mebibytes, told } from "../rows.js";

/** Messages a second on each connection, on average. */
const RATE = 0.2;
const SAMPLES = 30;
/** In less time than this, memory has not settled yet. */
const LEAST_MINUTES = 1;

/** @type {import("../main.js").Proof} */
export const load = {
  name: "load",
  about: "many connections at once with mixed traffic: no error, flat memory, latencies",
  connections: 10_000,
  minutes: 5,
  async run({ connections, minutes, start, progress }) {
    const child = await start({ options: { backlog: 4096 }, mode: "echo" });
    const histogram = new Histogram();
    const crowd = new Crowd(child.port, histogram);
    await crowd.open(connections, (count) => progress(0, `${count} of ${connections} connections`));
    /** @type {import("../child.js").Report[]} */
    const samples = [];
    const end = minutes * 60_000;
    const begin = performance.now();
    crowd.start(connections * RATE);
    for (let i = 1; i <= SAMPLES; i++) {
      while (performance.now() - begin < (end * i) / SAMPLES) {
        await sleep(Math.min(1000, end / SAMPLES));
        progress((performance.now() - begin) / end, crowd.line);
      }
      samples.push(await child.report());
    }
    await crowd.stop();
    const seconds = (performance.now() - begin) / 1000;
    const last = await reportWhen(child, (report) => report.connections === 0);
    const least = Math.min(...samples.map((report) => report.connections));
    const ms = (/** @type {number} */ share) => `${(histogram.quantileUs(share) / 1000).toFixed(2)} ms`;
    return [
      told("fewest connections at any sample", least.toLocaleString("en")),
      told("connections in all", crowd.opened.toLocaleString("en")),
      told("messages, there and back", histogram.count.toLocaleString("en")),
      told("messages a second", Math.round(histogram.count / seconds).toLocaleString("en")),
      told("latency p50, p90, p99, p99.9", [0.5, 0.9, 0.99, 0.999].map(ms).join(", ")),
      told("latency, the longest", `${(histogram.maxUs / 1000).toFixed(2)} ms`),
      exactly("errors", crowd.errors.join("; "), ""),
      exactly("messages that came back changed, or not at all", crowd.lost, 0),
      flat(
        "heap and buffers",
        minutes,
        samples.map((report) => report.held),
      ),
      flat(
        "RSS",
        minutes,
        samples.map((report) => report.rss),
      ),
      ...(await afterwards(child, last)),
    ];
  },
};

/**
 * Whether the last third of the samples is about what the second is.
 * @param {string} what
 * @param {number} minutes
 * @param {readonly number[]} bytes
 */
function flat(what, minutes, bytes) {
  const third = Math.floor(bytes.length / 3);
  const [middle, last] = [median(bytes.slice(third, 2 * third)), median(bytes.slice(2 * third))];
  const row = atMost(`${what}: last third over the second`, (100 * (last - middle)) / middle, 5, " %");
  const found = `${row.found} (${mebibytes(last)})`;
  return minutes < LEAST_MINUTES ? told(row.what, found) : { ...row, found };
}

/** @param {readonly number[]} numbers */
function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}
