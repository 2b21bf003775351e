// What people report of other WebSocket libraries that takes a process of its own to try: docs/evidence.md has where.
import assert from "node:assert/strict";
import { afterEach, describe, test } from "vitest";
import { killPrograms, Program } from "../support/program.js";
import { runtimeBinary } from "../support/runtimes.js";

afterEach(killPrograms);

/** What runtimes run, as users do: what was built. */
const built = (name: string): string => new URL(`../../dist/${name}/index.js`, import.meta.url).href;

/** Runs a program that ends by itself, and returns what it said. */
async function run(file: string, args: readonly string[]): Promise<string> {
  const program = new Program(file, args);
  const exit = await program.exit;
  assert.deepEqual(exit, { code: 0, signal: null }, program.stderr);
  return program.stdout;
}

/** A server and a client in one process: text there and back, then both close in all ways, and nothing else ends the process. */
const echoProgram = (name: string): string => `
  import { connect, serve, socketInternals } from ${JSON.stringify(built(name))};
  const server = await serve({ host: "127.0.0.1" }, { message: (socket, data) => void socket.send(data) });
  const text = "héllo €😀".repeat(1000);
  const socket = await new Promise((resolve, reject) => {
    const message = (socket, data) => (data === text ? resolve(socket) : reject(new Error("another text")));
    connect(server.url, {}, { message }).then((socket) => void socket.send(text), reject);
  });
  const other = await connect(server.url);
  for (const each of [socket, other]) {
    each.close(1000);
    each.terminate();
    each.terminate();
  }
  for (const each of server.connections.values()) {
    each.close(1001);
    each.terminate();
  }
  await server.close();
  console.log(socketInternals(socket).kernel, process.uptime() < 10 ? "soon" : "late");`;

describe("reports from the field, a process of its own", () => {
  const module = ["--input-type=module", "-e", echoProgram("node")];

  test.each([
    ["node", process.execPath, module],
    ["deno", runtimeBinary("deno"), ["eval", echoProgram("deno")]],
    ["bun", runtimeBinary("bun"), ["-e", echoProgram("bun")]],
  ] as const)("of %s ends as soon as what was open is terminated twice and closed", async (_, file, args) => {
    assert.equal(await run(file, args), "simd soon\n");
  });

  // Before Node 24, V8 reserves ten gigabytes of addresses for the memory of a module, or makes none.
  test("with few addresses works, by the kernel that there is room for", async () => {
    const limited = ["-c", 'ulimit -v 4000000; exec "$@"', "sh", process.execPath, ...module];
    assert.match(await run("/bin/sh", limited), /^(js|simd) soon\n$/);
  });

  test.each([
    ["--jitless", "js"],
    ["--frozen-intrinsics", "simd"],
    ["--disable-proto=throw", "simd"],
    ["--disallow-code-generation-from-strings", "simd"],
    ["--throw-deprecation --pending-deprecation", "simd"],
  ])("of Node with %s works, by the kernel %s", async (flags, kernel) => {
    assert.equal(await run(process.execPath, [...flags.split(" "), ...module]), `${kernel} soon\n`);
  });

  test("whose worker threads are ended while they serve, or begin to, goes on", async () => {
    const worker = `
      const { parentPort } = require("node:worker_threads");
      import(${JSON.stringify(built("node"))}).then(async ({ serve }) => {
        parentPort.postMessage("begins");
        const { url } = await serve({ host: "127.0.0.1" }, { message: (socket, data) => void socket.send(data) });
        parentPort.postMessage(url);
      });`;
    const program = `
      import { once } from "node:events";
      import { Worker } from "node:worker_threads";
      import { connect, serve } from ${JSON.stringify(built("node"))};
      const ours = await serve({ host: "127.0.0.1" }, { message: (socket, data) => void socket.send(data) });
      const answered = (url, end = () => {}) => new Promise((resolve, reject) => {
        const handlers = { message: resolve, close: end };
        connect(url, {}, handlers).then((socket) => void socket.send(new Uint8Array(100_000)), reject);
      });
      const start = () => new Worker(${JSON.stringify(worker)}, { eval: true, execArgv: [] });
      for (let round = 0; round < 3; round++) {
        const early = start();
        await once(early, "message");
        await early.terminate();
        const workers = [start(), start()];
        let closed = 0;
        const all = new Promise((resolve) => {
          globalThis.end = () => void (++closed === 4 && resolve());
        });
        await Promise.all(workers.map(async (each) => {
          const urls = [];
          each.on("message", (text) => void urls.push(text));
          while (urls.length < 2) await once(each, "message");
          await answered(urls[1], globalThis.end);
          await answered(urls[1], globalThis.end);
        }));
        await Promise.all(workers.map((each) => each.terminate()));
        await all;
      }
      const socket = await answered(ours.url);
      socket.terminate();
      await ours.close({ timeoutMs: 1 });
      console.log("on");`;
    assert.equal(await run(process.execPath, ["--input-type=module", "-e", program]), "on\n");
  });
});
