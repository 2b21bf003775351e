// The kernels alone: masking, UTF-8 validation, transcoding and decoding, against bufferutil, plain JavaScript and Node's own
// validator and strings. `node bench/kernels.js [--quick]`, after `npm run build` and `npm install` in bench/.
import { isUtf8 } from "node:buffer";
import { createRequire } from "node:module";
import os from "node:os";
import { pathToFileURL } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { Bench } from "tinybench";
import { makePayload } from "../dist/cli/load/messages.js";
import { utf8Slice, utf16Slice } from "../dist/host/buffer-methods.js";
import * as layout from "../dist/kernel/generated/layout.js";
import { loadKernel } from "../dist/kernel/load.js";

/** @typedef {{ name: string, size: number, subject: string, nsPerCall: number }} Row */
/** @typedef {import("../dist/kernel/kernel.js").Kernel} Kernel */
/** @typedef {{ name: string, size: number, subject: string, call: () => unknown, before?: () => void }} Case */

const KEY_BYTES = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);
const KEY = KEY_BYTES.readUInt32LE();
const MASK_SIZES = [16, 64, 128, 1024, 16_384, 65_536, 1_048_576];
const UTF8_SIZES = [16, 32, 63, 128, 1024, 16_384, 65_536];
const STRING_SIZES = [128, 1024, 16_384, 65_520];
const FRAMES = 2000;
const FRAME_PAYLOAD = 20;
const TO_STRING = "mixed to string";
const DECODE = `decode ${FRAMES} × ${FRAME_PAYLOAD} B text`;
/** A sample takes at least about this long, so that the clock's resolution is no part of it. */
const SAMPLE_NS = 20_000;

const KERNELS = /** @type {const} */ (["simd", "scalar", "js"]);
const PEERS = "peers";

/**
 * Runs all cases and prints a table.
 * @param {{ quick?: boolean }} [options] - `quick` for a rough look in a few seconds
 * @returns {Promise<Row[]>}
 */
export async function run({ quick = false } = {}) {
  console.log(`${os.cpus()[0]?.model ?? "?"}, ${os.platform()} ${os.arch()}, Node ${process.version}`);
  console.log(
    "Medians. Masking is in place, over bytes that stay as they fall: to mask takes as long as to unmask.",
  );
  console.log("1 MiB on a kernel: sixteen calls on the same 64 KiB window, without the copy into it.");
  console.log(
    "decode: one call over the whole window; its input is put back before each call, outside of the clock.",
  );
  /** @type {Row[]} */
  const found = [];
  for (const subject of [...KERNELS, PEERS]) found.push(...(await inThread(subject, quick)));
  const names = [...new Set(found.map((row) => row.name))];
  const rows = names.flatMap((name) =>
    found.filter((row) => row.name === name).sort((a, b) => a.size - b.size),
  );
  print(rows);
  return rows;
}

/**
 * Measures in a thread of its own, as one kernel runs in a server: where two are loaded the engine no longer knows which
 * of them a call reaches, and that costs more than the smallest calls do.
 * @param {string} subject - a kernel, or PEERS
 * @param {boolean} quick
 * @returns {Promise<Row[]>}
 */
function inThread(subject, quick) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { subject, quick } });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

/**
 * @param {Kernel} kernel
 * @returns {Case[]}
 */
function kernelCases(kernel) {
  const subject = kernel.name;
  /** @type {Case[]} */
  const cases = MASK_SIZES.map((size) => {
    const call =
      size > layout.SCRATCH_WINDOW_LENGTH
        ? () => maskInSteps(kernel, size)
        : () => kernel.mask(layout.SCRATCH_WINDOW_PTR, size, KEY);
    return { name: "mask", size, subject, call };
  });
  for (const { name, size, text } of texts()) {
    const before = () => kernel.memory.set(text, layout.SCRATCH_WINDOW_PTR);
    const call = () => kernel.validateUtf8(layout.SCRATCH_WINDOW_PTR, size, 0);
    before();
    if (call() !== 0) throw new Error(`${subject} finds ${name} of ${size} bytes invalid`);
    cases.push({ name, size, subject, call, before });
  }
  if (kernel.utf8ToUtf16 !== undefined) cases.push(...stringCases(kernel));
  const stream = frames();
  const start = layout.READ_WINDOW_PTR;
  const end = start + stream.length;
  const before = () => kernel.memory.set(stream, start);
  const call = () => kernel.decode(start, end, 0, 2 ** 20, 2 ** 20, 131_072);
  before();
  if (call() >>> layout.DECODED_COUNT_SHIFT !== FRAMES)
    throw new Error(`${subject} does not find all frames`);
  cases.push({ name: DECODE, size: stream.length, subject, call, before });
  return cases;
}

/**
 * Strings of mixed text, that of the servers' benchmark, as the codec makes them on Node 20 and 22: by way of UTF-16.
 * @param {Kernel} kernel
 * @returns {Case[]}
 */
function stringCases(kernel) {
  const { memory, name: subject } = kernel;
  const bytes = Buffer.from(memory.buffer, memory.byteOffset, memory.length);
  return STRING_SIZES.map((size) => {
    const text = makePayload("mixed", size);
    const string = text.toString();
    const before = () => text.copy(bytes, layout.SCRATCH_WINDOW_PTR);
    const decode = () => {
      const units = kernel.utf8ToUtf16?.(layout.SCRATCH_WINDOW_PTR, size, layout.WIDE_WINDOW_PTR) ?? 0;
      return utf16Slice(bytes, layout.WIDE_WINDOW_PTR, layout.WIDE_WINDOW_PTR + 2 * units);
    };
    before();
    if (decode() !== string) throw new Error(`${subject} transcodes ${size} bytes wrongly`);
    return { name: TO_STRING, size, subject, call: decode, before };
  });
}

/** @returns {Case[]} */
function peerCases() {
  const require = createRequire(import.meta.url);
  /** @type {{ unmask(buffer: Uint8Array, key: Uint8Array): void }} */
  const bufferUtil = require("bufferutil");
  /** @type {Case[]} */
  const cases = MASK_SIZES.flatMap((size) => {
    const buffer = Buffer.alloc(size, 0x61);
    return [
      { name: "mask", size, subject: "bufferutil", call: () => bufferUtil.unmask(buffer, KEY_BYTES) },
      { name: "mask", size, subject: "js loop", call: () => maskLoop(buffer, KEY_BYTES) },
    ];
  });
  for (const { name, size, text } of texts()) {
    cases.push({ name, size, subject: "buffer.isUtf8", call: () => isUtf8(text) });
  }
  for (const size of STRING_SIZES) {
    const text = makePayload("mixed", size);
    cases.push({ name: TO_STRING, size, subject: "Buffer", call: () => utf8Slice(text, 0, size) });
  }
  return cases;
}

function texts() {
  return UTF8_SIZES.flatMap((size) => [
    { name: "utf8 ascii", size, text: ascii(size) },
    { name: "utf8 mixed", size, text: mixed(size) },
  ]);
}

/**
 * @param {Kernel} kernel
 * @param {number} size
 */
function maskInSteps(kernel, size) {
  let key = KEY;
  for (let left = size; left > 0; left -= layout.SCRATCH_WINDOW_LENGTH) {
    key = kernel.mask(layout.SCRATCH_WINDOW_PTR, Math.min(left, layout.SCRATCH_WINDOW_LENGTH), key);
  }
  return key;
}

/**
 * What servers without an addon do.
 * @param {Uint8Array} buffer
 * @param {Uint8Array} key
 */
function maskLoop(buffer, key) {
  for (let i = 0; i < buffer.length; i++) buffer[i] = (buffer[i] ?? 0) ^ (key[i & 3] ?? 0);
}

/**
 * @param {Case[]} cases
 * @param {boolean} quick
 * @returns {Promise<Row[]>}
 */
async function measure(cases, quick) {
  const bench = new Bench({ time: quick ? 30 : 250, warmupTime: quick ? 20 : 100 });
  const batches = cases.map((each) => batchOf(each));
  cases.forEach(({ name, size, subject, call, before }, i) => {
    const batch = batches[i] ?? 1;
    const title = `${name} ${size} ${subject}`;
    const repeat = loopOver(call);
    bench.add(title, batch === 1 ? call : () => repeat(batch), before && { beforeEach: before });
  });
  await bench.run();
  return cases.map(({ name, size, subject }, i) => {
    const result = bench.tasks[i]?.result;
    if (result?.state !== "completed") throw new Error(`${name} ${size} ${subject} did not run`);
    return { name, size, subject, nsPerCall: (result.latency.p50 * 1e6) / (batches[i] ?? 1) };
  });
}

/**
 * How many calls make a sample. Decoding changes its input, so it is one.
 * @param {Case} each
 */
function batchOf({ name, call }) {
  if (name === DECODE) return 1;
  const repeat = loopOver(call);
  repeat(100);
  const started = process.hrtime.bigint();
  repeat(100);
  const nsPerCall = Number(process.hrtime.bigint() - started) / 100;
  return Math.max(1, Math.ceil(SAMPLE_NS / nsPerCall));
}

/**
 * A loop of its own for each case: in a shared one the engine no longer knows what is called, which costs as much as
 * the smallest calls do.
 * @param {() => unknown} call
 * @returns {(times: number) => void}
 */
function loopOver(call) {
  return new Function("call", "return (times) => { for (let i = 0; i < times; i++) call(); }")(call);
}

/** @param {Row[]} rows */
function print(rows) {
  console.log(`\n${"".padEnd(24)}${"bytes".padStart(9)}  ${"".padEnd(14)}${"ns/call".padStart(12)}  simd is`);
  for (const { name, size, subject, nsPerCall } of rows) {
    const simd = rows.find((row) => row.name === name && row.size === size && row.subject === "simd");
    const ratio =
      simd === undefined || subject === "simd" ? "" : `${(nsPerCall / simd.nsPerCall).toFixed(2)}×`;
    const ns = nsPerCall.toFixed(nsPerCall < 100 ? 1 : 0).padStart(12);
    console.log(`${name.padEnd(24)}${String(size).padStart(9)}  ${subject.padEnd(14)}${ns}  ${ratio}`);
    if (name === DECODE) console.log(`${"".padEnd(33)}  ${(nsPerCall / FRAMES).toFixed(1)} ns a frame`);
  }
}

/** Whole masked text messages, as a client sends them. */
function frames() {
  const length = 6 + FRAME_PAYLOAD;
  const stream = new Uint8Array(FRAMES * length);
  for (let at = 0; at < stream.length; at += length) {
    stream.set([0x81, 0x80 | FRAME_PAYLOAD, ...KEY_BYTES], at);
    for (let i = 0; i < FRAME_PAYLOAD; i++) stream[at + 6 + i] = (0x61 + i) ^ (KEY_BYTES[i & 3] ?? 0);
  }
  return stream;
}

/** @param {number} size */
function ascii(size) {
  return new Uint8Array(size).fill(0x61);
}

/**
 * Characters of one to four bytes in turn, as many of each: ten bytes, which repeat.
 * @param {number} size
 */
function mixed(size) {
  const pattern = Buffer.from("aé€😀");
  const text = Buffer.alloc(size, "a");
  pattern.copy(text);
  const whole = size - (size % pattern.length);
  for (let at = pattern.length; at < whole; at += pattern.length) pattern.copy(text, at);
  return text.fill("a", Math.min(whole, size));
}

if (!isMainThread) {
  const cases = workerData.subject === PEERS ? peerCases() : kernelCases(loadKernel(workerData.subject));
  parentPort?.postMessage(await measure(cases, workerData.quick));
} else if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await run({ quick: process.argv.includes("--quick") });
}
