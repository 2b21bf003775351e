// Compression alone: the deflate kernel and its windows against zlib, in one process and without sockets. A part of
// `npm run bench`; alone by `node bench/deflate.js [--quick]`, after `npm run build`.
import { pathToFileURL } from "node:url";
import zlib from "node:zlib";
import { READ_WINDOW_PTR } from "../dist/kernel/generated/layout.js";
import { sharedWorkspace } from "../dist/memory/workspace.js";
import { permessageDeflate } from "../dist/protocol/deflate/index.js";
import { threadWindows } from "../dist/protocol/deflate/window-store.js";
import { KINDS, payloads } from "./corpus.js";
import { hostileMessages } from "./hostile.js";

/** @typedef {{ _handle: { writeSync(...args: unknown[]): void, reset(): void }, _writeState: Uint32Array }} Stream */
/** @typedef {(message: Uint8Array) => number} Codec - returns the length of its output */

const SIZES = [100, 1000, 16_384];
const MESSAGES = 48;
const CONTEXT_BYTES = 300;
const CONTEXT_MESSAGES = 300;
const BUDGET = 16 * 1024 * 1024;
const OUT = Buffer.alloc(1 << 18);
const TAIL_BYTES = 4;

const { linear } = sharedWorkspace();

/**
 * @param {boolean} takeover
 * @param {number} windowBits
 */
function extension(takeover, windowBits, effort = /** @type {"default" | "fast"} */ ("default")) {
  const agreed = {
    serverNoContextTakeover: !takeover,
    clientNoContextTakeover: !takeover,
    serverMaxWindowBits: windowBits,
    clientMaxWindowBits: windowBits,
  };
  return permessageDeflate("server", agreed, {
    threshold: 0,
    effort,
    memoryBudget: BUDGET,
    shorterOnly: true,
  });
}

/**
 * Several connections in turn, so that each message costs the exchange of the windows.
 * @returns {Codec}
 */
function deflateOf(
  takeover = false,
  windowBits = 15,
  connections = 1,
  effort = /** @type {"default" | "fast"} */ ("default"),
) {
  const encoders = Array.from({ length: connections }, () =>
    extension(takeover, windowBits, effort).encoder(linear),
  );
  let turn = 0;
  return (message) => {
    const encoded = encoders[turn++ % connections]?.encode(message, true);
    if (encoded === undefined) return message.length;
    OUT.set(encoded);
    return encoded.length;
  };
}

/** @returns {Codec} */
function inflateOf(takeover = false, windowBits = 15) {
  const decoder = extension(takeover, windowBits).decoder(linear);
  return (message) => {
    linear.memory.set(message, READ_WINDOW_PTR);
    decoder.push(READ_WINDOW_PTR, message.length, true);
    let length = 0;
    do {
      const count = decoder.pull(65_536);
      if (count < 0) throw new Error("bad data");
      OUT.set(decoder.bytes.subarray(decoder.start, decoder.start + count), length);
      length += count;
    } while (!decoder.done);
    return length;
  };
}

/**
 * zlib's own handle: below Node's streams, and so without their cost. The fastest way to use zlib in a process.
 * @param {unknown} stream
 * @param {boolean} again - whether each message begins anew
 * @returns {Codec}
 */
function handleOf(stream, again) {
  const { _handle: handle, _writeState: state } = /** @type {Stream} */ (stream);
  return (message) => {
    handle.writeSync(zlib.constants.Z_SYNC_FLUSH, message, 0, message.length, OUT, 0, OUT.length);
    if (again) handle.reset();
    return OUT.length - (state[0] ?? 0);
  };
}

/** @returns {Codec} */
function zlibDeflate(takeover = false) {
  const codec = handleOf(zlib.createDeflateRaw({ level: 6 }), !takeover);
  return (message) => codec(message) - TAIL_BYTES;
}

/**
 * @param {Codec} codec
 * @param {readonly Uint8Array[]} messages
 */
function sample(codec, messages) {
  const started = process.hrtime.bigint();
  for (const message of messages) codec(message);
  return Number(process.hrtime.bigint() - started) / messages.length;
}

/**
 * The least of many short samples, the codecs in turn: other programs on the machine only ever add.
 * @param {Readonly<Record<string, () => Codec>>} codecs
 * @param {readonly Uint8Array[]} messages
 * @param {number} rounds
 * @returns {Record<string, number>} ns for each message
 */
function fastest(codecs, messages, rounds) {
  const made = Object.entries(codecs).map(([name, make]) => ({ name, codec: make() }));
  /** @type {Record<string, number>} */
  const least = {};
  for (let round = 0; round < rounds; round++)
    for (const { name, codec } of made)
      least[name] = Math.min(least[name] ?? Number.POSITIVE_INFINITY, sample(codec, messages));
  return least;
}

/**
 * @param {Codec} codec
 * @param {readonly Uint8Array[]} messages
 */
function bytesOf(codec, messages) {
  return messages.reduce((sum, message) => sum + codec(message), 0) / messages.length;
}

/** @param {readonly number[]} values */
function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** @param {Uint8Array} message */
function compressed(message) {
  const options = { level: 6, finishFlush: zlib.constants.Z_SYNC_FLUSH };
  return zlib.deflateRawSync(message, options).subarray(0, -TAIL_BYTES);
}

/** @typedef {(cell: string, subject: string, metric: string, value: number) => void} Recorder */

/**
 * @param {number} rounds
 * @param {Recorder} record
 */
function measureSizes(rounds, record) {
  for (const size of SIZES) {
    const few = Math.max(3, Math.ceil((rounds * 1000) / Math.max(size, 1000)));
    recordMeans(
      `deflate/${size}`,
      KINDS.map((kind) => compareKind(payloads(kind, size, MESSAGES), few)),
      record,
    );
  }
}

/**
 * What several kinds of messages cost.
 * @typedef {Record<string, Record<string, number>>} Costs by the metric and the subject
 * @param {string} cell
 * @param {readonly Costs[]} kinds
 * @param {Recorder} record
 */
function recordMeans(cell, kinds, record) {
  for (const [metric, subjects] of Object.entries(kinds[0] ?? {})) {
    for (const subject of Object.keys(subjects)) {
      const values = kinds.map((costs) => costs[metric]?.[subject] ?? Number.NaN);
      record(cell, subject, metric, geometricMean(values));
    }
  }
}

/**
 * @param {readonly Uint8Array[]} messages
 * @param {number} rounds
 * @returns {Costs}
 */
function compareKind(messages, rounds) {
  const codecs = {
    wsimd: () => deflateOf(),
    "wsimd-fast": () => deflateOf(false, 15, 1, "fast"),
    zlib: () => zlibDeflate(),
  };
  const inflaters = { wsimd: () => inflateOf(), zlib: () => handleOf(zlib.createInflateRaw(), true) };
  return {
    nsPerMessage: fastest(codecs, messages, rounds),
    deflatedBytes: Object.fromEntries(
      Object.entries(codecs).map(([name, make]) => [name, bytesOf(make(), messages)]),
    ),
    inflateNs: fastest(inflaters, messages.map(compressed), 2 * rounds),
  };
}

/**
 * Similar messages with takeover: 8 KiB a connection, and zlib with 256 KiB.
 * @param {number} rounds
 * @param {Recorder} record
 */
function measureTakeover(rounds, record) {
  const few = Math.ceil(rounds / 4);
  const zlibOnce = () => zlibDeflate(true);
  const kinds = ["event", "graphql", "tick", "english"].map((kind) => {
    const messages = payloads(kind, CONTEXT_BYTES, CONTEXT_MESSAGES);
    return {
      nsPerMessage: fastest({ wsimd: () => deflateOf(true, 12, 8), zlib: zlibOnce }, messages, few),
      deflatedBytes: { wsimd: bytesOf(deflateOf(true, 12), messages), zlib: bytesOf(zlibOnce(), messages) },
    };
  });
  recordMeans("deflate/takeover", kinds, record);
}

/**
 * What the store of windows counts for a connection that has sent and received messages.
 * @param {Recorder} record
 */
function measureKept(record) {
  const messages = payloads("event", CONTEXT_BYTES, CONTEXT_MESSAGES);
  const send = (/** @type {boolean} */ takeover) => void bytesOf(deflateOf(takeover, 12), messages);
  const receive = (/** @type {boolean} */ takeover) => {
    // Each message is compressed by itself, which a connection with takeover takes, too.
    void bytesOf(inflateOf(takeover, 12), messages.map(compressed));
  };
  const useAlone = () => {
    send(false);
    receive(false);
  };
  // The memory of a connection is outside of the kernel's, and counts, once another one has taken its place there.
  useAlone();
  const uses = { sent: () => send(true), received: () => receive(true), alone: useAlone };
  for (const [name, use] of Object.entries(uses)) {
    const before = threadWindows.bytes;
    use();
    useAlone();
    record(`deflate/kept/${name}`, "wsimd", "keptBytes", threadWindows.bytes - before);
    record(`deflate/kept/${name}`, "plain", "keptBytes", 0);
  }
}

/**
 * @param {number} rounds
 * @param {Recorder} record
 */
function measureHostile(rounds, record) {
  const dearest = { wsimd: 0, zlib: 0 };
  for (const { name, message } of hostileMessages()) {
    const codecs = { wsimd: () => inflateOf(), zlib: () => handleOf(zlib.createInflateRaw(), true) };
    const { wsimd = 0, zlib: theirs = 0 } = fastest(codecs, [message], rounds);
    record(`hostile/${name}`, "wsimd", "nsPerByte", wsimd / message.length);
    record(`hostile/${name}`, "zlib", "nsPerByte", theirs / message.length);
    dearest.wsimd = Math.max(dearest.wsimd, wsimd / message.length);
    dearest.zlib = Math.max(dearest.zlib, theirs / message.length);
  }
  for (const [subject, ns] of Object.entries(dearest)) record("deflate/dearest", subject, "nsPerByte", ns);
}

/** @type {import("./echo.js").Section} */
export const deflate = {
  name: "deflate",
  what: "compression alone, against zlib",
  seconds: (quick) => (quick ? 5 : 25),
  async run({ quick, progress, record }) {
    const rounds = quick ? 20 : 150;
    progress.step("deflate  by size", quick ? 3 : 18);
    measureSizes(rounds, record);
    progress.step("deflate  takeover", 3);
    measureTakeover(rounds, record);
    progress.step("deflate  hostile", 3);
    measureHostile(rounds, record);
    measureKept(record);
  },
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const rounds = process.argv.includes("--quick") ? 20 : 150;
  /** @type {Recorder} */
  const print = (cell, subject, metric, value) =>
    console.log(`${cell.padEnd(34)}${subject.padEnd(12)}${metric.padEnd(18)}${value.toFixed(3)}`);
  measureSizes(rounds, print);
  measureTakeover(rounds, print);
  measureHostile(rounds, print);
  measureKept(print);
}
