// WebSockets on an HTTP server that the application owns.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get, type Server as HttpServer, type IncomingMessage } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { describe, test } from "vitest";
import { socketInternals } from "../../src/adapter/socket/internals.js";
import {
  attach,
  createServer as createWebSocketServer,
  type HandshakeRequest,
  type Internals,
  type RefusedEvent,
  serve,
} from "../../src/node/index.js";
import { certificate } from "../support/certificate.js";
import { INTERNALS, nodeAdapter } from "./node-adapter.js";
import { masked, request } from "./raw-peer.js";
import { Recorder } from "./recorder.js";
import { Scene } from "./scene.js";
import { soon, turns, until } from "./until.js";

/** An HTTP server that says hello to plain requests. */
async function http(
  scene: Scene,
  server: HttpServer = createServer(),
): Promise<{ server: HttpServer; port: number }> {
  server.on("request", (_, response) => response.end("plain"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  scene.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return { server, port: address.port };
}

function fetchText(port: number, path = "/"): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ port, path, agent: false }, (response) => {
      let text = `${response.statusCode} `;
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve(text));
    }).on("error", reject);
  });
}

const echo = (): Recorder => new Recorder({ message: (socket, data) => void socket.send(data) });
type Upgrade = [request: IncomingMessage, stream: Duplex, head: Buffer];
const at = (path: string): string => request({}, `GET ${path} HTTP/1.1`);

const cases: Record<string, (scene: Scene, internals: Internals) => Promise<void>> = {
  async "upgrades become WebSockets, plain requests stay with the HTTP server"(scene, internals) {
    const { server, port } = await http(scene);
    const recorder = echo();
    const attached = attach(server, { internals }, recorder);
    const peer = await scene.raw({ port });
    await peer.write(request(), masked("81 05 | 'early'"));
    assert.match(await peer.head(), /^HTTP\/1\.1 101 /);
    await peer.write(masked("82 7e 01 00 | 07*256"));
    await peer.expect("81 05 'early' 82 7e 01 00 07*256");
    assert.equal(await fetchText(port), "200 plain");
    assert.equal(attached.connections.size, 1);
    assert.equal(recorder.socket.remoteAddress, "127.0.0.1");
    assert.equal(socketInternals(recorder.socket).readPath, internals === "on" ? "direct" : "stream");
    assert.equal(attached.broadcast("all"), 1);
    await peer.expect("81 03 'all'");
    const closed = attached.close();
    await peer.expect("88 02 03 e9");
    await peer.write(masked("88 02 | 03 e9"));
    peer.end();
    await soon(closed, "close()");
    assert.equal(await fetchText(port), "200 plain", "the HTTP server goes on");
    assert.equal(server.listenerCount("upgrade"), 0);
  },

  async "each path has its own handlers and options, and one may take the rest"(scene, internals) {
    const { server, port } = await http(scene);
    const seen: string[] = [];
    const named = (name: string) => ({
      open: () => void seen.push(name),
    });
    attach(server, { internals, path: "/a" }, named("a"));
    const b = attach(server, { internals, path: "/b", protocols: ["p"] }, named("b"));
    await scene.client({ port }, at("/a?query"));
    await scene.client({ port }, at("/b"));
    assert.deepEqual(seen, ["a", "b"]);
    assert.throws(() => attach(server, { path: "/a" }, {}), /already attached to \/a/);
    attach(server, { internals }, named("rest"));
    await scene.client({ port }, at("/c"));
    await scene.client({ port }, at("/a/"));
    assert.deepEqual(seen, ["a", "b", "rest", "rest"]);
    const closed = b.close({ timeoutMs: 1 });
    await scene.client({ port }, at("/b"));
    assert.equal(seen.at(-1), "rest", "a path that was given up is free");
    await closed;
    attach(server, { internals, path: "/b" }, named("b again"));
    await scene.client({ port }, at("/b"));
    assert.equal(seen.at(-1), "b again");
  },

  async "an upgrade for a path that nobody has gets 404 and the end"(scene, internals) {
    const { server, port } = await http(scene);
    attach(server, { internals, path: "/a", timeouts: { closeMs: 50 } }, {});
    attach(server, { internals, path: "/b", timeouts: { closeMs: 50 } }, {});
    const peer = await scene.raw({ port });
    await peer.write(at("/c"));
    assert.match(await peer.head(), /^HTTP\/1\.1 404 Not Found\r\n/);
    await until(() => peer.ended, "the end");
    // Also one that does not end its own side.
    server.close();
    await soon(once(server, "close"), "the HTTP server to close");
  },

  async "an upgrade for a path that nobody has is left to other listeners, if there are any"(
    scene,
    internals,
  ) {
    const { server, port } = await http(scene);
    attach(server, { internals, path: "/a" }, {});
    server.on("upgrade", (incoming: IncomingMessage, socket: Duplex) => {
      if (incoming.url === "/c") socket.end("HTTP/1.1 418 Mine\r\n\r\n");
    });
    const peer = await scene.raw({ port });
    await peer.write(at("/c"));
    assert.match(await peer.head(), /^HTTP\/1\.1 418 Mine/);
    await scene.client({ port }, at("/a"));
  },

  async "refusals are those of serve(), as far as Node's parser lets them come"(scene, internals) {
    const { server, port } = await http(scene);
    const recorder = new Recorder();
    attach(server, { internals, origins: ["https://good.example", undefined] }, recorder);
    const rows: [string, ...number[]][] = [
      [request({}, "GET / HTTP/1.0"), 400],
      [request({}, "POST / HTTP/1.1"), 405],
      [request({ Host: ["a", "b"] }), 400],
      [request({ "Sec-WebSocket-Key": undefined }), 400],
      [request({ "Sec-WebSocket-Key": "short" }), 400],
      [request({ "Sec-WebSocket-Version": "8" }), 426],
      // Node 26 waits for the body before it tells of the upgrade.
      [`${request({ "Content-Length": "5" })}hello`, 400],
      [request({ "Sec-WebSocket-Protocol": "a,,a" }), 400],
      [request({ "Sec-WebSocket-Extensions": "=" }), 400],
      [request({ Origin: "https://evil.example" }), 403],
      // Node 20 keeps 2,000 header lines of these and forgets the rest, the key among them; later ones refuse them.
      [`GET / HTTP/1.1\r\n${"a:\r\n".repeat(2_100)}${request().slice(20)}`, 400, 431],
    ];
    for (const [head, ...statuses] of rows) {
      const peer = await scene.raw({ port });
      await peer.write(head);
      const answer = await peer.head();
      assert.ok(statuses.includes(Number(answer.split(" ")[1])), `${head.slice(0, 300)}\n${answer}`);
      await until(() => peer.ended, "the end");
      peer.destroy();
    }
    assert.deepEqual(recorder.log, []);
    await scene.client({ port });
  },

  async "limits, violations and the option upgrade are those of serve()"(scene, internals) {
    const { server, port } = await http(scene);
    const recorder = new Recorder();
    const verify = async (asked: { path: string; remoteAddress: string }) => {
      await turns(2);
      assert.equal(asked.remoteAddress, "127.0.0.1");
      return asked.path === "/no" ? { status: 401 } : { data: asked.path };
    };
    attach(server, { internals, upgrade: verify, limits: { maxMessageBytes: 10 } }, recorder);
    const refused = await scene.raw({ port });
    await refused.write(at("/no"));
    assert.match(await refused.head(), /^HTTP\/1\.1 401 /);
    const peer = await scene.raw({ port });
    await peer.write(at("/yes"), masked("82 0a | 00*10"));
    assert.match(await peer.head(), /^HTTP\/1\.1 101 /);
    await recorder.until("message");
    assert.equal(recorder.socket.data, "/yes");
    await peer.write(masked("82 0b |"));
    await peer.expect("88 02 03 f1");
    await peer.fin();
    peer.end();
    assert.equal(await recorder.closed(), "close 1006 MESSAGE_TOO_LONG");
  },

  async "a client that vanishes while the option upgrade is thinking is forgotten"(scene, internals) {
    const { server, port } = await http(scene);
    let asked = 0;
    const verify = () => {
      asked++;
      return new Promise<undefined>(() => {});
    };
    const options = { internals, upgrade: verify, timeouts: { handshakeMs: Number.POSITIVE_INFINITY } };
    attach(server, options, {});
    for (const leave of ["reset", "end"] as const) {
      const peer = await scene.raw({ port });
      await peer.write(request());
      const before = asked;
      await scene.eventually(() => asked > before, "upgrade to be called");
      peer[leave]();
      await peer.gone();
    }
    // It waits for every socket that it accepted.
    server.close();
    await soon(once(server, "close"), "the HTTP server to close");
  },

  async "the HTTP server's own time-outs do not end a WebSocket"(scene, internals) {
    const { server, port } = await http(scene);
    server.setTimeout(50);
    server.keepAliveTimeout = 50;
    const recorder = echo();
    attach(server, { internals }, recorder);
    const peer = await scene.client({ port });
    server.on("timeout", (socket) => socket.destroy());
    // Longer than the time-out: each of these lives for it, and the second begins when the first is over.
    for (let i = 0; i < 2; i++) {
      const plain = await scene.raw({ port });
      await plain.write("GET / HTTP/1.1\r\n");
      await plain.gone();
    }
    await peer.write(masked("81 01 | 'x'"));
    await peer.expect("81 01 'x'");
  },

  async "an HTTPS server's upgrades become WebSockets"(scene, internals) {
    const tls = certificate();
    const { server, port } = await http(scene, createHttpsServer(tls));
    attach(server, { internals }, echo());
    const ours = new Recorder();
    const socket = await scene.connect(`wss://localhost:${port}/`, { tls: { ca: tls.cert } }, ours);
    socket.send("x".repeat(100_000));
    await ours.until("message");
    assert.equal(ours.messages[0], "x".repeat(100_000));
  },

  async "upgrade() answers one request"(scene, internals) {
    const { server, port } = await http(scene);
    const recorder = echo();
    const sockets = createWebSocketServer({ internals, protocols: ["p"] }, recorder);
    server.on("upgrade", (...args: Upgrade) => sockets.upgrade(...args));
    const peer = await scene.raw({ port });
    await peer.write(request({ "Sec-WebSocket-Protocol": "p" }), masked("81 05 | 'early'"));
    assert.match(await peer.head(), /\r\nSec-WebSocket-Protocol: p\r\n/);
    await peer.expect("81 05 'early'");
    const bad = await scene.raw({ port });
    await bad.write(request({ "Sec-WebSocket-Version": "7" }));
    assert.match(await bad.head(), /^HTTP\/1\.1 426 /);
    peer.end();
    assert.equal(await recorder.closed(), "close 1006");
  },

  async "upgrade() of a client that has left calls no handler"(scene, internals) {
    const { server, port } = await http(scene);
    const recorder = echo();
    const sockets = createWebSocketServer({ internals }, recorder);
    let upgraded = 0;
    server.on("upgrade", async (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on("error", () => {});
      socket.resume();
      await new Promise((resolve) => socket.once(incoming.url === "/end" ? "end" : "close", resolve));
      sockets.upgrade(incoming, socket, head);
      upgraded++;
    });
    for (const leave of ["reset", "end"] as const) {
      const peer = await scene.raw({ port });
      const before = upgraded;
      const asked = once(server, "upgrade");
      await peer.write(at(`/${leave}`));
      await asked;
      peer[leave]();
      await scene.eventually(() => upgraded > before, "upgrade() to be called");
      await peer.gone();
    }
    await turns();
    assert.deepEqual(recorder.log, []);
    // It waits for every socket that it accepted.
    server.close();
    await soon(once(server, "close"), "the HTTP server to close");
  },

  async "createServer() and attach() refuse options that make no sense"() {
    const server = createServer();
    const fast: Internals = JSON.parse('"fast"');
    assert.throws(() => createWebSocketServer({ limits: { maxFragments: 0 } }, {}), RangeError);
    assert.throws(() => createWebSocketServer({ internals: fast }, {}), RangeError);
    assert.throws(() => createWebSocketServer({ deliver: "fragment" }, { message() {} }), TypeError);
    assert.throws(() => attach(server, {}, { fragment() {} }), TypeError);
    assert.equal(server.listenerCount("upgrade"), 0);
  },

  async "one server of createServer() serves several paths and HTTP servers, and closes all of its sockets"(
    scene,
    internals,
  ) {
    const recorder = echo();
    const sockets = createWebSocketServer({ internals, timeouts: { closeMs: 50 } }, recorder);
    const others = createWebSocketServer({ internals }, {});
    const ports: number[] = [];
    for (let i = 0; i < 2; i++) {
      const { server, port } = await http(scene);
      ports.push(port);
      server.on("upgrade", (...args: Upgrade) => {
        if (args[0].url === "/others") others.upgrade(...args);
        else sockets.upgrade(...args);
      });
    }
    const [one = 0, two = 0] = ports;
    const peers = [
      await scene.client({ port: one }, at("/a")),
      await scene.client({ port: one }, at("/b")),
      await scene.client({ port: two }, at("/a")),
    ];
    await scene.client({ port: two }, at("/others"));
    assert.deepEqual([sockets.connections.size, others.connections.size], [3, 1]);
    assert.equal(sockets.broadcast("all"), 3);
    for (const peer of peers) await peer.expect("81 03 'all'");
    const closed = sockets.close();
    for (const peer of peers) await peer.expect("88 02 03 e9");
    const late = await scene.raw({ port: one });
    await late.write(at("/a"));
    assert.match(await late.head(), /^HTTP\/1\.1 503 /);
    late.end();
    await soon(closed, "close()");
    const later = await scene.raw({ port: one });
    await later.write(at("/a"));
    assert.match(await later.head(), /^HTTP\/1\.1 503 /);
    await scene.client({ port: one }, at("/others"));
    assert.deepEqual([sockets.connections.size, others.connections.size], [0, 2]);
  },

  async "the handler refused is told of requests that upgrade() and attach() turn away"(scene, internals) {
    const { server, port } = await http(scene);
    const events: [name: string, status: number, target: string | undefined][] = [];
    const told = (name: string): { refused(event: RefusedEvent): void } => ({
      refused: ({ status, target }) => void events.push([name, status, target]),
    });
    const sockets = createWebSocketServer({ internals, upgrade: () => false }, told("sockets"));
    const attached = attach(server, { internals, path: "/a" }, told("attached"));
    const answers = async (target: string, status: number, lines = {}): Promise<void> => {
      const peer = await scene.raw({ port });
      await peer.write(request(lines, `GET ${target} HTTP/1.1`));
      assert.match(await peer.head(), new RegExp(`^HTTP/1\\.1 ${status} `));
      peer.end();
      await peer.gone();
    };
    await answers("/a?x", 426, { "Sec-WebSocket-Version": "7" });
    await answers("/b?y", 404);
    server.on("upgrade", (...args: Upgrade) => sockets.upgrade(...args));
    await answers("/b", 403);
    await sockets.close();
    await answers("/b", 503);
    await attached.close();
    assert.deepEqual(events, [
      ["attached", 426, "/a?x"],
      ["attached", 404, "/b?y"],
      ["sockets", 403, "/b"],
      ["sockets", 503, "/b"],
    ]);
  },

  async "the servers of attach() and serve() have upgrade(), too"(scene, internals) {
    const { server, port } = await http(scene);
    const recorders = [echo(), echo()];
    const attached = attach(createServer(), { internals }, recorders[0] ?? {});
    const served = await serve({ host: "127.0.0.1", internals }, recorders[1] ?? {});
    scene.after(() => served.close({ timeoutMs: 1 }));
    server.on("upgrade", (...args: Upgrade) => (args[0].url === "/a" ? attached : served).upgrade(...args));
    await scene.client({ port }, at("/a"));
    await scene.client({ port }, at("/b"));
    await scene.client(served);
    assert.deepEqual([attached.connections.size, served.connections.size], [1, 2]);
  },

  async "the hook sees Node's request, with all that other code has put there"(scene, internals) {
    const { server, port } = await http(scene);
    const sessions = new WeakMap<IncomingMessage, string>();
    server.prependListener("upgrade", (incoming) => void sessions.set(incoming, "session"));
    const seen: unknown[] = [];
    const upgrade = ({ incoming, path }: HandshakeRequest<IncomingMessage | undefined>) =>
      void seen.push(incoming && [sessions.get(incoming), incoming.url === path]);
    const sockets = createWebSocketServer({ internals, upgrade }, {});
    const served = await serve({ host: "127.0.0.1", internals, upgrade }, {});
    scene.after(() => served.close({ timeoutMs: 1 }));
    attach(server, { internals, upgrade, path: "/a" }, {});
    server.on("upgrade", (...args: Upgrade) => sockets.upgrade(...args));
    await scene.client({ port }, at("/a"));
    await scene.client({ port }, at("/b"));
    await scene.client(served);
    // Requests for an attached path go to no other listener.
    assert.deepEqual(seen, [[undefined, true], ["session", true], undefined]);
  },
};

for (const internals of INTERNALS) {
  describe(`attach and upgrade, reading by ${internals}`, () => {
    for (const [name, run] of Object.entries(cases)) {
      test(name, () => Scene.run(nodeAdapter(internals), { name, run: (scene) => run(scene, internals) }));
    }
  });
}
