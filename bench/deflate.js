// Compression alone: the deflate kernel and its windows against zlib, in one process and without sockets. A part of
// `npm run bench`; alone by `node bench/deflate.js [--quick]`, after `npm run build`.
import { pathToFileURL } from "node:url";
import zlib from "node:zlib";
import { READ_WINDOW_PTR } from "../dist/kernel/generated/layout.js";
import { sharedWorkspace } from "../dist/memory/workspace.js";
import { permessageDeflate } from "../dist/protocol/deflate/index.js";
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
  return permessageDeflate("server", agreed, { threshold: 0, effort, memoryBudget: BUDGET });
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
function inflateOf() {
  const decoder = extension(false, 15).decoder(linear);
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
    const found = KINDS.map((kind) => compareKind(payloads(kind, size, MESSAGES), few));
    const cell = `deflate/${size}`;
    const fast = `deflate at effort "fast"/${size}`;
    record(cell, "wsimd", "nsOfZlib", geometricMean(found.map(({ ns }) => ns)));
    record(fast, "wsimd", "nsOfZlib", geometricMean(found.map(({ fastNs }) => fastNs)));
    record(cell, "wsimd", "bytesOfZlib", geometricMean(found.map(({ bytes }) => bytes)));
    record(fast, "wsimd", "bytesOfZlib", geometricMean(found.map(({ fastBytes }) => fastBytes)));
    record(cell, "wsimd", "inflateNsOfZlib", geometricMean(found.map(({ inflateNs }) => inflateNs)));
  }
}

/**
 * @param {readonly Uint8Array[]} messages
 * @param {number} rounds
 * @returns all as multiples of zlib's
 */
function compareKind(messages, rounds) {
  const codecs = {
    wsimd: () => deflateOf(),
    fast: () => deflateOf(false, 15, 1, "fast"),
    zlib: () => zlibDeflate(),
  };
  const inflaters = { wsimd: inflateOf, zlib: () => handleOf(zlib.createInflateRaw(), true) };
  const { wsimd = 0, fast = 0, zlib: theirs = 0 } = fastest(codecs, messages, rounds);
  const inflate = fastest(inflaters, messages.map(compressed), 2 * rounds);
  const zlibBytes = bytesOf(zlibDeflate(), messages);
  return {
    ns: wsimd / theirs,
    fastNs: fast / theirs,
    bytes: bytesOf(codecs.wsimd(), messages) / zlibBytes,
    fastBytes: bytesOf(codecs.fast(), messages) / zlibBytes,
    inflateNs: (inflate.wsimd ?? 0) / (inflate.zlib ?? 0),
  };
}

/**
 * Similar messages with takeover: 8 KiB a connection, and zlib with 256 KiB.
 * @param {number} rounds
 * @param {Recorder} record
 */
function measureTakeover(rounds, record) {
  const bytes = [];
  const ns = [];
  for (const kind of ["event", "graphql", "tick", "english"]) {
    const messages = payloads(kind, CONTEXT_BYTES, CONTEXT_MESSAGES);
    bytes.push(bytesOf(deflateOf(true, 12), messages) / bytesOf(zlibDeflate(true), messages));
    const least = fastest(
      { wsimd: () => deflateOf(true, 12, 8), zlib: () => zlibDeflate(true) },
      messages,
      Math.ceil(rounds / 4),
    );
    ns.push((least.wsimd ?? 0) / (least.zlib ?? 0));
  }
  record(`takeover/${CONTEXT_BYTES}`, "wsimd", "bytesOfZlib", geometricMean(bytes));
  record(`takeover/${CONTEXT_BYTES}`, "wsimd", "nsOfZlib", geometricMean(ns));
}

/**
 * @param {number} rounds
 * @param {Recorder} record
 */
function measureHostile(rounds, record) {
  const dearest = { wsimd: 0, zlib: 0 };
  for (const { name, message } of hostileMessages()) {
    const codecs = { wsimd: inflateOf, zlib: () => handleOf(zlib.createInflateRaw(), true) };
    const { wsimd = 0, zlib: theirs = 0 } = fastest(codecs, [message], rounds);
    record(`hostile/${name}`, "wsimd", "nsPerByte", wsimd / message.length);
    record(`hostile/${name}`, "wsimd", "nsOfZlib", wsimd / theirs);
    dearest.wsimd = Math.max(dearest.wsimd, wsimd / message.length);
    dearest.zlib = Math.max(dearest.zlib, theirs / message.length);
  }
  record("hostile/the dearest of these", "wsimd", "nsOfZlib", dearest.wsimd / dearest.zlib);
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
}
