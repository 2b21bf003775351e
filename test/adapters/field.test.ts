// What people report of other WebSocket libraries on Node, tried on this one: docs/evidence.md has where.
import assert from "node:assert/strict";
import dns from "node:dns";
import { once } from "node:events";
import { createServer, type Server as HttpServer, type ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { afterEach, describe, test } from "vitest";
import { attach, type ReadPath } from "../../src/node/index.js";
import { killPrograms, Program } from "../support/program.js";
import { DENO_ARGS, runtimeBinary } from "../support/runtimes.js";
import { certificate } from "./certificate.js";
import { nodeAdapter, READ_PATHS } from "./node-adapter.js";
import { masked, request } from "./raw-peer.js";
import { Recorder } from "./recorder.js";
import { Scene } from "./scene.js";
import { turns } from "./until.js";

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

const cases: Record<string, (scene: Scene, readPath: ReadPath) => Promise<void>> = {
  async "an upgrade on a connection that was kept alive outlives all time-outs of the HTTP server"(
    scene,
    readPath,
  ) {
    const server = createServer({ connectionsCheckingInterval: 20, requestTimeout: 60, headersTimeout: 50 });
    server.on("request", (_, response) => response.end("plain"));
    server.keepAliveTimeout = 50;
    server.setTimeout(50);
    const where = await listening(scene, server);
    const recorder = echo();
    attach(server, { readPath, timeouts: { idleMs: 400 } }, recorder);
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

  async "an upgrade behind a request that is not answered yet comes behind its answer, or gets the end"(
    scene,
    readPath,
  ) {
    const answers: ServerResponse[] = [];
    const server = createServer((_, response) => void answers.push(response));
    const where = await listening(scene, server);
    attach(server, { readPath }, new Recorder({ open: (socket) => void socket.send("hello") }));
    const peer = await scene.raw(where);
    await peer.write(PLAIN, request());
    await turns(20);
    answers[0]?.end("plain");
    await turns(20);
    console.log(JSON.stringify(peer.text));
    if (peer.byteLength === 0) await peer.gone();
    else assert.match(await peer.head(), /^HTTP\/1\.1 200 /);
  },

  async "a server of IP address 127.0.0.1 is no TLS server name, so Node warns of none"(scene, readPath) {
    const seen: Error[] = [];
    const note = (warning: Error): void => void seen.push(warning);
    process.on("warning", note);
    scene.after(() => process.off("warning", note));
    const tls = certificate();
    const server = await nodeAdapter(readPath).serve({ host: "127.0.0.1", tls }, {});
    scene.after(() => server.close({ timeoutMs: 1 }));
    await scene.connect(server.url, { tls: { ca: tls.cert } });
    await turns();
    assert.deepEqual(seen, []);
  },

  async "localhost with two addresses is tried on both"(scene) {
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
    const recorder = echo();
    const server = await scene.serve({ host: "127.0.0.1" }, recorder);
    const ours = new Recorder();
    const socket = await scene.connect(`ws://localhost:${server.port}`, {}, ours);
    socket.send("hello");
    await ours.until("message");
    assert.equal(socket.remoteAddress, "127.0.0.1");
  },
};

describe.each(READ_PATHS)("reports from the field, reading by %s", (readPath) => {
  for (const [name, run] of Object.entries(cases)) {
    test(name, () => Scene.run(nodeAdapter(readPath), { name, run: (scene) => run(scene, readPath) }));
  }
});

const dist = (path: string): string => new URL(`../../dist/${path}/index.js`, import.meta.url).href;
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
