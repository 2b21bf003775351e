// A real peer: the npm package ws, on either side.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import { describe, test } from "vitest";
import { WebSocketServer, WebSocket as WsSocket } from "ws";
import { socketInternals } from "../../src/adapter/socket/internals.js";
import { attach, createServer as createWebSocketServer, serve } from "../../src/node/index.js";
import { INTERNALS, nodeAdapter } from "../adapters/node-adapter.js";
import { closeWords, Recorder } from "../adapters/recorder.js";
import { Scene } from "../adapters/scene.js";
import { happened, until } from "../adapters/until.js";
import { certificate } from "../support/certificate.js";

type Internals = (typeof INTERNALS)[number];
type Cases = Readonly<Record<string, (scene: Scene, internals: Internals) => Promise<void>>>;

const LIMITS = { maxMessageBytes: 4 << 20, maxBackpressureBytes: 64 << 20 };
const MESSAGES: readonly (string | Buffer)[] = [
  "",
  "text",
  "€uro \u{1f600}".repeat(3_000),
  Buffer.alloc(0),
  Buffer.alloc(125, 1),
  Buffer.alloc(126, 2),
  Buffer.alloc(65_535, 3),
  Buffer.alloc(65_536, 4),
  Buffer.alloc(1 << 20, 5),
];

const echo = (): Recorder => new Recorder({ message: (socket, data) => void socket.send(data) });

/** What came to a socket of ws, in words or bytes. */
class Inbox {
  readonly messages: (string | Buffer)[] = [];
  readonly log: string[] = [];
  close: string | undefined;

  constructor(socket: WsSocket) {
    socket.on("message", (data, isBinary) => {
      assert.ok(data instanceof Buffer);
      this.messages.push(isBinary ? data : data.toString());
      happened();
    });
    socket.on("ping", (data) => this.#note(`ping ${data.toString()}`));
    socket.on("pong", (data) => this.#note(`pong ${data.toString()}`));
    socket.on("error", (error) => this.#note(`error ${"code" in error ? error.code : error.message}`));
    socket.on("close", (code, reason) => {
      this.close = `${code} ${reason.toString()}`.trim();
      happened();
    });
  }

  #note(line: string): void {
    this.log.push(line);
    happened();
  }

  received(count: number): Promise<void> {
    return until(
      () => this.messages.length >= count,
      () => `${count} messages, there are ${this.messages.length}; ${this.log.join()}`,
    );
  }

  async closed(): Promise<string> {
    await until(() => this.close !== undefined, "the close event");
    return this.close ?? "";
  }
}

async function wsClient(scene: Scene, url: string, options: object = {}): Promise<[WsSocket, Inbox]> {
  const socket = new WsSocket(url, ["chat"], options);
  scene.after(() => socket.terminate());
  const inbox = new Inbox(socket);
  await once(socket, "open");
  return [socket, inbox];
}

/** Everything that ws does with a server. */
async function talk(scene: Scene, url: string, recorder: Recorder, options: object = {}): Promise<void> {
  // ws offers permessage-deflate, which is declined.
  const [socket, inbox] = await wsClient(scene, url, { perMessageDeflate: true, ...options });
  assert.equal(socket.extensions, "");
  assert.equal(socket.protocol, "chat");
  for (const message of MESSAGES) socket.send(message);
  await inbox.received(MESSAGES.length);
  assert.deepEqual(inbox.messages, MESSAGES);
  socket.send("in ", { fin: false });
  socket.ping("between");
  socket.send("three ", { fin: false });
  socket.send("parts", { fin: true });
  await inbox.received(MESSAGES.length + 1);
  assert.equal(inbox.messages.at(-1), "in three parts");
  await until(() => inbox.log.includes("pong between"), "the pong");
  const ours = recorder.socket;
  ours.ping(Uint8Array.of(0x68, 0x69));
  await recorder.until("pong");
  assert.ok(inbox.log.includes("ping hi"));
  ours.sendFragment("wo", false);
  ours.sendFragment("rd", true);
  await inbox.received(MESSAGES.length + 2);
  assert.equal(inbox.messages.at(-1), "word");
  for (let i = 0; i < 2_000; i++) socket.send(String(i));
  await inbox.received(MESSAGES.length + 2_002);
  assert.deepEqual(
    inbox.messages.slice(MESSAGES.length + 2),
    Array.from({ length: 2_000 }, (_, i) => String(i)),
  );
  socket.close(4321, "bye €");
  assert.equal(await recorder.closed(), 'close 4321 "bye €" clean');
  assert.equal(await inbox.closed(), "4321");
}

const asServer: Cases = {
  async "serve()"(scene, internals) {
    const recorder = echo();
    const server = await scene.adapter.serve(
      { host: "127.0.0.1", protocols: ["chat"], limits: LIMITS },
      recorder,
    );
    scene.after(() => server.close({ timeoutMs: 1 }));
    await talk(scene, server.url, recorder);
    assert.equal(socketInternals(recorder.socket).readPath, internals === "on" ? "direct" : "stream");
  },
  async "serve() with TLS"(scene, internals) {
    const recorder = echo();
    const tls = certificate();
    const options = { host: "127.0.0.1", protocols: ["chat"], limits: LIMITS, tls, internals };
    const server = await serve(options, recorder);
    scene.after(() => server.close({ timeoutMs: 1 }));
    await talk(scene, server.url, recorder, { ca: tls.cert });
  },
  async "attach()"(scene, internals) {
    const recorder = echo();
    const http = createServer().listen(0, "127.0.0.1");
    scene.after(() => http.close());
    attach(http, { internals, protocols: ["chat"], limits: LIMITS, path: "/here" }, recorder);
    await once(http, "listening");
    await talk(scene, `ws://127.0.0.1:${portOf(http)}/here?x`, recorder);
  },
  async "upgrade()"(scene, internals) {
    const recorder = echo();
    const http = createServer().listen(0, "127.0.0.1");
    scene.after(() => http.close());
    http.on("upgrade", (request, socket: Duplex, head) => {
      createWebSocketServer({ internals, protocols: ["chat"], limits: LIMITS }, recorder).upgrade(
        request,
        socket,
        head,
      );
    });
    await once(http, "listening");
    await talk(scene, `ws://127.0.0.1:${portOf(http)}/`, recorder);
  },
  async "a close by the server, with every code that may be sent"(scene) {
    const recorder = new Recorder({ message: (socket, data) => socket.close(Number(data), `why ${data}`) });
    const server = await scene.serve({ protocols: ["chat"] }, recorder);
    for (const [i, code] of [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999].entries()) {
      const [socket, inbox] = await wsClient(scene, server.url);
      socket.send(String(code));
      assert.equal(await inbox.closed(), `${code} why ${code}`);
      await recorder.until("close", i + 1);
      assert.equal(closeWords(recorder.closes[i] ?? assert.fail()), `close ${code} "why ${code}" clean`);
    }
  },
  async "a close without a code, and none at all"(scene) {
    const recorder = new Recorder();
    const server = await scene.serve({ protocols: ["chat"] }, recorder);
    const [socket] = await wsClient(scene, server.url);
    socket.close();
    await recorder.until("close");
    const [other] = await wsClient(scene, server.url);
    other.terminate();
    await recorder.until("close", 2);
    assert.deepEqual(recorder.closes.map(closeWords), ["close 1005 clean", "close 1006"]);
  },
  async "a message over the limit: ws is told 1009"(scene) {
    const recorder = new Recorder();
    const server = await scene.serve({ protocols: ["chat"], limits: { maxMessageBytes: 1000 } }, recorder);
    const [socket, inbox] = await wsClient(scene, server.url);
    socket.send("x".repeat(1001));
    assert.equal(await inbox.closed(), "1009");
    assert.equal(await recorder.closed(), "close 1006 MESSAGE_TOO_LONG");
  },
  async "a refusal: ws gets the status"(scene) {
    const server = await scene.serve({ upgrade: () => ({ status: 403, body: "no" }) }, {});
    const socket = new WsSocket(server.url);
    const [, response] = await once(socket, "unexpected-response").finally(() =>
      socket.once("error", () => {}),
    );
    assert.equal(response.statusCode, 403);
    socket.terminate();
  },
};

const asClient: Cases = {
  async "connect() to a server of ws"(scene, internals) {
    const recorder = echo();
    const { url, peers } = await wsServer(scene);
    const socket = await scene.connect(url, { protocols: ["v1", "v2"], limits: LIMITS }, recorder);
    assert.equal(socket.protocol, "v1");
    const [peer] = peers;
    assert.ok(peer);
    const [theirs, inbox] = peer;
    for (const message of MESSAGES) theirs.send(message);
    await inbox.received(MESSAGES.length);
    assert.deepEqual(inbox.messages, MESSAGES);
    theirs.send("in ", { fin: false });
    theirs.ping("between");
    theirs.send("parts", { fin: true });
    await inbox.received(MESSAGES.length + 1);
    assert.equal(inbox.messages.at(-1), "in parts");
    await until(() => inbox.log.includes("pong between"), "the pong");
    socket.ping(Uint8Array.of(0x68, 0x69));
    await recorder.until("pong");
    socket.sendFragment("wo", false);
    socket.sendFragment("rd", true);
    await inbox.received(MESSAGES.length + 2);
    assert.equal(inbox.messages.at(-1), "word");
    for (let i = 0; i < 2_000; i++) theirs.send(Buffer.from([i, i >> 8]));
    await inbox.received(MESSAGES.length + 2_002);
    assert.deepEqual(
      inbox.messages.slice(MESSAGES.length + 2),
      Array.from({ length: 2_000 }, (_, i) => Buffer.from([i, i >> 8])),
    );
    assert.equal(socketInternals(socket).readPath, internals === "on" ? "direct" : "stream");
    theirs.close(4321, "bye €");
    assert.equal(await recorder.closed(), 'close 4321 "bye €" clean');
    assert.equal(await inbox.closed(), "4321");
  },
  async "connect() to a server of ws, and close()"(scene) {
    const recorder = new Recorder();
    const { url, peers } = await wsServer(scene);
    const socket = await scene.connect(url, {}, recorder);
    socket.close(3000, "done");
    // The reason comes back as well: ws echoes the whole body.
    assert.equal(await peers[0]?.[1].closed(), "3000 done");
    assert.equal(await recorder.closed(), 'close 3000 "done" clean');
  },
  async "connect() to a server of ws that refuses"(scene) {
    const { url } = await wsServer(scene, { verifyClient: () => false });
    await assert.rejects(scene.connect(url), { code: "UNEXPECTED_STATUS", status: 401 });
  },
  async "connect() to a server of ws that closes over the limit of its messages"(scene) {
    const recorder = new Recorder();
    const { url } = await wsServer(scene, { maxPayload: 10 });
    const socket = await scene.connect(url, {}, recorder);
    socket.send("x".repeat(11));
    assert.equal(await recorder.closed(), "close 1009 clean");
  },
};

async function wsServer(
  scene: Scene,
  options: object = {},
): Promise<{ url: string; peers: [WsSocket, Inbox][] }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true, ...options });
  scene.after(() => server.close());
  await once(server, "listening");
  const peers: [WsSocket, Inbox][] = [];
  server.on("connection", (socket) => {
    scene.after(() => socket.terminate());
    peers.push([socket, new Inbox(socket)]);
    happened();
  });
  return { url: `ws://127.0.0.1:${portOf(server)}/`, peers };
}

function portOf(server: { address(): ReturnType<WebSocketServer["address"]> }): number {
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

for (const internals of INTERNALS) {
  const run = (cases: Cases): void => {
    for (const [name, each] of Object.entries(cases)) {
      test(name, () => Scene.run(nodeAdapter(internals), { name, run: (scene) => each(scene, internals) }));
    }
  };
  describe(`ws as the client, reading by ${internals}`, () => run(asServer));
  describe(`ws as the server, reading by ${internals}`, () => run(asClient));
}
