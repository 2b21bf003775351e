// A relay without sockets: sixteen text messages in a read, each parsed as JSON and sent on, by this package's Endpoint and by the Receiver
// and Sender of `ws`. Each measurement has a thread of its own, in which the engine sees one codec only.
import { createRequire } from "node:module";
import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { AGAIN, FIRST } from "./noise.js";

const DEPTH = 16;
const BYTES = 200;
const SUBJECTS = [FIRST, "ws", AGAIN];
const CELL = `relay/${BYTES}/${DEPTH}`;
/** Reads in a sample, of which the fastest counts: other work on the machine does not change it. */
const READS = 20;

/** @param {boolean} quick */
function plan(quick) {
  return quick ? { rounds: 2, seconds: 0.4 } : { rounds: 6, seconds: 0.8 };
}

/** @type {import("./echo.js").Section} */
export const relay = {
  name: "relay",
  what: "the codec alone, as a relay of JSON",
  seconds(quick) {
    const { rounds, seconds } = plan(quick);
    return rounds * SUBJECTS.length * (seconds + 0.2);
  },
  async run({ quick, progress, record, failed }) {
    const { rounds, seconds } = plan(quick);
    for (let round = 0; round < rounds; round++) {
      for (const subject of SUBJECTS) {
        progress.step(`${CELL}  ${subject}  round ${round + 1}`, seconds + 0.2);
        try {
          record(CELL, subject, "nsPerMessage", await inThread(subject, seconds));
        } catch (error) {
          failed(CELL, subject, error);
        }
      }
    }
  },
};

/**
 * @param {string} subject
 * @param {number} seconds
 * @returns {Promise<number>} nanoseconds for a message
 */
function inThread(subject, seconds) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { relayOf: subject, seconds } });
    worker.on("message", resolve);
    worker.on("error", reject);
  });
}

/**
 * @param {string} subject
 * @param {number} seconds
 */
async function measure(subject, seconds) {
  const { maskedFrame } = await import("../dist/cli/load/messages.js");
  const frame = maskedFrame(1, Buffer.from(chatMessage()));
  const read = Buffer.concat(Array.from({ length: DEPTH }, () => frame));
  const answer = await (subject === "ws" ? wsRelay() : wsimdRelay());
  const end = performance.now() + seconds * 1000;
  let least = Number.POSITIVE_INFINITY;
  while (performance.now() < end) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < READS; i++) {
      const bytes = answer(read);
      if (bytes !== DEPTH * (BYTES + 4)) throw new Error(`${bytes} bytes came out of it`);
    }
    least = Math.min(least, Number(process.hrtime.bigint() - start));
  }
  return least / (READS * DEPTH);
}

/** What a client of a chat sends. */
function chatMessage() {
  const message = { type: "message", room: "lobby", user: "ada", text: "" };
  message.text = "It is so quiet here today. ".repeat(BYTES).slice(0, BYTES - JSON.stringify(message).length);
  return JSON.stringify(message);
}

/** @returns {Promise<(read: Buffer) => number>} the bytes that it wrote */
async function wsimdRelay() {
  const { Endpoint } = await import("../dist/index.js");
  const { nodeRuntime } = await import("../dist/node/host.js");
  const ignore = () => {};
  const endpoint = new Endpoint(
    {
      onText(text) {
        if (typeof text !== "string") throw new Error("text came as bytes");
        JSON.parse(text);
        endpoint.sendText(text);
      },
      onBinary: ignore,
      onFragment: ignore,
      onPing: ignore,
      onPong: ignore,
      onClose: ignore,
    },
    { role: "server", host: nodeRuntime.host },
  );
  const { outbox } = endpoint;
  return (read) => {
    // The copy stands for the read of a socket, which is into this memory.
    endpoint.readWindow.set(read);
    outbox.cork();
    endpoint.receiveWindow(read.length);
    let bytes = 0;
    if (outbox.queuedBytes > 0) for (const chunk of outbox.take()) bytes += chunk.length;
    bytes += outbox.staged().length;
    outbox.release();
    return bytes;
  };
}

/**
 * The parts of `ws` that its types leave out.
 * @typedef {{ write(chunk: Buffer): void, on(event: "message", listener: (data: Buffer) => void): void }} WsReceiver
 * @typedef {{ send(data: string, options: object): void }} WsSender
 * @typedef {{ Receiver: new (options: object) => WsReceiver, Sender: new (socket: object) => WsSender }} Ws
 */

/** @returns {(read: Buffer) => number} the bytes that it wrote */
function wsRelay() {
  /** @type {Ws} */
  const { Receiver, Sender } = createRequire(import.meta.url)("ws");
  let bytes = 0;
  const socket = {
    cork() {},
    uncork() {},
    /** @param {Buffer | string} chunk */
    write(chunk) {
      // A socket encodes the text that it is given, so this is part of sending it.
      bytes += typeof chunk === "string" ? Buffer.from(chunk).length : chunk.length;
    },
  };
  const sender = new Sender(socket);
  const options = { fin: true, rsv1: false, compress: false, mask: false, binary: false };
  const receiver = new Receiver({ isServer: true, allowSynchronousEvents: true });
  receiver.on("message", (data) => {
    const text = data.toString();
    JSON.parse(text);
    sender.send(text, options);
  });
  return (read) => {
    bytes = 0;
    // It unmasks where the bytes are and keeps them, so each read is memory of its own, as it is from a Node socket.
    receiver.write(Buffer.from(read));
    return bytes;
  };
}

if (!isMainThread && workerData?.relayOf !== undefined) {
  parentPort?.postMessage(await measure(workerData.relayOf, workerData.seconds));
}
