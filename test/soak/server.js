// A server of this package in a process of its own, on any runtime. Its parent says in JSON what it is to do, asks it how it is, a line
// of standard input for each question, and ends that; if the process then ends by itself, no socket, timer or handle was left.
//
//   node --expose-gc server.js '{"runtime": "node", "options": {…}, "mode": "echo"}'
import process from "node:process";
import { createInterface } from "node:readline";
import { sharedWorkspace } from "../../dist/memory/workspace.js";

/**
 * @typedef {"echo" | "push" | "silent"} Mode - sends each message back; sends all it can, when told to and when there is room again; does nothing
 * @typedef {{ runtime: import("./runtimes.js").RuntimeName; options: Options; mode: Mode }} Task
 * @typedef {object} ServerOptions - those that all adapters have
 * @property {{ key: string; cert: string }} [tls]
 * @property {number} [backlog] - where there is such a thing
 * @property {import("../../dist/node/index.js").Internals} [internals] - likewise
 * @typedef {ServerOptions & import("../../dist/node/index.js").SocketOptions} Options
 * @typedef {object} Report
 * @property {number} rss - bytes, after a garbage collection, like the next one
 * @property {number} held - live objects, and memory of ArrayBuffers
 * @property {number} linearMemory - length of the kernel's memory
 * @property {number} connections - open now
 * @property {number} opens
 * @property {number} closes
 * @property {number} doubles - close events of sockets that had one
 * @property {number} messages
 * @property {number} pings
 * @property {number} mostBuffered - the highest `bufferedAmount` of a socket that was seen
 * @property {string[]} strays - uncaught exceptions, and those that the error handler got; ten at most
 * @property {Record<string, number>} closeCodes
 */

/** @type {Task} */
const { runtime, options, mode } = JSON.parse(process.argv[2] ?? "{}");
const counts = { opens: 0, closes: 0, doubles: 0, messages: 0, pings: 0, mostBuffered: 0 };
/** @type {Record<string, number>} */
const closeCodes = {};
/** @type {string[]} */
const strays = [];
/** @type {WeakSet<object>} */
const closed = new WeakSet();
const PUSHED = Buffer.alloc(64 * 1024, "pushed ");

/** @param {unknown} error */
function stray(error) {
  // Peers that reset their connection are what some proofs are made of.
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ECONNRESET" || code === "EPIPE") return;
  if (strays.length < 10) strays.push(String(error));
}
process.on("uncaughtException", stray);
process.on("unhandledRejection", stray);

/** @param {import("../../dist/node/index.js").Socket} socket */
function push(socket) {
  while (socket.state === "open") {
    // Memory of its own, as it would be if each message were another one.
    const result = socket.send(Buffer.from(PUSHED));
    look(socket);
    if (result !== "sent") break;
  }
}

/** @param {import("../../dist/node/index.js").Socket} socket */
function look(socket) {
  if (socket.bufferedAmount > counts.mostBuffered) counts.mostBuffered = socket.bufferedAmount;
}

const ADAPTERS = {
  node: () => import("../../dist/node/index.js"),
  deno: () => import("../../dist/deno/index.js"),
  bun: () => import("../../dist/bun/index.js"),
};
const { serve } = await ADAPTERS[runtime]();
const { backlog, internals, ...shared } = options;
const server = await serve(
  // Bun has neither of the other two.
  { port: 0, ...(runtime === "bun" ? shared : options) },
  {
    open() {
      counts.opens++;
    },
    message(socket, data) {
      counts.messages++;
      if (mode !== "echo") return;
      socket.send(data);
      look(socket);
    },
    drain(socket) {
      if (mode === "push") push(socket);
    },
    ping(socket) {
      counts.pings++;
      look(socket);
    },
    close(socket, event) {
      counts.closes++;
      if (closed.has(socket)) counts.doubles++;
      closed.add(socket);
      closeCodes[event.code] = (closeCodes[event.code] ?? 0) + 1;
    },
    error(_, error) {
      stray(error);
    },
  },
);

/** What `process.memoryUsage` tells; it reads a file, so that it fails where there are no descriptors. */
function memoryUsage() {
  try {
    return process.memoryUsage();
  } catch {
    return { rss: 0, heapUsed: 0, arrayBuffers: 0, external: 0 };
  }
}

function collectGarbage() {
  const bun = Reflect.get(globalThis, "Bun");
  // The second finds what the finalizers of the first let go.
  for (let i = 0; i < 2; i++) {
    if (runtime === "bun") bun.gc(true);
    else globalThis.gc?.();
  }
}

/** @returns {Report} */
function report() {
  for (const socket of server.connections.values()) look(socket);
  collectGarbage();
  const { rss, heapUsed, arrayBuffers, external } = memoryUsage();
  // Each runtime counts ArrayBuffers somewhere else; Bun with the heap.
  const buffers = { node: arrayBuffers, deno: external, bun: 0 }[runtime];
  return {
    ...counts,
    rss,
    held: heapUsed + buffers,
    linearMemory: sharedWorkspace(options.kernel).linear.memory.buffer.byteLength,
    connections: server.connections.size,
    strays,
    closeCodes,
  };
}

/** @param {object} answer */
function tell(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

tell({ port: server.port });
for await (const command of createInterface({ input: process.stdin })) {
  if (command === "push") for (const socket of server.connections.values()) push(socket);
  tell(report());
}
await server.close({ timeoutMs: 1000 });
