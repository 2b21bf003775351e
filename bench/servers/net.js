// The floor for memory and for broadcasts: bare sockets, of which each gets a canned answer to the handshake and to all
// bytes that come behind it.
import { createServer } from "node:net";
import { listening } from "./lifecycle.js";
import { switching } from "./switching.js";

/** A binary message of 20 bytes. */
const REPLY = Buffer.from([0x82, 20, ...Buffer.alloc(20, "x")]);
const GET = 0x47;

/** @type {Set<import("node:net").Socket>} */
const sockets = new Set();

/**
 * @this {import("node:net").Socket}
 * @param {Buffer} chunk
 */
function onData(chunk) {
  if (chunk[0] !== GET) {
    this.write(REPLY);
    return;
  }
  this.write(switching(chunk));
}

/** @this {import("node:net").Socket} */
function onClose() {
  sockets.delete(this);
}

function onError() {}

const server = createServer({ noDelay: true }, (socket) => {
  sockets.add(socket);
  socket.on("data", onData);
  socket.on("close", onClose);
  socket.on("error", onError);
});
server.listen(0, "127.0.0.1", 511, () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  listening(address.port, (payload) => {
    const frame = Buffer.concat([Buffer.from([0x82, payload.length]), payload]);
    for (const socket of sockets) socket.write(frame);
  });
});
