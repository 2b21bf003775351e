// What people report of other libraries' opening handshakes in public, tried on this one: docs/evidence.md has where.
import assert from "node:assert/strict";
import { masked, request, unmasked } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import { type Case, switching } from "../scene.js";
import { turns, until } from "../until.js";
import { warnings } from "./warnings.js";

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

export const fieldHandshakeCases: readonly Case[] = [
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
      name: `two cookies that upgrade gives as ${how} are two lines`,
      async run(scene) {
        const server = await scene.serve({ upgrade: () => ({ headers: make() }) }, {});
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
      name: `the target ${target} harms no other connection and names no other host`,
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
    needs: ["tcp", "ipv6"],
    async run(scene) {
      const hosts: string[] = [];
      const upgrade = ({ host }: { host: string }) => void hosts.push(host);
      const recorder = new Recorder();
      const server = await scene.adapter.serve({ host: "::1", upgrade }, recorder);
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
