// What people report of other WebSocket libraries in public, tried on this one: docs/evidence.md has where.
import assert from "node:assert/strict";
import type { Socket } from "../../../src/adapter/handlers.js";
import { masked, request, unmasked } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import { type Case, type Scene, switching } from "../scene.js";
import { turns, until } from "../until.js";
import { onlyClose, pair } from "./pair.js";

/** Keeps the event loop busy. What comes in the meantime waits in the system. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** Longer than all time-outs of a case together. */
const BLOCKED_MS = 500;
const SHORT_MS = 100;

/** The warnings of the process from now on. */
function warnings(scene: Scene): Error[] {
  const seen: Error[] = [];
  const onWarning = (warning: Error): void => {
    seen.push(warning);
  };
  process.on("warning", onWarning);
  scene.after(() => process.off("warning", onWarning));
  return seen;
}

/** The values of the header lines of this name. */
function lines(head: string, name: string): string[] {
  const found = head.matchAll(new RegExp(`^${name}: (.*)\r$`, "gim"));
  return [...found].map(([, value = ""]) => value);
}

const COOKIES = ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2; Path=/"] as const;

function cookieHeaders(): Headers {
  const headers = new Headers();
  for (const cookie of COOKIES) headers.append("Set-Cookie", cookie);
  return headers;
}

/** Each leads a URL parser astray that is given the target alone. */
const TARGETS = [
  "//",
  "//[]/chat",
  "//evil.example/chat",
  "/\\evil.example/",
  "/%",
  "/..//../",
  "/?//[",
  "/:@x",
];

export const fieldCases: readonly Case[] = [
  {
    name: "a process that is busy for longer than its time-outs finds the pong that waits",
    async run(scene) {
      const { peer, recorder } = await pair(scene, { timeouts: { idleMs: SHORT_MS, graceMs: SHORT_MS } });
      for (let round = 0; round < 3; round++) {
        await peer.expect("89 00");
        const sent = peer.write(masked("8a 00 |"));
        block(BLOCKED_MS);
        await sent;
      }
      await recorder.until("pong", 3);
      assert.equal(recorder.count("close"), 0);
    },
  },
  {
    name: "a process that is busy for longer than its time-outs finds the Close that waits",
    async run(scene) {
      const { peer, recorder } = await pair(scene, { timeouts: { closeMs: SHORT_MS } });
      recorder.socket.close(1000);
      await peer.expect("88 02 03 e8");
      const sent = peer.write(masked("88 02 | 03 e8"));
      peer.end();
      block(BLOCKED_MS);
      await sent;
      await onlyClose(recorder, "close 1000 clean");
    },
  },
  {
    name: "a process that is busy for longer than its time-outs finds the request that waits",
    async run(scene) {
      const server = await scene.serve({ timeouts: { handshakeMs: SHORT_MS } }, {});
      const peer = await scene.raw(server);
      await peer.write("GET /chat HTTP/1.1\r\n");
      await turns();
      const sent = peer.write(request().slice("GET /chat HTTP/1.1\r\n".length));
      block(BLOCKED_MS);
      await sent;
      assert.match(await peer.head(), /^HTTP\/1\.1 101 /);
    },
  },
  {
    name: "a process that is busy for longer than its time-outs finds the answer that waits",
    async run(scene) {
      const server = await scene.rawServer(async (peer) => {
        const sent = peer.write(switching(await peer.head()));
        block(BLOCKED_MS);
        await sent;
      });
      const socket = await scene.connect(server.url, { timeouts: { handshakeMs: SHORT_MS } });
      assert.equal(socket.state, "open");
    },
  },
  ...["HTTP/1.1 101", "HTTP/1.1 101 ", "HTTP/1.1 101 Web Socket Protocol Handshake"].map(
    (status): Case => ({
      name: `connect() takes the status line ${JSON.stringify(status)}`,
      async run(scene) {
        const server = await scene.rawServer(async (peer) => {
          await peer.write(switching(await peer.head()).replace(/^.*\r/, `${status}\r`));
        });
        await scene.connect(server.url);
      },
    }),
  ),
  ...["Content-Length: 0", "Content-Length: 5", "Transfer-Encoding: chunked", "Connection: keep-alive"].map(
    (line): Case => ({
      name: `connect() takes ${line} in a 101, and frames behind it are frames`,
      async run(scene) {
        const server = await scene.rawServer(async (peer) => {
          const head = switching(await peer.head(), `${line}\r\n`);
          await peer.write(head, unmasked("81 05 | 'early'"));
        });
        const recorder = new Recorder();
        await scene.connect(server.url, {}, recorder);
        await recorder.until("message");
        assert.deepEqual(recorder.messages, ["early"]);
      },
    }),
  ),
  ...(["websocket, websocket", ["websocket", "websocket"], ["h2c", "WebSocket"]] as const).map(
    (value): Case => ({
      name: `an upgrade that a proxy has made of two is one: ${JSON.stringify(value)}`,
      async run(scene) {
        const server = await scene.serve({}, {});
        await scene.client(
          server,
          request({ Upgrade: value, Connection: ["upgrade", "keep-alive, Upgrade"] }),
        );
      },
    }),
  ),
  ...[
    "permessage-deflate; client_max_window_bits=16",
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    'permessage-deflate; client_no_context_takeover="true"',
    "permessage-deflate; server_max_window_bits",
    'x; y="permessage-deflate", permessage-deflate; nonsense=1, permessage-deflate; nonsense',
  ].map(
    (offer): Case => ({
      name: `an offer that can't be taken is declined, no more: ${offer}`,
      async run(scene) {
        const { server } = await scene.echo();
        const peer = await scene.raw(server);
        await peer.write(request({ "Sec-WebSocket-Extensions": offer }), masked("81 02 | 'on'"));
        const head = await peer.head();
        assert.match(head, /^HTTP\/1\.1 101 /);
        assert.deepEqual(lines(head, "Sec-WebSocket-Extensions"), []);
        await peer.expect("81 02 'on'");
      },
    }),
  ),
  ...[
    { how: "Headers", make: cookieHeaders },
    { how: "pairs", make: () => COOKIES.map((cookie) => ["Set-Cookie", cookie] as const) },
    {
      how: "a Map's entries",
      make: () =>
        new Map([
          ["Set-Cookie", COOKIES[0]],
          ["set-cookie", COOKIES[1]],
        ]),
    },
  ].map(
    ({ how, make }): Case => ({
      name: `two cookies that verify gives as ${how} are two lines`,
      async run(scene) {
        const server = await scene.serve({ verify: () => ({ headers: make() }) }, {});
        const peer = await scene.raw(server);
        await peer.write(request());
        assert.deepEqual(lines(await peer.head(), "Set-Cookie"), COOKIES);
      },
    }),
  ),
  {
    name: "two cookies in the answer of fetch are two lines",
    async run(scene) {
      const server = await scene.serve({ fetch: () => new Response("", { headers: cookieHeaders() }) }, {});
      const peer = await scene.raw(server);
      await peer.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assert.deepEqual(lines(await peer.head(), "Set-Cookie"), COOKIES);
    },
  },
  ...TARGETS.map(
    (target): Case => ({
      name: `the target ${target} harms nobody and names no other host`,
      async run(scene) {
        const seen: string[] = [];
        const fetch = (asked: Request): Response => {
          seen.push(new URL(asked.url).host);
          return new Response("mine");
        };
        const server = await scene.serve({ fetch }, {});
        const upgrading = await scene.raw(server);
        await upgrading.write(request({}, `GET ${target} HTTP/1.1`));
        assert.match(await upgrading.head(), /^HTTP\/1\.1 (101|400) /);
        const plain = await scene.raw(server);
        await plain.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
        assert.match(await plain.head(), /^HTTP\/1\.1 (200|400) /);
        assert.deepEqual(new Set([...seen, "localhost"]), new Set(["localhost"]));
        await scene.client(server);
      },
    }),
  ),
  {
    name: "the remote address is known from open to close, and after it",
    needs: ["tcp"],
    async run(scene) {
      const seen: string[] = [];
      const note = (socket: Socket) => void seen.push(socket.remoteAddress);
      const recorder = new Recorder({ open: note, close: note });
      const server = await scene.serve({}, recorder);
      const polite = await scene.client(server);
      await polite.write(masked("88 00 |"));
      polite.end();
      await recorder.until("close", 1);
      const lost = await scene.client(server);
      lost.reset();
      await recorder.until("close", 2);
      await scene.client(server);
      for (const socket of server.connections.values()) socket.terminate();
      await recorder.until("close", 3);
      assert.deepEqual(new Set(seen), new Set(["127.0.0.1"]));
      assert.equal(recorder.socket.remoteAddress, "127.0.0.1");
    },
  },
  {
    name: "one signal for many attempts at once, and one after the other, is worth no warning",
    async run(scene) {
      const seen = warnings(scene);
      const { signal } = new AbortController();
      const server = await scene.wsServer();
      const attempts = Array.from({ length: 32 }, () => scene.connect(server.url, { signal }));
      await Promise.all(attempts);
      for (let i = 0; i < 32; i++) await scene.connect(server.url, { signal });
      await turns();
      assert.deepEqual(seen, []);
    },
  },
  {
    name: "one signal gives up all the attempts that still wait, with its reason, and no other",
    async run(scene) {
      const control = new AbortController();
      const { signal } = control;
      const answering = await scene.wsServer();
      const open = await scene.connect(answering.url, { signal });
      const silent = await scene.rawServer(() => {});
      const attempts = Array.from({ length: 12 }, () => scene.adapter.connect(silent.url, { signal }));
      await until(() => silent.peers.length === 12, "12 connections");
      const other = scene.connect(answering.url, { signal: new AbortController().signal });
      control.abort(new Error("no longer wanted"));
      for (const attempt of attempts) await assert.rejects(attempt, { message: "no longer wanted" });
      await scene.eventually(() => silent.peers.every((peer) => peer.ended || peer.closed), "their end");
      assert.equal((await other).state, "open");
      assert.equal(open.state, "open");
    },
  },
  ...[2 ** 31, 2 ** 32 + 1, 2 ** 40, Number.MAX_SAFE_INTEGER].map(
    (long): Case => ({
      name: `time-outs of ${long} ms do not fire at once`,
      async run(scene) {
        const seen = warnings(scene);
        const timeouts = { handshakeMs: long, idleMs: long, graceMs: long, closeMs: long };
        const recorder = new Recorder();
        const server = await scene.serve({ timeouts }, recorder);
        await scene.raw(server);
        const peer = await scene.client(server);
        const ours = new Recorder();
        await scene.connect(server.url, { timeouts }, ours);
        // It measures the time in which what must not come would have come.
        const clock = await pair(scene, { timeouts: { idleMs: SHORT_MS } });
        await clock.peer.expect("89 00");
        assert.equal(peer.byteLength, 0);
        assert.equal(recorder.count("close") + ours.count("close") + ours.count("ping"), 0);
        assert.deepEqual(seen, []);
      },
    }),
  ),
  {
    name: "a relay that hands on the code of a connection that broke gets a RangeError, and nobody else does",
    needs: ["tcp"],
    async run(scene) {
      const others: Socket[] = [];
      const recorder = new Recorder({
        open: (socket) => void others.push(socket),
        close: (_, event) => others[1]?.close(event.code, event.reason),
      });
      const server = await scene.serve({}, recorder);
      const lost = await scene.client(server);
      const peer = await scene.client(server);
      lost.reset();
      const refusals = () => recorder.errors.filter((error) => error instanceof RangeError).length;
      await until(() => refusals() > 0, "the RangeError");
      assert.equal(refusals(), 1);
      assert.equal(others[1]?.state, "open", "misuse changes nothing");
      others[1]?.close();
      await peer.expect("88 00");
      await scene.client(server);
    },
  },
  ...(["terminate", "close"] as const).map(
    (how): Case => ({
      name: `connections may ${how} while an application walks over them`,
      async run(scene) {
        const recorder = new Recorder();
        const server = await scene.serve({}, recorder);
        const peers = [];
        for (let i = 0; i < 8; i++) peers.push(await scene.client(server));
        let walked = 0;
        for (const [, socket] of server.connections) {
          walked++;
          server.broadcast("bye");
          socket[how]();
          for (const other of server.connections.values()) if (other.id % 2 === 0) other[how]();
        }
        assert.ok(walked >= 1 && walked <= 8);
        for (const peer of peers) {
          if (how === "close") await until(() => peer.byteLength >= 2, "a Close");
          peer.end();
        }
        await recorder.until("close", 8);
        await scene.connections(server, 0);
        assert.equal(recorder.count("error"), 0);
      },
    }),
  ),
  {
    name: "handlers of close may close again, close others and connect anew",
    async run(scene) {
      const server = await scene.serve({}, {});
      const all: Socket[] = [];
      const connect = async (): Promise<void> => void all.push(await scene.connect(server.url, {}, ours));
      const ours: Recorder = new Recorder({
        async close(socket) {
          socket.close(1000, "again");
          socket.terminate();
          assert.equal(socket.send("no"), "dropped");
          for (const other of all) other.close(4000);
          if (ours.count("open") >= 16) return;
          await connect();
          all.at(-1)?.close(1000);
        },
      });
      await connect();
      all[0]?.close(1000);
      await ours.until("close", 16);
      await scene.connections(server, 0);
      assert.deepEqual(ours.errors, []);
    },
  },
  ...(["text", "binary"] as const).map(
    (type): Case => ({
      name: `empty ${type} messages arrive, each, however they are cut`,
      async run(scene) {
        const { server, recorder } = await scene.echo();
        const peer = await scene.client(server);
        const code = type === "text" ? "81" : "82";
        await peer.write(masked(`${code} 00 |`, `${code} 00 |`));
        for (const byte of masked(`${code} 00 |`, `0${code[1]} 00 |`, "00 00 |", "80 00 |", `${code} 00 |`)) {
          await peer.write(Uint8Array.of(byte));
        }
        await peer.expect(`${code} 00 `.repeat(5));
        assert.equal(recorder.count("message"), 5);
        const ours = new Recorder();
        const socket = await scene.connect(server.url, {}, ours);
        socket.send(type === "text" ? "" : new Uint8Array(0));
        await ours.until("message");
        assert.equal(ours.messages[0]?.length, 0);
      },
    }),
  ),
  ...(["ended", "reset"] as const).map(
    (how): Case => ({
      name: `a peer that has ${how} while its socket was paused is found gone when it is resumed`,
      needs: ["pause", "tcp"],
      async run(scene) {
        const { peer, recorder } = await pair(scene);
        recorder.socket.pause();
        await turns();
        if (how === "ended") peer.end();
        else peer.reset();
        await turns(20);
        recorder.socket.resume();
        await onlyClose(recorder, "close 1006");
      },
    }),
  ),
  ...(["ended", "reset", "there"] as const).flatMap((how) =>
    (["close", "terminate"] as const).map(
      (end): Case => ({
        name: `${end}() of a paused socket whose peer is ${how} leaves no descriptor`,
        needs: ["pause", "tcp"],
        async run(scene) {
          const recorder = new Recorder();
          const server = await scene.serve({ timeouts: { closeMs: SHORT_MS } }, recorder);
          const before = scene.adapter.openSockets();
          const peer = await scene.client(server);
          await recorder.until("open");
          recorder.socket.pause();
          await turns();
          if (how === "ended") peer.end();
          if (how === "reset") peer.reset();
          await turns(20);
          recorder.socket[end]();
          await recorder.until("close");
          peer.destroy();
          await scene.eventually(
            () => scene.adapter.openSockets() <= before,
            () => `${before} descriptors, there are ${scene.adapter.openSockets()}`,
          );
        },
      }),
    ),
  ),
  {
    name: "a client that pauses and closes leaves no descriptor",
    needs: ["pause", "tcp"],
    async run(scene) {
      const server = await scene.serve({}, {});
      const before = scene.adapter.openSockets();
      const ours = new Recorder();
      const sockets = await Promise.all(
        Array.from({ length: 20 }, () => scene.connect(server.url, {}, ours)),
      );
      for (const socket of sockets) {
        socket.pause();
        socket.close();
      }
      await ours.until("close", 20);
      await scene.eventually(
        () => scene.adapter.openSockets() <= before,
        () => `${before} descriptors, there are ${scene.adapter.openSockets()}`,
      );
    },
  },
  ...[
    "my_app:8080",
    "my_app",
    "EXAMPLE.org.",
    "xn--bcher-kva.example",
    "[::1]:80",
    "a:",
    "1.2.3.4:65535",
  ].map(
    (host): Case => ({
      name: `the host ${host} is a host`,
      async run(scene) {
        const server = await scene.serve({ fetch: (asked) => new Response(asked.url) }, {});
        await scene.client(server, request({ Host: host }));
        const plain = await scene.raw(server);
        await plain.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        assert.match(await plain.head(), /^HTTP\/1\.1 200 /);
      },
    }),
  ),
  ...["at once", "when it is connected", "when it has asked"].map(
    (when): Case => ({
      name: `an attempt that is given up ${when} leaves nothing to catch, by ws: and by wss:`,
      needs: ["tls"],
      async run(scene) {
        for (const scheme of ["ws", "wss"]) {
          const control = new AbortController();
          const server = await scene.rawServer(async (peer) => {
            if (when === "when it is connected") control.abort();
            await until(() => peer.byteLength > 0 || peer.closed, "its request");
            if (when === "when it has asked") control.abort();
          });
          const attempt = scene.adapter.connect(server.url.replace("ws", scheme), { signal: control.signal });
          if (when === "at once") control.abort();
          await assert.rejects(attempt, { name: "AbortError" });
          await scene.eventually(() => server.peers.every((peer) => peer.ended || peer.closed), "its end");
        }
      },
    }),
  ),
  {
    name: "an IPv6 address keeps its brackets in Host, and has none as a remote address",
    needs: ["tcp"],
    async run(scene) {
      const hosts: string[] = [];
      const verify = ({ host }: { host: string }) => void hosts.push(host);
      const recorder = new Recorder();
      const server = await scene.adapter.serve({ host: "::1", verify }, recorder);
      scene.after(() => server.close({ timeoutMs: 1 }));
      await scene.connect(server.url);
      assert.deepEqual(hosts, [`[::1]:${server.port}`]);
      assert.equal(server.url, `ws://[::1]:${server.port}`);
      assert.equal(recorder.socket.remoteAddress, "::1");
    },
  },
  {
    name: "an IPv6 address with a zone is no URL, and refused as such",
    async run(scene) {
      for (const url of ["ws://[fe80::1%25lo]/", "ws://[fe80::1%lo]/", "ws://fe80::1/"]) {
        await assert.rejects(scene.adapter.connect(url), TypeError, url);
      }
    },
  },
];
