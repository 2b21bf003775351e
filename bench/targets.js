// What wsimd must reach: the first table of the results. Each row is a quotient of one of our measurements and another of the same rounds, or
// a difference, in the worst of its cells.
import { LONG_TEXT_SIZES } from "./cells.js";

/**
 * @typedef {object} Target
 * @property {string} row - for people
 * @property {string[]} cells
 * @property {string} metric
 * @property {string} subject - ours
 * @property {string} against - another subject
 * @property {"ratio" | "difference"} by
 * @property {number} limit - at most
 * @property {number} [aim] - beyond the target
 */

const CPU = "cpuUsPerMessage";

/**
 * @param {string} row
 * @param {string[]} cells
 * @param {string} against
 * @param {[limit: number, aim?: number]} limits
 * @param {Partial<Target>} [more]
 * @returns {Target}
 */
function target(row, cells, against, [limit, aim], more = {}) {
  return {
    ...{ row, cells, metric: CPU, subject: "wsimd", against, by: "ratio", limit },
    ...(aim !== undefined && { aim }),
    ...more,
  };
}

const NS = { metric: "nsPerMessage" };
const DELIVERY = { metric: "cpuUsPerDelivery" };
const BYTES = { metric: "deflatedBytes" };
const KEPT_BYTES = /** @type {const} */ ({ metric: "keptBytes", by: "difference" });

/** @type {Target[]} */
const COMPRESSION = [
  target("compressed, 1,000 B, 16 at once", ["compression/event/1000/16"], "bun", [0.65, 0.45]),
  target("compressed, single messages of 1,000 B", ["compression/event/1000/1"], "bun", [0.8, 0.6]),
  target(
    "compressed, 300 and 16,000 B, 16 at once",
    ["compression/event/300/16", "compression/event/16000/16"],
    "bun",
    [0.65, 0.45],
  ),
  target("compressed, single messages of 1,000 B", ["compression/event/1000/1"], "ws", [0.2, 0.12]),
  target("compressed, 1,000 B, 16 at once", ["compression/event/1000/16"], "ws", [0.12, 0.06]),
  target("bytes of 1,000 B compressed", ["deflate/1000"], "zlib", [1.03, 1.01], BYTES),
  target("bytes of 16 KiB compressed", ["deflate/16384"], "zlib", [1.09, 1.04], BYTES),
  target("bytes of 300 B with takeover", ["deflate/takeover"], "zlib", [1.15, 1.05], BYTES),
  target("time to deflate 1,000 B", ["deflate/1000"], "zlib", [0.55, 0.4], NS),
  target("time to inflate 1,000 B", ["deflate/1000"], "zlib", [0.95, 0.7], { metric: "inflateNs" }),
  target("dearest hostile input to inflate", ["deflate/dearest"], "zlib", [1], {
    metric: "nsPerByte",
  }),
  target("memory of a connection without takeover", ["deflate/kept/alone"], "plain", [0], KEPT_BYTES),
  target("memory for messages sent with takeover", ["deflate/kept/sent"], "plain", [8192], KEPT_BYTES),
  target(
    "memory for messages received with takeover",
    ["deflate/kept/received"],
    "plain",
    [4096],
    KEPT_BYTES,
  ),
];

const LONG_TEXT = LONG_TEXT_SIZES.map((size) => `text/${size}/1`);
const SINGLE = ["binary/20/1", "text/20/1", "binary/1000/1", "text/1000/1"];

const OURS = { subject: "drop-in" };
const IDLE = { metric: "bytesPerConnection" };

/** wsimd/ws in the place of `ws`. @type {Target[]} */
const DROP_IN = [
  target("20 B, 16 at once", ["drop-in/binary/20/16", "drop-in/text/20/16"], "ws", [0.12], OURS),
  target("1,000 B, 16 at once", ["drop-in/binary/1000/16", "drop-in/text/1000/16"], "ws", [0.15], OURS),
  target(
    "single messages of 20 and 1,000 B",
    SINGLE.map((cell) => `drop-in/${cell}`),
    "ws",
    [0.75, 0.68],
    OURS,
  ),
  target("compressed, single messages of 1,000 B", ["drop-in-compression/event/1000/1"], "ws", [0.22], OURS),
  target("compressed, 1,000 B, 16 at once", ["drop-in-compression/event/1000/16"], "ws", [0.12], OURS),
  target("connections opened and closed", ["drop-in-handshakes"], "ws", [0.7, 0.6], {
    ...OURS,
    metric: "cpuUsPerHandshake",
  }),
  target("memory of an idle connection", ["drop-in-memory"], "ws", [0.6], { ...OURS, ...IDLE }),
  target("memory of an idle connection", ["drop-in-memory"], "ws", [0.9], {
    subject: "drop-in-server",
    ...IDLE,
  }),
  target("a loop over 1,000 clients, 16 messages in a turn", ["drop-in-broadcast/100/16"], "ws", [0.25], {
    ...OURS,
    metric: "cpuUsPerDelivery",
  }),
  ...[1, 16].map((depth) =>
    target(`Socket.IO, events of 200 B, ${depth} at once`, [`socketio/200/${depth}`], "socketio-ws", [0.75], {
      subject: "socketio",
    }),
  ),
];

/** @type {Target[]} */
const TOPICS = [
  target("single messages to a topic", ["topics/100/1"], "bun", [1.15], DELIVERY),
  target("messages to a topic, 16 in a turn", ["topics/100/16"], "bun", [1.1], DELIVERY),
  target("messages to a topic, 64 in a turn", ["topics/100/64"], "bun", [0.65], DELIVERY),
  target("messages to a topic, 64 in a turn", ["topics/100/64"], "ws", [0.02], DELIVERY),
  target("messages to 8 topics, 64 in a turn", ["topics-8/100/64"], "bun", [0.75], DELIVERY),
];

/** @type {Target[]} */
export const TARGETS = [
  target("ASCII text of 100 kB to 1 MiB", LONG_TEXT, "bun", [1, 0.8]),
  target("text of 10 MB", ["text/10000000/1"], "bun", [1, 0.8]),
  target("single messages of 20 and 1,000 B", SINGLE, "floor", [1.05, 1.03]),
  target("20 B, 16 at once", ["binary/20/16", "text/20/16"], "bun", [1, 0.9]),
  target("1,000 B, 16 at once", ["binary/1000/16", "text/1000/16"], "bun", [0.75, 0.65]),
  target("single binary messages of 16,000 B", ["binary/16000/1"], "ws", [0.6, 0.52]),
  target("start until listening, Node 20 and 26", ["startup/node20", "startup/node26"], "ws", [0.8, 0.5], {
    metric: "startMs",
  }),
  target(
    "first frame of a fresh worker and isolate",
    ["cold/worker", "cold/isolate"],
    "wsimd-before",
    [0.6, 0.4],
    { metric: "coldUs" },
  ),
  target("opening handshakes, warm", ["handshakes"], "bun", [1.9, 1.6], { metric: "cpuUsPerHandshake" }),
  target("first 10,000 connections of a process", ["first-connections"], "ws", [0.75, 0.6], {
    metric: "cpuUsPerConnection",
  }),
  target("broadcasts, 16 in a turn", ["broadcast/100/16"], "bun", [1.1, 0.9], DELIVERY),
  ...TOPICS,
  target("Deno: single messages of 20 and 1,000 B", ["binary/20/1", "binary/1000/1"], "deno", [1, 0.9], {
    subject: "wsimd-deno",
  }),
  ...COMPRESSION,
  target("codec alone: relay of JSON of 200 B", ["relay/200/16"], "ws", [0.33], { metric: "nsPerMessage" }),
  ...DROP_IN,
];

/** What earlier versions reached and later ones must keep. @type {Target[]} */
export const KEPT = [
  target("single messages of 20 B", ["binary/20/1", "text/20/1"], "ws", [0.78]),
  target("single messages of 1,000 B", ["binary/1000/1", "text/1000/1"], "ws", [0.75]),
  target("20 B, 16 at once", ["binary/20/16", "text/20/16"], "ws", [0.1]),
  target("1,000 B, 16 at once", ["binary/1000/16", "text/1000/16"], "ws", [0.14]),
  target("16,000 B, 16 at once", ["binary/16000/16"], "ws", [0.45]),
  target("16,000 B, 16 at once", ["binary/16000/16"], "bun", [1]),
  target("ASCII text of 1 MiB", ["text/1048576/1"], "ws", [0.9]),
  target("mixed UTF-8 of 1,000 B, 16 at once", ["mixed/1000/16"], "ws", [0.25]),
  target("TLS, 1,000 B, 16 at once", ["tls/1000/16"], "ws", [0.62]),
  target("opening handshakes, warm", ["handshakes"], "ws", [0.67], { metric: "cpuUsPerHandshake" }),
  target("single broadcasts", ["broadcast/100/1"], "net", [1.05], DELIVERY),
  target("memory of an idle connection", ["memory"], "net", [1024], {
    metric: "bytesPerConnection",
    by: "difference",
  }),
];
