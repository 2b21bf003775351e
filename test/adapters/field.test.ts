// What people report of other WebSocket libraries on Node, tried on this one: docs/evidence.md has where.
import assert from "node:assert/strict";
import dns from "node:dns";
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { afterEach, describe, test } from "vitest";
import { attach } from "../../src/node/index.js";
import { certificate } from "../support/certificate.js";
import { killPrograms, Program } from "../support/program.js";
import { runtimeBinary } from "../support/runtimes.js";
import { certificate } from "../support/certificate.js";
import { INTERNALS, nodeAdapter } from "./node-adapter.js";
import { masked, request } from "./raw-peer.js";
import { Recorder } from "./recorder.js";
import { Scene } from "./scene.js";
import { turns, until } from "./until.js";

afterEach(killPrograms);

const PLAIN = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

async function listening(scene: Scene, server: HttpServer): Promise<{ port: number }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  scene.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return { port: address.port };
}

const echo = (): Recorder => new Recorder({ message: (socket, data) => void socket.send(data) });

type Internals = (typeof INTERNALS)[number];

const cases: Record<string, (scene: Scene, internals: Internals) => Promise<void>> = {
  async "an upgrade on a connection that was kept alive outlives all time-outs of the HTTP server"(
    scene,
    internals,
  ) {
    const server = createServer({ connectionsCheckingInterval: 20, requestTimeout: 60, headersTimeout: 50 });
    server.on("request", (_, response) => response.end("plain"));
    server.keepAliveTimeout = 50;
    server.setTimeout(50);
    const where = await listening(scene, server);
    const recorder = echo();
    attach(server, { internals, timeouts: { pingIntervalMs: 400 } }, recorder);
    const apart = await scene.raw(where);
    await apart.write(PLAIN);
    assert.match(await apart.head(), / 200 /);
    await apart.expect("'plain'");
    await apart.write(request());
    const together = await scene.raw(where);
    await together.write(PLAIN, request());
    assert.match(await together.head(), / 200 /);
    await together.expect("'plain'");
    for (const peer of [apart, together]) {
      assert.match(await peer.head(), / 101 /);
      await peer.expect("89 00");
      await peer.write(masked("81 02 | 'on'"));
      await peer.expect("81 02 'on'");
    }
    assert.equal(recorder.count("close"), 0);
  },

  async "a client that resets while its upgrade is looked at, refused or left alone ends no process"(
    scene,
    internals,
  ) {
    const server = createServer();
    const where = await listening(scene, server);
    const asked: (() => void)[] = [];
    const verify = ({ path }: { path: string }) =>
      path === "/no"
        ? { status: 403 }
        : new Promise<undefined>((resolve) => void asked.push(() => resolve(undefined)));
    const recorder = new Recorder();
    const attached = attach(server, { internals, upgrade: verify, path: "/slow" }, recorder);
    attach(server, { internals, upgrade: verify, path: "/no" }, recorder);
    for (const path of ["/slow", "/no", "/nobody's"]) {
      const peer = await scene.raw(where);
      await peer.write(request({}, `GET ${path} HTTP/1.1`));
      if (path === "/slow") await scene.eventually(() => asked.length > 0, "verify");
      peer.reset();
      await until(() => peer.closed, "the reset");
      await turns();
      for (const decide of asked) decide();
    }
    await turns();
    assert.deepEqual(recorder.log, []);
    assert.equal(attached.connections.size, 0);
  },

  async "an HTTP server that was closed first is closed when its WebSockets are"(scene, internals) {
    const server = createServer();
    const where = await listening(scene, server);
    const attached = attach(server, { internals }, {});
    const polite = await scene.client(where);
    await scene.client(where);
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    server.closeAllConnections();
    await turns();
    assert.equal(attached.connections.size, 2, "Node leaves upgraded sockets alone");
    const gone = attached.close({ timeoutMs: 50 });
    await polite.expect("88 02 03 e9");
    await polite.write(masked("88 02 | 03 e9"));
    polite.end();
    await gone;
    await closed;
  },

  async "a server of IP address 127.0.0.1 is no TLS server name, so Node warns of none"(scene, internals) {
    const seen: Error[] = [];
    const note = (warning: Error): void => void seen.push(warning);
    process.on("warning", note);
    scene.after(() => process.off("warning", note));
    const tls = certificate();
    const server = await nodeAdapter(internals).serve({ host: "127.0.0.1", tls }, {});
    scene.after(() => server.close({ timeoutMs: 1 }));
    await scene.connect(server.url, { tls: { ca: tls.cert } });
    await turns();
    assert.deepEqual(seen, []);
  },

  async "localhost with two addresses is tried on both"(scene) {
    const recorder = echo();
    const server = await scene.serve({}, recorder);
    const { lookup } = dns;
    scene.after(() => {
      dns.lookup = lookup;
    });
    const both = [
      { address: "::1", family: 6 },
      { address: "127.0.0.1", family: 4 },
    ];
    Reflect.set(dns, "lookup", (_: string, __: unknown, then: (error: null, all: unknown) => void) => {
      process.nextTick(then, null, both);
    });
    const ours = new Recorder();
    const socket = await scene.connect(`ws://localhost:${server.port}`, {}, ours);
    socket.send("hello");
    await ours.until("message");
    assert.equal(socket.remoteAddress, "127.0.0.1");
  },
};

describe.each(INTERNALS)("reports from the field, reading by %s", (internals) => {
  for (const [name, run] of Object.entries(cases)) {
    test(name, () => Scene.run(nodeAdapter(internals), { name, run: (scene) => run(scene, internals) }));
  }
});

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
