// Servers and clients of wsimd/ws in one process of a runtime. Prints what fails, and how many checks there are.
// Arguments: the module, and a certificate with its key in PEM.
import { Buffer } from "node:buffer";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import process from "node:process";
import { Readable } from "node:stream";

const [, , module = "", cert = "", key = ""] = process.argv;
/** @type {typeof import("../../src/ws/index.js")} */
const { WebSocket, WebSocketServer, createWebSocketStream } = await import(module);

/** @typedef {InstanceType<typeof WebSocket>} Socket */

/** Longest that a check may take. */
const PATIENCE_MS = 10_000;

const certificate = { cert, key };
const LARGE = Buffer.alloc(1 << 20, "abcdef");

/** @param {unknown} actual @param {unknown} expected */
function same(actual, expected) {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (found !== wanted) throw new Error(`${found} instead of ${wanted}`);
}

/** @param {Socket} socket @returns {Promise<void>} */
const opened = (socket) =>
  new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });

/** @param {Socket} socket */
const addressOf = (socket) => Reflect.get(Object(socket._socket), "remoteAddress");

/** @param {Socket} socket @returns {Promise<string>} */
const message = (socket) => new Promise((resolve) => socket.once("message", (data) => resolve(`${data}`)));

/**
 * What a client tells up to 'close'.
 * @param {Socket} socket
 * @returns {Promise<string[]>}
 */
function story(socket) {
  /** @type {string[]} */
  const events = [];
  socket.on("open", () => events.push("open"));
  socket.on("error", (error) => events.push(error.message));
  return new Promise((resolve) => {
    socket.on("close", (code, reason) => resolve([...events, `${code} ${reason}`]));
  });
}

/** A client that is open already does what its path says. @param {Socket} socket @param {http.IncomingMessage} request */
function connected(socket, request) {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  if (request.url === "/close") socket.close(4001, "bye");
  if (request.url === "/terminate") socket.terminate();
  if (request.url === "/headers") socket.send(JSON.stringify(request.headers));
  if (request.url === "/last") {
    socket.send("last");
    socket.terminate();
  }
  if (request.url === "/ping") {
    socket.on("pong", (data) => socket.send(`pong ${data}`));
    socket.ping("hey");
  }
}

/** Requests that no WebSocket comes of. @param {http.IncomingMessage} request @param {import("node:stream").Duplex} socket */
function refused({ url }, socket) {
  if (url === "/401")
    socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  else if (url === "/redirect")
    socket.end("HTTP/1.1 302 Found\r\nLocation: /headers\r\nConnection: close\r\n\r\n");
  else if (url === "/hangup") socket.end();
  return url === "/401" || url === "/redirect" || url === "/hangup" || url === "/silent";
}

/** @param {http.Server | https.Server} server */
function attach(server) {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => {});
    if (refused(request, socket)) return;
    sockets.handleUpgrade(request, socket, head, (websocket) => connected(websocket, request));
  });
  return server;
}

/** @param {{ address(): unknown }} server */
const portOf = (server) => Reflect.get(Object(server.address()), "port");

const onPort = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true });
onPort.on("connection", connected);
const plain = attach(http.createServer((_, response) => response.end("plain")));
const secure = attach(https.createServer(certificate));
await Promise.all([
  new Promise((resolve) => onPort.once("listening", () => resolve(undefined))),
  new Promise((resolve) => plain.listen(0, "127.0.0.1", () => resolve(undefined))),
  new Promise((resolve) => secure.listen(0, "127.0.0.1", () => resolve(undefined))),
]);
const PORT = `ws://127.0.0.1:${portOf(onPort)}`;
const SERVER = `ws://127.0.0.1:${portOf(plain)}`;
const SECURE = `wss://127.0.0.1:${portOf(secure)}`;

/** @param {string} address @param {import("../../src/ws/client-options.js").ClientOptions} [options] */
async function echoes(address, options = {}) {
  const socket = new WebSocket(address, options);
  const whole = story(socket);
  await opened(socket);
  for (const data of ["text é", Buffer.from("bytes"), LARGE]) {
    const answer = message(socket);
    socket.send(data);
    same((await answer) === `${data}`, true);
  }
  socket.close(4000, "done");
  same(await whole, ["open", "4000 done"]);
  return socket;
}

/** What is sent back for raw bytes, until it ends with a text. @param {number} port @param {Uint8Array} bytes @param {string} end */
function exchange(port, bytes, end) {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = net.connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
      if (!answer.endsWith(end)) return;
      socket.destroy();
      resolve(answer);
    });
  });
}

const EARLY_FRAME = Buffer.concat([
  Buffer.from(
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  ),
  Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x78]),
]);

/** @type {Record<string, () => Promise<unknown>>} */
const checks = {
  "echoes on a port": () => echoes(PORT, { perMessageDeflate: false }),
  "echoes on a server": () => echoes(SERVER, { perMessageDeflate: false }),
  "echoes on a port, compressed": async () => same((await echoes(PORT)).extensions, "permessage-deflate"),
  "echoes on a server, compressed": async () => same((await echoes(SERVER)).extensions, "permessage-deflate"),
  "echoes with TLS": () => echoes(SECURE, { ca: cert, servername: "localhost" }),
  "echoes to many": () => Promise.all(Array.from({ length: 50 }, (_, i) => echoes(i % 2 ? PORT : SERVER))),
  "takes bytes behind a request on a port": () => exchange(portOf(onPort), EARLY_FRAME, "\x81\x01x"),
  "takes bytes behind a request on a server": () => exchange(portOf(plain), EARLY_FRAME, "\x81\x01x"),
  "hands out the socket": async () => {
    for (const address of [PORT, SERVER]) {
      const socket = new WebSocket(address);
      await opened(socket);
      same(addressOf(socket), "127.0.0.1");
      socket.terminate();
    }
    for (const each of onPort.clients ?? []) same(addressOf(each), "127.0.0.1");
  },
  "is closed by the server": async () =>
    same(await story(new WebSocket(`${PORT}/close`)), ["open", "4001 bye"]),
  "is terminated by the server": async () =>
    same(await story(new WebSocket(`${PORT}/terminate`)), ["open", "1006 "]),
  "gets what was sent before": async () =>
    same(await message(new WebSocket(`${PORT}/last`, { perMessageDeflate: false })), "last"),
  "answers pings": async () => {
    const socket = new WebSocket(`${SERVER}/ping`);
    same(await message(socket), "pong hey");
    socket.terminate();
  },
  "sends in order, and tells when": async () => {
    const socket = new WebSocket(PORT);
    await opened(socket);
    /** @type {number[]} */
    const order = [];
    await new Promise((resolve) => {
      socket.send("a", () => order.push(1));
      socket.send("b", () => resolve(order.push(2)));
      order.push(0);
    });
    same(order, [0, 1, 2]);
    socket.terminate();
  },
  "fails at a status": async () =>
    same(await story(new WebSocket(`${SERVER}/401`)), ["Unexpected server response: 401", "1006 "]),
  "fails at a hang-up": async () =>
    same(await story(new WebSocket(`${SERVER}/hangup`)), ["socket hang up", "1006 "]),
  "fails at a silent server": async () => {
    const socket = new WebSocket(`${SERVER}/silent`, { handshakeTimeout: 50 });
    same(await story(socket), ["Opening handshake has timed out", "1006 "]);
  },
  "fails at a certificate": async () => same((await story(new WebSocket(SECURE))).length, 2),
  "follows a redirect": async () => {
    const options = { followRedirects: true, headers: { cookie: "a=b" } };
    const socket = new WebSocket(`${SERVER}/redirect`, options);
    same(JSON.parse(await message(socket)).cookie, "a=b");
    socket.terminate();
  },
  "is closed early": async () => {
    const early = "WebSocket was closed before the connection was established";
    const loud = new WebSocket(`${SERVER}/silent`);
    const heard = story(loud);
    loud.close();
    same(await heard, [early, "1006 "]);
    const quiet = new WebSocket(`${SERVER}/silent`, { quietClose: true });
    const unheard = story(quiet);
    setTimeout(() => quiet.close(), 20);
    same(await unheard, ["1006 "]);
  },
  "is aborted": async () => {
    const controller = new AbortController();
    const socket = new WebSocket(`${SERVER}/silent`, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    same(await story(socket), ["The operation was aborted", "1006 "]);
  },
  "takes a connection of the caller's": () =>
    echoes("ws://nowhere.invalid/", { createConnection: () => net.connect(portOf(plain), "127.0.0.1") }),
  "takes an agent": () => echoes(SERVER, { agent: new http.Agent({ keepAlive: true }) }),
  "pauses and resumes": async () => {
    const socket = new WebSocket(PORT, { perMessageDeflate: false });
    await opened(socket);
    let count = 0;
    socket.on("message", () => count++);
    socket.pause();
    for (let i = 0; i < 10; i++) socket.send(LARGE);
    // On Deno, reads that are under way still arrive.
    await new Promise((resolve) => setTimeout(resolve, 50));
    same(count, 0);
    socket.resume();
    socket.send("", () => socket.close());
    await story(socket);
    same(count, 11);
  },
  "is a stream": async () => {
    const stream = createWebSocketStream(new WebSocket(SERVER));
    const parts = Array.from({ length: 16 }, (_, i) => LARGE.subarray(i << 16, (i + 1) << 16));
    Readable.from(parts).pipe(stream, { end: false });
    /** @type {Buffer[]} */
    const back = [];
    await new Promise((resolve, reject) => {
      stream.on("error", reject);
      stream.on("close", resolve);
      stream.on("data", (chunk) => {
        back.push(chunk);
        if (Buffer.concat(back).length === LARGE.length) stream.end();
      });
    });
    same(Buffer.concat(back).equals(LARGE), true);
  },
};

for (const [name, check] of Object.entries(checks)) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("it takes too long")), PATIENCE_MS);
  });
  try {
    await Promise.race([check(), late]);
  } catch (error) {
    console.log(`${name}: ${error}`);
  }
  clearTimeout(timer);
}
console.log(`${Object.keys(checks).length} checks`);
process.exit();
