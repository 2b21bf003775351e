// Sends messages at a steady rate, whatever the server does, and measures how late the replies are:
//   node steady.js PORT PID CONNECTIONS RATE BYTES SECONDS
// Prints latencies, counted from when each message was due, and the server's CPU time for each message as JSON.
import { connect } from "node:net";
import { Histogram } from "../../dist/cli/load/histogram.js";
import { makePayload, maskedFrame } from "../../dist/cli/load/messages.js";
import { cpuMs } from "../programs.js";

const [port = 0, pid = 0, connections = 0, rate = 0, bytes = 0, seconds = 0] = process.argv
  .slice(2)
  .map(Number);
const WARMUP_MS = 1000;
const MOST_LATE_SECONDS = 0.5;
const REQUEST = [
  "GET / HTTP/1.1",
  `Host: 127.0.0.1:${port}`,
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  "Sec-WebSocket-Version: 13",
  "\r\n",
].join("\r\n");
const FRAME = maskedFrame(2, makePayload("binary", bytes));
/** The reply has no masking key. */
const REPLY_BYTES = FRAME.length - 4;

const latency = new Histogram();
const buffer = Buffer.alloc(64 * 1024);
let measuring = false;
let replies = 0;

/** @returns {Promise<{ send(due: number): void }>} */
function open() {
  /** When each message that is under way was due, the oldest first. @type {number[]} */
  const due = [];
  let isOpen = false;
  let came = 0;
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer,
        callback(length) {
          if (!isOpen) {
            isOpen = true;
            resolve({
              send(at) {
                due.push(at);
                socket.write(FRAME);
              },
            });
            return true;
          }
          came += length;
          const now = performance.now();
          for (; came >= REPLY_BYTES; came -= REPLY_BYTES) {
            const at = due.shift() ?? now;
            if (!measuring) continue;
            replies++;
            latency.record(now - at);
          }
          return true;
        },
      },
    });
    socket.on("connect", () => socket.write(REQUEST));
    socket.on("error", reject);
    socket.on("close", () => die("the server closed a connection"));
  });
}

/** @param {string} why */
function die(why) {
  console.error(`steady: ${why}`);
  process.exit(1);
}

/** @type {Awaited<ReturnType<typeof open>>[]} */
const sockets = [];
for (let i = 0; i < connections; i++) sockets.push(await open());

const start = performance.now();
let sent = 0;
function tick() {
  const now = performance.now();
  const wanted = Math.floor(((now - start) * rate) / 1000);
  if (wanted - sent > rate * MOST_LATE_SECONDS)
    die("this program can't keep up with its rate; is the machine busy?");
  for (; sent < wanted; sent++) sockets[sent % connections]?.send(start + (sent * 1000) / rate);
}
setInterval(tick, 1);

setTimeout(() => {
  measuring = true;
  const before = cpuMs(pid);
  setTimeout(() => {
    const result = {
      cpuUsPerMessage: ((cpuMs(pid) - before) * 1000) / replies,
      messagesPerSecond: replies / seconds,
      p50Us: latency.quantileUs(0.5),
      p99Us: latency.quantileUs(0.99),
      p999Us: latency.quantileUs(0.999),
      maxUs: latency.maxUs,
    };
    console.log(JSON.stringify(result));
    process.exit(0);
  }, seconds * 1000);
}, WARMUP_MS);
