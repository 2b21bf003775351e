// The whole codec without sockets: streams of frames to messages and messages to frames, by this package's Endpoint on each
// kernel and by the Receiver and Sender of `ws`. `node bench/codec.js [--quick]`, after `npm run build` and `npm ci` in bench/.
import { createRequire } from "node:module";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { Bench } from "tinybench";
import { makePayload, maskedFrame } from "../dist/cli/load/messages.js";
import { Endpoint } from "../dist/index.js";
import { nodeRuntime } from "../dist/node/host.js";

/** @typedef {{ name: string, size: number, subject: string, nsPerCall: number }} Row */
/**
 * Something that does all of it once.
 * @typedef {{ name: string, size: number, messages: number, call: () => void }} Case
 */
/** @typedef {{ receiver(onMessage: (bytes: number) => void): (chunk: Buffer) => void, sender(mask: boolean): (message: string | Buffer, times: number) => number, relay(change: (text: string) => string): (chunk: Buffer) => number }} Codec */

const SUBJECTS = ["simd", "scalar", "js", "ws", "ws-js"];
const SIZES = [20, 1024, 16_384, 1 << 20];
/** What a read brings at most. */
const READ_BYTES = 64 * 1024;
/** A server that reads JSON and passes it on as it came: text in and text out, so many messages a read. */
const RELAY = { name: "relay JSON", size: 200, messages: 16 };
/** The time that wsimd may take for it, of that of `ws`. */
const RELAY_TARGET = 0.33;
/** What `ws` is told of each message. */
const WS_MESSAGE = { fin: true, rsv1: false, compress: false };
/** @typedef {"binary" | "text" | "mixed"} Kind */
/**
 * What to measure, and for how many milliseconds each.
 * @typedef {{ sizes: number[], kinds: Kind[], only?: string[], time: number, warmupTime: number }} Plan
 */

/** @type {Plan} */
const FULL = { sizes: SIZES, kinds: ["binary", "text", "mixed"], time: 400, warmupTime: 100 };
/** @type {Plan} */
const QUICK = { sizes: SIZES.slice(0, 2), kinds: ["binary", "text"], time: 60, warmupTime: 30 };

/**
 * Runs all cases and prints a table.
 * @param {{ quick?: boolean }} [options]
 * @returns {Promise<Row[]>} nanoseconds for a message
 */
export async function run({ quick = false } = {}) {
  /** @type {Row[]} */
  const rows = [];
  // A thread of its own for each, in which the engine sees one codec only, as in a server.
  const plan = quick ? QUICK : FULL;
  for (const subject of SUBJECTS) rows.push(...(await measureSubject(subject, plan)));
  print(rows);
  judgeRelay(rows);
  return rows;
}

/**
 * Measures one subject, in a thread of its own.
 * @param {string} subject
 * @param {Plan} plan
 * @returns {Promise<Row[]>} nanoseconds for a message
 */
export function measureSubject(subject, plan) {
  const env = { ...process.env, ...(subject === "ws-js" && { WS_NO_BUFFER_UTIL: "1" }) };
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { subject, plan }, env });
    worker.on("message", resolve);
    worker.on("error", reject);
  });
}

/**
 * @param {string} subject
 * @param {Plan} plan
 * @returns {Promise<Row[]>}
 */
async function measure(subject, plan) {
  const codec = subject.startsWith("ws") ? wsCodec() : wsimdCodec(subject);
  const cases = makeCases(codec, plan.sizes, plan.kinds).filter(
    ({ name, size }) => plan.only === undefined || plan.only.includes(`${name}/${size}`),
  );
  const bench = new Bench({ time: plan.time, warmupTime: plan.warmupTime });
  cases.forEach(({ call }, i) => {
    bench.add(String(i), call);
  });
  await bench.run();
  return cases.map(({ name, size, messages }, i) => {
    const result = bench.tasks[i]?.result;
    if (result?.state !== "completed") {
      throw new Error(
        `${subject}, ${name}, ${size} bytes: ${result?.state === "errored" ? result.error.message : result?.state}`,
      );
    }
    return { name, size, subject, nsPerCall: (result.latency.p50 * 1e6) / messages };
  });
}

/**
 * @param {Codec} codec
 * @param {readonly number[]} sizes
 * @param {readonly Kind[]} kinds
 * @returns {Case[]}
 */
function makeCases(codec, sizes, kinds) {
  /** @type {Case[]} */
  const cases = [];
  for (const kind of kinds) {
    for (const size of sizes) {
      const payload = makePayload(kind, size);
      const messages = Math.max(1, Math.floor(READ_BYTES / (size + 14)));
      cases.push(receiveCase(codec, kind, payload, messages));
      const message = kind === "binary" ? payload : payload.toString();
      for (const mask of [false, true]) {
        const send = codec.sender(mask);
        const least = messages * (size + 2);
        const call = () => {
          const bytes = send(message, messages);
          if (bytes < least) throw new Error(`${bytes} bytes instead of ${least} and more`);
        };
        cases.push({ name: `send ${kind}${mask ? ", masked" : ""}`, size, messages, call });
      }
    }
  }
  cases.push(relayCase(codec));
  return cases;
}

/**
 * @param {Codec} codec
 * @returns {Case}
 */
function relayCase(codec) {
  const order = { type: "order", id: 90_210, price: 101.25, symbols: ["AB", "CD"], note: "" };
  order.note = "x".repeat(RELAY.size - JSON.stringify(order).length);
  const payload = Buffer.from(JSON.stringify(order));
  const read = Buffer.concat(Array.from({ length: RELAY.messages }, () => maskedFrame(1, payload)));
  const relay = codec.relay((text) => {
    if (JSON.parse(text).id !== order.id) throw new Error("another order");
    return text;
  });
  const least = RELAY.messages * (RELAY.size + 2);
  const call = () => {
    const bytes = relay(read);
    if (bytes < least) throw new Error(`${bytes} bytes instead of ${least} and more`);
  };
  return { ...RELAY, call };
}

/**
 * @param {Codec} codec
 * @param {string} kind
 * @param {Buffer} payload
 * @param {number} messages
 * @returns {Case}
 */
function receiveCase(codec, kind, payload, messages) {
  const frame = maskedFrame(kind === "binary" ? 2 : 1, payload);
  const stream = Buffer.concat(Array.from({ length: messages }, () => frame));
  /** @type {Buffer[]} */
  const reads = [];
  for (let at = 0; at < stream.length; at += READ_BYTES) reads.push(stream.subarray(at, at + READ_BYTES));
  const units = kind === "binary" ? payload.length : payload.toString().length;
  let count = 0;
  const receive = codec.receiver((length) => {
    if (length !== units) throw new Error(`a message of ${length} instead of ${units}`);
    count++;
  });
  const call = () => {
    count = 0;
    for (const read of reads) receive(read);
    if (count !== messages) throw new Error(`${count} messages instead of ${messages}`);
  };
  return { name: `receive ${kind}`, size: payload.length, messages, call };
}

/**
 * @param {string} kernel
 * @returns {Codec}
 */
function wsimdCodec(kernel) {
  const options = { kernel: /** @type {"simd" | "scalar" | "js"} */ (kernel), host: nodeRuntime.host };
  const ignore = () => {};
  const deaf = {
    onText: ignore,
    onBinary: ignore,
    onFragment: ignore,
    onPing: ignore,
    onPong: ignore,
    onClose: ignore,
  };
  return {
    receiver(onMessage) {
      const endpoint = new Endpoint(
        {
          ...deaf,
          onText: (text) => onMessage(text.length),
          onBinary: (payload) => onMessage(payload.length),
          onClose: (event) => {
            throw new Error(event.failure?.message ?? "closed");
          },
        },
        { ...options, role: "server" },
      );
      return (chunk) => {
        // The copy stands for the read.
        endpoint.readWindow.set(chunk);
        endpoint.receiveWindow(chunk.length);
      };
    },
    sender(mask) {
      const endpoint = new Endpoint(deaf, { ...options, role: mask ? "client" : "server" });
      const { outbox } = endpoint;
      return (message, times) => {
        let bytes = 0;
        outbox.cork();
        for (let i = 0; i < times; i++) {
          if (typeof message === "string") endpoint.sendText(message);
          else endpoint.sendBinary(message);
          if (outbox.queuedBytes > 0) for (const chunk of outbox.take()) bytes += chunk.length;
        }
        bytes += outbox.staged().length;
        outbox.release();
        return bytes;
      };
    },
    relay(change) {
      /** @type {Endpoint} */
      const endpoint = new Endpoint(
        { ...deaf, onText: (text) => void (typeof text === "string" && endpoint.sendText(change(text))) },
        { ...options, role: "server" },
      );
      return (chunk) => {
        endpoint.outbox.cork();
        endpoint.readWindow.set(chunk);
        endpoint.receiveWindow(chunk.length);
        const { length } = endpoint.outbox.staged();
        endpoint.outbox.release();
        return length;
      };
    },
  };
}

/**
 * The parts of `ws` that its types leave out.
 * @typedef {{ write(chunk: Buffer): void, on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): void }} WsReceiver
 * @typedef {{ send(data: string | Buffer, options: object): void }} WsSender
 * @typedef {{ Receiver: new (options: object) => WsReceiver, Sender: new (socket: object) => WsSender }} Ws
 */

/** @returns {Codec} */
function wsCodec() {
  /** @type {Ws} */
  const { Receiver, Sender } = createRequire(import.meta.url)("ws");

  /** @param {(data: Buffer, isBinary: boolean) => void} onMessage */
  function receiver(onMessage) {
    const made = new Receiver({ isServer: true });
    made.on("message", onMessage);
    // It unmasks where the bytes are and keeps them, so each read is memory of its own, as it is from a Node socket.
    return (/** @type {Buffer} */ chunk) => made.write(Buffer.from(chunk));
  }

  /** @param {(bytes: number) => void} onWrite */
  function sender(onWrite) {
    return new Sender({
      cork() {},
      uncork() {},
      /** @param {Buffer | string} chunk */
      write(chunk) {
        // A socket encodes the text that it is given, so this is part of sending it.
        onWrite(typeof chunk === "string" ? Buffer.from(chunk).length : chunk.length);
      },
    });
  }

  return {
    receiver: (onMessage) =>
      // A string where it is text, as most programs make one of it.
      receiver((data, isBinary) => onMessage(isBinary ? data.length : data.toString().length)),
    sender(mask) {
      let bytes = 0;
      const made = sender((length) => {
        bytes += length;
      });
      return (message, times) => {
        bytes = 0;
        const options = { ...WS_MESSAGE, mask, binary: typeof message !== "string" };
        for (let i = 0; i < times; i++) made.send(message, options);
        return bytes;
      };
    },
    relay(change) {
      let bytes = 0;
      const made = sender((length) => {
        bytes += length;
      });
      const options = { ...WS_MESSAGE, mask: false, binary: false };
      const receive = receiver((data) => made.send(change(data.toString()), options));
      return (chunk) => {
        bytes = 0;
        receive(chunk);
        return bytes;
      };
    },
  };
}

/** @param {Row[]} rows */
function judgeRelay(rows) {
  const [ours, theirs] = ["simd", "ws"].map(
    (name) => rows.find((row) => row.name === RELAY.name && row.subject === name)?.nsPerCall,
  );
  if (ours === undefined || theirs === undefined) return;
  const ratio = (ours / theirs).toFixed(2);
  console.log(`\n${RELAY.name}: ${ratio} of the time of ws; the target is ${RELAY_TARGET}`);
}

/** @param {Row[]} rows */
function print(rows) {
  console.log(
    `\n${"ns a message".padEnd(24)}${"bytes".padStart(9)}${SUBJECTS.map((s) => s.padStart(12)).join("")}`,
  );
  const done = new Set();
  for (const { name, size } of rows) {
    const key = `${name.padEnd(24)}${String(size).padStart(9)}`;
    if (done.has(key)) continue;
    done.add(key);
    const values = SUBJECTS.map((subject) => {
      const row = rows.find((each) => each.name === name && each.size === size && each.subject === subject);
      return (row?.nsPerCall.toFixed(0) ?? "").padStart(12);
    });
    console.log(key + values.join(""));
  }
}

if (!isMainThread && workerData?.subject !== undefined) {
  parentPort?.postMessage(await measure(workerData.subject, workerData.plan));
} else if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await run({ quick: process.argv.includes("--quick") });
}
