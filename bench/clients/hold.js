// Opens connections, sends one message of 20 bytes on each, waits for the answers and then holds the connections:
//   node hold.js PORT CONNECTIONS
// Prints `holding N`. On standard input, `count` makes it print how many bytes came since, and the end of it ends the program.
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { createInterface } from "node:readline";

const [port = 0, connections = 0] = process.argv.slice(2).map(Number);
const CONCURRENT = 200;
const REQUEST = [
  "GET / HTTP/1.1",
  `Host: 127.0.0.1:${port}`,
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
  "Sec-WebSocket-Version: 13",
  "\r\n",
].join("\r\n");
const MESSAGE = Buffer.from([0x82, 0x80 | 20, 1, 2, 3, 4, ...Buffer.alloc(20, "m")]);

const buffer = Buffer.alloc(64 * 1024);
let started = 0;
let ready = 0;
let bytes = 0;

function open() {
  if (started === connections) return;
  started++;
  let stage = 0;
  const socket = connect({
    port,
    host: "127.0.0.1",
    noDelay: true,
    onread: {
      buffer,
      callback(length) {
        bytes += length;
        if (stage === 0) socket.write(MESSAGE);
        else if (stage === 1) opened();
        stage++;
        return true;
      },
    },
  });
  socket.on("connect", () => socket.write(REQUEST));
  socket.on("error", (error) => die(error.message));
  socket.on("close", () => die("the server closed a connection"));
}

function opened() {
  ready++;
  if (ready < connections) return open();
  bytes = 0;
  console.log(`holding ${ready}`);
}

/** @param {string} why */
function die(why) {
  console.error(`hold: ${why}, with ${ready} of ${connections} connections open`);
  process.exit(1);
}

for (let i = 0; i < CONCURRENT; i++) open();
const lines = createInterface({ input: process.stdin });
lines.on("line", () => console.log(String(bytes)));
lines.on("close", () => process.exit(0));
