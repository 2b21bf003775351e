// Clients of Socket.IO, in the protocol of version 5, that get each of their events back:
//   node socketio.js PORT CONNECTIONS BYTES DEPTH
// Prints `holding N`. On standard input, `load SECONDS` sends events of BYTES bytes, DEPTH at a time on each connection,
// and prints how many came back.
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { maskedFrame } from "../../dist/cli/load/messages.js";
import { Connection } from "../../dist/index.js";

const [port = 0, connections = 0, bytes = 0, depth = 1] = process.argv.slice(2).map(Number);
const REQUEST = [
  "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
  `Host: 127.0.0.1:${port}`,
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
  "Sec-WebSocket-Version: 13",
  "\r\n",
].join("\r\n");
/** Packets of Engine.IO, and in its messages (4) those of Socket.IO. */
const PING = "2";
const PONG = maskedFrame(1, Buffer.from("3"));
const CONNECT = maskedFrame(1, Buffer.from("40"));
const CONNECTED = "40";
const EVENT = "42";
const HEAD_END = Buffer.from("\r\n\r\n");

const event = maskedFrame(1, Buffer.from(eventOf(bytes)));
/** @type {Client[]} */
const clients = [];
let running = false;
let count = 0;
let underWay = 0;

/**
 * An event of so many bytes on the wire.
 * @param {number} length
 */
function eventOf(length) {
  const data = { room: "lobby", user: "ada", text: "" };
  const empty = `${EVENT}${JSON.stringify(["event", data])}`.length;
  data.text = "It is so quiet here today. ".repeat(length).slice(0, length - empty);
  return `${EVENT}${JSON.stringify(["event", data])}`;
}

class Client {
  #socket = connect({ port, host: "127.0.0.1", noDelay: true });
  #connection = new Connection({ role: "client" });
  #switched = false;
  #joined = false;

  constructor() {
    this.#socket.on("connect", () => this.#socket.write(REQUEST));
    this.#socket.on("data", (chunk) => this.#received(chunk));
    this.#socket.on("error", (error) => die(error.message));
    this.#socket.on("close", () => die("the server closed a connection"));
  }

  /** @param {Buffer} chunk */
  #received(chunk) {
    let frames = chunk;
    if (!this.#switched) {
      const end = chunk.indexOf(HEAD_END);
      if (end < 0) die("no answer to the handshake in one read");
      this.#switched = true;
      frames = chunk.subarray(end + HEAD_END.length);
      this.#socket.write(CONNECT);
    }
    let due = 0;
    for (const each of this.#connection.receive(frames)) {
      if (each.type !== "text") die(`a frame of the type ${each.type}`);
      else if (each.text.startsWith(EVENT)) due++;
      else if (each.text === PING) this.#socket.write(PONG);
      else if (each.text.startsWith(CONNECTED)) this.#join();
    }
    if (due > 0) came(this, due);
  }

  #join() {
    if (this.#joined) return;
    this.#joined = true;
    joined();
  }

  /** @param {number} events */
  send(events) {
    underWay += events;
    this.#socket.write(events === 1 ? event : Buffer.concat(Array.from({ length: events }, () => event)));
  }
}

let ready = 0;
function joined() {
  if (++ready === connections) console.log(`holding ${ready}`);
}

/**
 * Events came back to a client.
 * @param {Client} client
 * @param {number} events
 */
function came(client, events) {
  count += events;
  underWay -= events;
  if (running) client.send(events);
  else if (underWay === 0) console.log(String(count));
}

/** @param {number} seconds */
function load(seconds) {
  count = 0;
  running = true;
  for (const client of clients) client.send(depth);
  setTimeout(() => {
    running = false;
  }, seconds * 1000);
}

/** @param {string} why */
function die(why) {
  console.error(`socketio: ${why}`);
  process.exit(1);
}

for (let i = 0; i < connections; i++) clients.push(new Client());
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => load(Number(line.split(" ")[1])));
lines.on("close", () => process.exit(0));
