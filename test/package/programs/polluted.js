// Puts something on `Object.prototype`, and looks whether wsimd goes on as if it were not there.
//
//   polluted.js ENTRY MOMENT KEY...
//
// ENTRY is node, deno, bun or streams. MOMENT says when it comes: "import", before wsimd is imported; "serve", before a server is made; "run",
// while it serves, one key after the other. Prints "ok", or what went otherwise.
import "node:async_hooks";
import { createServer } from "node:http";
import "node:module";
import "node:net";
import "node:tls";

const [entry = "", moment = "", ...keys] = process.argv.slice(2);
const dist = new URL("../../../dist/", import.meta.url);
const TEXT = "text that is longer than one byte";

/** What would do most if it were taken for an option. @type {Record<string, unknown>} */
const VALUES = {
  borrow: true,
  fetch: () => new Response("polluted"),
  fd: 0,
  headers: { "X-Polluted": "yes" },
  kernel: "js",
  limits: { maxMessageBytes: 1 },
  maxConnections: 1,
  maxMessageBytes: 1,
  message: () => stop("the polluted message was called"),
  error: () => stop("the polluted error was called"),
  origins: ["https://other.example"],
  deliver: "fragment",
  reconnect: { minDelayMs: 1, maxDelayMs: 1 },
  discardAfterClose: true,
  status: 418,
  timeouts: { handshakeMs: 1 },
  tls: { key: "", cert: "" },
  upgrade: () => ({ status: 418 }),
};

/** @param {string} key */
function pollute(key) {
  const value = Object.hasOwn(VALUES, key) ? VALUES[key] : "polluted";
  // Enumerable, as an assignment leaves it, and those of `value`, `get` and `set` that are there already.
  Object.defineProperty(Object.prototype, key, {
    // @ts-expect-error: no type has this
    __proto__: null,
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

/** @type {(outcome: string) => void} */
const say = console.log.bind(console);
// Makes the stream behind it.
say("");

/** @param {unknown} error */
const described = (error) => (error instanceof Error ? `${error.stack}` : String(error));
process.on("uncaughtException", (error) => stop(`uncaught: ${described(error)}`));
process.on("unhandledRejection", (error) => stop(`unhandled: ${described(error)}`));

/** @param {string} outcome */
function stop(outcome) {
  say(outcome);
  process.exit();
}

const httpServer = createServer();
await new Promise((resolve) => httpServer.listen(0, "127.0.0.1", () => resolve(undefined)));
const address = httpServer.address();
const httpPort = typeof address === "object" ? address?.port : 0;

/** @typedef {(options: object, handlers: object) => Promise<import("../../../src/node/index.js").Socket>} Connect */

if (moment === "import") for (const key of keys) pollute(key);
const wsimd = await import(new URL(`${entry}/index.js`, dist).href);
const { Connection } = await import(new URL("index.js", dist).href);
if (moment === "serve") for (const key of keys) pollute(key);

const connects = entry === "streams" ? streams() : await sockets();
for (const connect of connects) await trip(connect);
if (moment === "run") {
  for (const key of keys) {
    pollute(key);
    for (const connect of connects) await trip(connect);
    codec();
    Reflect.deleteProperty(Object.prototype, key);
  }
}
codec();
stop("ok");

/** @returns {Promise<Connect[]>} the ways to servers that send everything back */
async function sockets() {
  const server = await wsimd.serve({ port: 0, host: "127.0.0.1" }, echo());
  const urls = [server.url];
  if (entry === "node") {
    wsimd.attach(httpServer, { path: "/attached" }, echo());
    const sockets = wsimd.createServer({}, echo());
    httpServer.on("upgrade", (request, socket, head) => {
      if (request.url === "/upgraded") sockets.upgrade(request, socket, head);
    });
    // Node makes the sockets that it accepts with options that inherit.
    if (!keys.includes("signal")) {
      urls.push(`ws://127.0.0.1:${httpPort}/attached`, `ws://127.0.0.1:${httpPort}/upgraded`);
    }
  }
  return urls.map((url) => (options, handlers) => wsimd.connect(url, options, handlers));
}

/** @returns {Connect[]} */
function streams() {
  const server = wsimd.createServer({}, echo());
  return [
    (options, handlers) => {
      const there = new TransformStream();
      const back = new TransformStream();
      server.accept({ readable: there.readable, writable: back.writable });
      const ours = { readable: back.readable, writable: there.writable };
      return wsimd.connect(ours, "ws://x/", options, handlers);
    },
  ];
}

/** @param {unknown} _socket @param {unknown} error */
function failed(_socket, error) {
  stop(`error: ${described(error)}`);
}

function echo() {
  return {
    /** @param {import("../../../src/node/index.js").Socket} socket @param {string | Uint8Array} data */
    message: (socket, data) => void socket.send(data),
    error: failed,
  };
}

/** Text and bytes there and back, and a clean end. @param {Connect} connect */
async function trip(connect) {
  /** @type {(value: unknown) => void} */
  let tell = () => {};
  const next = () =>
    new Promise((resolve) => {
      tell = resolve;
    });
  const handlers = {
    /** @param {unknown} _socket @param {string | Uint8Array} data */
    message: (_socket, data) => tell(typeof data === "string" ? data : data.length),
    /** @param {unknown} _socket @param {import("../../../src/node/index.js").CloseEvent} event */
    close: (_socket, { code, wasClean }) => tell(`${code} ${wasClean}`),
    error: failed,
  };
  const socket = await connect({}, handlers);
  const came = [];
  let coming = next();
  socket.send(TEXT);
  came.push(await coming);
  coming = next();
  socket.send(new Uint8Array(1000));
  came.push(await coming);
  coming = next();
  socket.close(1000);
  came.push(await coming);
  if (came.join() !== `${TEXT},1000,1000 true`) stop(`came: ${came}`);
  const { kernel } = wsimd.socketInternals(socket);
  if (kernel !== "simd") stop(`the kernel is ${kernel}`);
}

/** The codec by itself. */
function codec() {
  const client = new Connection({ role: "client" });
  const server = new Connection({ role: "server" });
  client.sendText(TEXT);
  client.close(1000);
  const came = [];
  for (const bytes of client.takeOutput()) for (const event of server.receive(bytes)) came.push(event);
  const [text, close] = came;
  if (text?.text !== TEXT || close?.code !== 1000) stop(`the codec: ${came.length} events`);
}
