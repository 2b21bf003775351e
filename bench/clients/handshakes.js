// Opens connections one after the other, some at once, and drops each when the handshake is answered:
//   node handshakes.js PORT SECONDS tcp|tls
// Prints the number of handshakes and the seconds they took as JSON.
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";

const [port = 0, seconds = 0] = process.argv.slice(2).map(Number);
const isTls = process.argv[4] === "tls";
const CONCURRENT = 32;
const REQUEST = Buffer.from(
  [
    "GET /chat?room=1 HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Connection: Upgrade",
    "Pragma: no-cache",
    "Cache-Control: no-cache",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Upgrade: websocket",
    "Origin: http://127.0.0.1",
    "Sec-WebSocket-Version: 13",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    "\r\n",
  ].join("\r\n"),
);
const SWITCHING = Buffer.from("HTTP/1.1 101");

const buffer = Buffer.alloc(4096);
let count = 0;
let over = false;

function open() {
  if (over) return;
  /** @param {Uint8Array} chunk */
  const answered = (chunk) => {
    if (SWITCHING.compare(chunk, 0, SWITCHING.length) !== 0) die("the answer is not 101");
    count++;
    if (isTls) socket.destroy();
    // A reset leaves no port in TIME_WAIT, of which there would soon be too many.
    else socket.resetAndDestroy();
    return false;
  };
  const target = { port, host: "127.0.0.1", noDelay: true };
  const socket = isTls
    ? connectTls({ ...target, rejectUnauthorized: false }).once("data", answered)
    : connect({ ...target, onread: { buffer, callback: (_length, chunk) => answered(chunk) } });
  socket.on(isTls ? "secureConnect" : "connect", () => socket.write(REQUEST));
  socket.on("error", (error) => die(error.message));
  socket.on("close", open);
}

/** @param {string} why */
function die(why) {
  console.error(`handshakes: ${why}`);
  process.exit(1);
}

const start = performance.now();
for (let i = 0; i < CONCURRENT; i++) open();
setTimeout(() => {
  over = true;
  console.log(JSON.stringify({ count, seconds: (performance.now() - start) / 1000 }));
  process.exit(0);
}, seconds * 1000);
