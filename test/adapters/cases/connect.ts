import assert from "node:assert/strict";
import type { DialOptions } from "../adapter.js";
import { latin1, type RawPeer, type RawServer } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import { type Case, type Scene, switching } from "../scene.js";
import { eventually, turns } from "../until.js";

/** A server that answers each request with what `answer` makes of its head, and keeps the connection. */
function answering(scene: Scene, answer: (head: string) => string): Promise<RawServer> {
  return scene.rawServer(async (peer: RawPeer) => {
    await peer.write(answer(await peer.head()));
  });
}

interface Row {
  readonly name: string;
  readonly answer: (good: string) => string;
  readonly code: string;
  readonly status?: number;
}

const without = (name: string) => (good: string) => good.replace(new RegExp(`^${name}: .*\r\n`, "m"), "");
const instead = (name: string, value: string) => (good: string) =>
  good.replace(new RegExp(`^${name}: .*\r\n`, "m"), `${name}: ${value}\r\n`);
const more = (line: string) => (good: string) => good.replace(/\r\n\r\n$/, `\r\n${line}\r\n\r\n`);

/** The rows of the opening handshake, as a client. */
const ROWS: readonly Row[] = [
  {
    name: "401, with its challenge",
    answer: () => "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
    code: "unexpected-status",
    status: 401,
  },
  { name: "200", answer: () => "HTTP/1.1 200 OK\r\n\r\n", code: "unexpected-status", status: 200 },
  {
    name: "a redirect that nobody asked to follow",
    answer: () => "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n\r\n",
    code: "unexpected-status",
    status: 302,
  },
  { name: "no Upgrade", answer: without("Upgrade"), code: "invalid-upgrade", status: 101 },
  { name: "another Upgrade", answer: instead("Upgrade", "h2c"), code: "invalid-upgrade", status: 101 },
  { name: "no Connection", answer: without("Connection"), code: "invalid-connection", status: 101 },
  {
    name: "no upgrade token",
    answer: instead("Connection", "keep-alive"),
    code: "invalid-connection",
    status: 101,
  },
  { name: "no accept value", answer: without("Sec-WebSocket-Accept"), code: "invalid-accept", status: 101 },
  {
    name: "the wrong accept value",
    answer: instead("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    code: "invalid-accept",
    status: 101,
  },
  {
    name: "two accept values",
    answer: (good) => more(/^Sec-WebSocket-Accept: .*$/m.exec(good.replaceAll("\r", ""))?.[0] ?? "")(good),
    code: "invalid-accept",
    status: 101,
  },
  {
    name: "an extension that was not asked for",
    answer: more("Sec-WebSocket-Extensions: permessage-deflate"),
    code: "unrequested-extension",
    status: 101,
  },
  {
    name: "a subprotocol that was not asked for",
    answer: more("Sec-WebSocket-Protocol: other"),
    code: "unrequested-subprotocol",
    status: 101,
  },
  { name: "what is no HTTP", answer: () => "SSH-2.0-OpenSSH\r\n", code: "malformed-response" },
  { name: "HTTP/1.0", answer: (good) => good.replace("HTTP/1.1", "HTTP/1.0"), code: "malformed-response" },
  { name: "a bare LF", answer: (good) => good.replaceAll("\r\n", "\n"), code: "malformed-response" },
  { name: "a head over 16 KiB", answer: more(`X: ${"x".repeat(16_384)}`), code: "malformed-response" },
  { name: "over 100 lines", answer: more(`${"X: 1\r\n".repeat(100)}X: 1`), code: "malformed-response" },
];

interface Failed {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly headers?: unknown;
}

/** The error that an attempt comes to. */
async function failure(scene: Scene, url: string, options: DialOptions = {}): Promise<Failed> {
  const recorder = new Recorder();
  try {
    await scene.connect(url, options, recorder);
  } catch (error) {
    assert.deepEqual(recorder.log, [], "no handler is called");
    assert.ok(error instanceof Error);
    return { ...error, name: error.name, message: error.message };
  }
  throw new Error("it connected");
}

export const connectCases: readonly Case[] = [
  ...ROWS.map(
    ({ name, answer, code, status }): Case => ({
      name: `connect() fails: ${name}`,
      async run(scene) {
        const server = await answering(scene, (head) => answer(switching(head)));
        const error = await failure(scene, server.url, { protocols: ["mine"] });
        assert.equal(error.name, "HandshakeError");
        assert.equal(error.code, code);
        assert.equal(error.status, status);
        await server.peers[0]?.gone();
      },
    }),
  ),
  {
    name: "connect() fails: the answer's headers are there to look at",
    async run(scene) {
      const server = await answering(
        scene,
        () => "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\n\r\n",
      );
      const error = await failure(scene, server.url);
      const headers = error.headers;
      assert.ok(headers instanceof Object && "get" in headers && typeof headers.get === "function");
      assert.equal(headers.get("www-authenticate"), "Basic realm=x");
    },
  },
  {
    name: "connect() takes an answer of odd spelling, byte by byte",
    async run(scene) {
      const server = await scene.rawServer(async (peer) => {
        const good = switching(await peer.head(), "Sec-WebSocket-Protocol: b\r\nX: \xe9\r\n");
        const odd = good
          .replace("Connection: Upgrade", "connection:keep-alive, UPGRADE")
          .replace("Upgrade: websocket", "UPGRADE:  WebSocket\t");
        for (const byte of latin1(odd)) await peer.write(Uint8Array.of(byte));
      });
      const socket = await scene.connect(server.url, { protocols: ["a", "b"], data: { mine: 1 } });
      assert.equal(socket.protocol, "b");
      assert.equal(socket.role, "client");
      assert.equal(socket.state, "open");
      assert.deepEqual(socket.data, { mine: 1 });
      assert.equal(socket.remoteAddress, "127.0.0.1");
    },
  },
  {
    name: "connect() sends what it was asked to, and a fresh key of 16 bytes each time",
    async run(scene) {
      const heads: string[] = [];
      const server = await scene.rawServer(async (peer) => {
        const head = await peer.head();
        heads.push(head);
        await peer.write(switching(head));
      });
      const options = { headers: { "X-Mine": "a b", Cookie: "c=1" }, origin: "https://good.example" };
      await scene.connect(`ws://user:p%40ss@127.0.0.1:${server.port}/a/b?c=d`, options);
      await scene.connect(server.url);
      const [first = "", second = ""] = heads;
      const [line, ...fields] = first.split("\r\n");
      assert.equal(line, "GET /a/b?c=d HTTP/1.1");
      for (const field of [
        `Host: 127.0.0.1:${server.port}`,
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Origin: https://good.example",
        "X-Mine: a b",
        "Cookie: c=1",
        `Authorization: Basic ${Buffer.from("user:p@ss").toString("base64")}`,
      ]) {
        assert.ok(fields.includes(field), `${field} in ${first}`);
      }
      const keys = [first, second].map((head) => /^Sec-WebSocket-Key: (.*)\r$/m.exec(head)?.[1] ?? "");
      assert.ok(keys.every((key) => Buffer.from(key, "base64").length === 16));
      assert.notEqual(keys[0], keys[1]);
    },
  },
  {
    name: "connect(): an Authorization header of one's own wins over the URL's credentials",
    async run(scene) {
      let seen = "";
      const server = await answering(scene, (head) => {
        seen = head;
        return switching(head);
      });
      await scene.connect(server.url.replace("//", "//user:pass@"), {
        headers: { authorization: "Bearer t" },
      });
      assert.deepEqual(seen.match(/^authorization: .*$/gim), ["authorization: Bearer t\r".trimEnd()]);
    },
  },
  {
    name: "connect() fails: the server ends the connection without an answer",
    async run(scene) {
      for (const part of ["", "HTTP/1.1 101 Swi"]) {
        const server = await scene.rawServer(async (peer) => {
          await peer.head();
          if (part !== "") await peer.write(part);
          peer.end();
        });
        const error = await failure(scene, server.url);
        assert.equal(error.code, "connection-ended");
        await server.peers[0]?.gone();
      }
    },
  },
  {
    name: "connect() fails: the server resets the connection",
    needs: ["tcp"],
    async run(scene) {
      const server = await scene.rawServer(async (peer) => {
        await peer.head();
        peer.reset();
      });
      const error = await failure(scene, server.url);
      assert.ok(["ECONNRESET", "connection-ended"].includes(String(error.code)), String(error.code));
    },
  },
  {
    name: "connect() fails: no answer in time, or only half of one",
    async run(scene) {
      for (const part of ["", "HTTP/1.1 101 Swi"]) {
        const server = await answering(scene, () => part);
        const error = await failure(scene, server.url, { timeouts: { handshakeMs: 60 } });
        assert.equal(error.name, "HandshakeError");
        assert.equal(error.code, "timeout");
        await server.peers[0]?.gone();
      }
    },
  },
  {
    name: "connect() fails: nobody listens",
    async run(scene) {
      const server = await scene.rawServer(() => {});
      const { url } = server;
      server.close();
      assert.equal((await failure(scene, url)).code, "ECONNREFUSED");
    },
  },
  {
    name: "connect() refuses URLs that are none of WebSocket's, without a connection",
    async run(scene) {
      const server = await scene.rawServer(() => {});
      for (const url of ["ftp://x/", "nonsense", "ws://", `${server.url}#part`, "ws+unix:", ""]) {
        assert.equal((await failure(scene, url)).name, "TypeError", url);
      }
      await turns();
      assert.equal(server.peers.length, 0);
    },
  },
  {
    name: "connect() refuses headers, subprotocols and origins that can't be sent, without a connection",
    async run(scene) {
      const server = await scene.rawServer(() => {});
      const wrong: DialOptions[] = [
        { headers: { X: "a\r\nSet-Cookie: b" } },
        { headers: { X: "a\nb" } },
        { headers: { "X\r\nY": "a" } },
        { headers: { X: "€" } },
        { headers: { "Sec-WebSocket-Key": "x" } },
        { headers: { Host: "evil" } },
        { protocols: ["a b"] },
        { protocols: ["a", "a"] },
        { protocols: ["a\r\nX: y"] },
        { origin: "https://x\r\nX: y" },
      ];
      for (const options of wrong) {
        assert.equal((await failure(scene, server.url, options)).name, "TypeError", JSON.stringify(options));
      }
      for (const options of [{ maxRedirects: -1 }, { maxRedirects: 11 }, { limits: { maxFragments: 0 } }]) {
        assert.equal((await failure(scene, server.url, options)).name, "RangeError", JSON.stringify(options));
      }
      const kernel: "js" = JSON.parse('"fast"');
      assert.equal((await failure(scene, server.url, { kernel })).name, "RangeError");
      await turns(10);
      assert.equal(server.peers.length, 0);
    },
  },
  {
    name: "connect() with a signal that is aborted already never connects",
    async run(scene) {
      const server = await scene.rawServer(() => {});
      const signal = AbortSignal.abort(new Error("no longer wanted"));
      assert.equal((await failure(scene, server.url, { signal })).message, "no longer wanted");
      await turns();
      assert.equal(server.peers.length, 0);
    },
  },
  {
    name: "connect() with a signal that aborts it while it waits for an answer",
    async run(scene) {
      const control = new AbortController();
      const server = await scene.rawServer(async (peer) => {
        await peer.head();
        control.abort(new Error("no longer wanted"));
      });
      const listeners = counting(control.signal);
      const error = await failure(scene, server.url, { signal: control.signal });
      assert.equal(error.message, "no longer wanted");
      await server.peers[0]?.gone();
      assert.equal(listeners(), 0);
    },
  },
  {
    name: "connect() leaves no listener on its signal, and an abort later changes nothing",
    async run(scene) {
      const control = new AbortController();
      const listeners = counting(control.signal);
      const server = await scene.wsServer();
      const socket = await scene.connect(server.url, { signal: control.signal });
      assert.equal(listeners(), 0);
      control.abort();
      await turns();
      assert.equal(socket.state, "open");
      const refusing = await answering(scene, () => "HTTP/1.1 404 No\r\n\r\n");
      const other = new AbortController();
      const left = counting(other.signal);
      await failure(scene, refusing.url, { signal: other.signal });
      await failure(scene, "ws://127.0.0.1:1/", { signal: other.signal });
      await failure(scene, server.url, { signal: other.signal, headers: { X: "\n" } });
      assert.equal(left(), 0);
    },
  },
  {
    name: "connect(): an open() that throws ends the connection with 1011",
    async run(scene) {
      const server = await scene.wsServer();
      const recorder = new Recorder({
        open() {
          throw new Error("mine");
        },
      });
      await scene.connect(server.url, {}, recorder);
      const [frame] = (await server.peers[0]?.frames(1)) ?? [];
      assert.equal(Buffer.from(frame?.payload ?? []).toString("hex"), "03f3");
      server.peers[0]?.end();
      assert.equal(await recorder.closed(), "close 1006 INTERNAL");
      assert.deepEqual(recorder.errors.map(String), ["Error: mine"]);
    },
  },
  {
    name: "connect() works without any handlers",
    async run(scene) {
      const theirs = new Recorder();
      const server = await scene.serve({}, theirs);
      const socket = await scene.connect(server.url);
      socket.send("alone");
      await theirs.until("message");
      theirs.socket.send("nobody listens");
      theirs.socket.close(1000);
      await eventually(() => socket.state === "closed", "the end");
    },
  },
];

/** Counts the listeners that a signal has. */
function counting(signal: AbortSignal): () => number {
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  Object.assign(signal, {
    addEventListener(...args: unknown[]) {
      listeners.add(args[1]);
      return Reflect.apply(addEventListener, signal, args);
    },
    removeEventListener(...args: unknown[]) {
      listeners.delete(args[1]);
      return Reflect.apply(removeEventListener, signal, args);
    },
  });
  return () => listeners.size;
}
