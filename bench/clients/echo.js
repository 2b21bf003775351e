// A client under load, measured like a server: this package's or that of `ws`, against one that echoes.
//   node echo.js wsimd|ws URL CONNECTIONS SIZE DEPTH SECONDS
// Prints messages and its own CPU time within the window as JSON.
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { shipped } from "../servers/lifecycle.js";

const [name = "", url = "", ...numbers] = process.argv.slice(2);
const [connections = 0, size = 0, depth = 0, seconds = 0] = numbers.map(Number);
const WARMUP_MS = 700;

const payload = Buffer.alloc(size);
for (let i = 0; i < size; i++) payload[i] = (i * 167) >>> 2;
let messages = 0;

/** @type {(() => void)[]} */
const starts = [];

async function openWsimd() {
  /** @type {typeof import("../../dist/node/index.js")} */
  const { connect } = await import(shipped("node"));
  const socket = await connect(
    url,
    {},
    {
      message(self) {
        messages++;
        self.send(payload);
      },
      close: () => die("a connection closed"),
    },
  );
  starts.push(() => {
    for (let i = 0; i < depth; i++) socket.send(payload);
  });
}

async function openWs() {
  const { WebSocket } = await import("ws");
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await new Promise((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("error", reject);
  });
  socket.on("message", () => {
    messages++;
    socket.send(payload);
  });
  socket.on("close", () => die("a connection closed"));
  starts.push(() => {
    for (let i = 0; i < depth; i++) socket.send(payload);
  });
}

/** @param {string} why */
function die(why) {
  console.error(`echo client: ${why}`);
  process.exit(1);
}

for (let i = 0; i < connections; i++) await (name === "wsimd" ? openWsimd() : openWs());
for (const start of starts) start();
await sleep(WARMUP_MS);
const before = process.cpuUsage();
const messagesBefore = messages;
const start = performance.now();
await sleep(seconds * 1000);
const { user, system } = process.cpuUsage(before);
const count = messages - messagesBefore;
console.log(
  JSON.stringify({ messages: count, cpuUs: user + system, seconds: (performance.now() - start) / 1000 }),
);
process.exit(0);
