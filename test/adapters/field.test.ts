// What people report of other WebSocket libraries on Node, tried on this one: docs/evidence.md has where.
import assert from "node:assert/strict";
import dns from "node:dns";
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { describe, test } from "vitest";
import { attach } from "../../src/node/index.js";
import { certificate } from "../support/certificate.js";
import { INTERNALS, nodeAdapter } from "./node-adapter.js";
import { masked, request } from "./raw-peer.js";
import { Recorder } from "./recorder.js";
import { Scene } from "./scene.js";
import { turns, until } from "./until.js";

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
