// HTTP requests that ask for no WebSocket, of a server with the option `fetch`.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { certificate } from "../../support/certificate.js";
import type { ListenOptions } from "../adapter.js";
import { type RawPeer, request } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case, Scene } from "../scene.js";
import { soon, turns } from "../until.js";

function plain(start: string, ...lines: readonly string[]): string {
  return [start, "Host: example.org:8080", ...lines, "", ""].join("\r\n");
}

/** Asks, and takes all that comes until the end. */
async function answer(scene: Scene, where: { port: number }, ...parts: readonly string[]): Promise<string> {
  const peer = await scene.raw(where);
  for (const part of parts) await peer.write(part);
  return whole(peer);
}

async function whole(peer: RawPeer): Promise<string> {
  await peer.gone();
  assert.equal(peer.error, undefined);
  return peer.text;
}

interface Refusal {
  readonly name: string;
  readonly request: string;
  readonly status: number;
}

const REFUSALS: readonly Refusal[] = [
  { name: "no Host", request: "GET / HTTP/1.1\r\n\r\n", status: 400 },
  { name: "a host that no URL has", request: "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", status: 400 },
  { name: "another host in the target", request: plain("GET http://evil.example/ HTTP/1.1"), status: 400 },
  { name: "a transfer coding", request: plain("POST / HTTP/1.1", "Transfer-Encoding: chunked"), status: 411 },
  {
    name: "two lengths",
    request: plain("POST / HTTP/1.1", "Content-Length: 1", "Content-Length: 1"),
    status: 400,
  },
  {
    name: "a length that is no number",
    request: plain("POST / HTTP/1.1", "Content-Length: +1"),
    status: 400,
  },
  { name: "content over the limit", request: plain("POST / HTTP/1.1", "Content-Length: 101"), status: 413 },
  { name: "a method that no Request has", request: plain("TRACE / HTTP/1.1"), status: 501 },
];

/** What load balancers and old tools send. */
const UNNAMED: readonly { asked: string; url: string }[] = [
  { asked: "OPTIONS / HTTP/1.0\r\n\r\n", url: "http://localhost/" },
  { asked: "GET /health?deep HTTP/1.0\r\n\r\n", url: "http://localhost/health?deep" },
  { asked: "GET http://example.org/health HTTP/1.0\r\n\r\n", url: "http://example.org/health" },
  {
    asked: "GET /health HTTP/1.0\r\nHost: backend:8080\r\nConnection: close\r\n\r\n",
    url: "http://backend:8080/health",
  },
  {
    asked: "POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab",
    url: "http://localhost/",
  },
];

/** A handler that does what the signal says, in one of the ways that there are. */
const ABORTING: readonly { name: string; obey(signal: AbortSignal): unknown }[] = [
  { name: "throws its reason", obey: (signal) => signal.throwIfAborted() },
  {
    name: "throws an AbortError",
    obey: () => {
      throw new DOMException("enough", "AbortError");
    },
  },
  { name: "waits for what is aborted", obey: (signal) => sleep(60_000, undefined, { signal }) },
];

export const plainCases: readonly Case[] = [
  {
    name: "without fetch, a plain request gets 426",
    async run(scene) {
      const server = await scene.serve({}, {});
      assert.match(await answer(scene, server, plain("GET / HTTP/1.1")), /^HTTP\/1\.1 426 /);
    },
  },
  {
    name: "fetch answers a request, and WebSockets open beside it",
    async run(scene) {
      const seen: unknown[] = [];
      const server = await scene.serve(
        {
          fetch(asked, info) {
            seen.push(asked.method, asked.url, asked.headers.get("x-name"), info.remoteAddress);
            return new Response("hello\n", { headers: { "X-Answer": "42", Connection: "keep-alive" } });
          },
        },
        {},
      );
      const text = await answer(scene, server, plain("GET /a/b?c HTTP/1.1", "X-Name: value"));
      assert.deepEqual(seen, ["GET", "http://example.org:8080/a/b?c", "value", "127.0.0.1"]);
      const [head = "", body] = text.split("\r\n\r\n");
      const [status, ...fields] = head.toLowerCase().split("\r\n");
      assert.equal(status, "http/1.1 200 ok");
      const date = fields.splice(0, 1).join();
      assert.match(date, /^date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d gmt$/);
      assert.ok(Math.abs(Date.parse(date.slice(6)) - Date.now()) < 60_000, date);
      assert.deepEqual(fields.sort(), [
        "connection: close",
        "content-length: 6",
        "content-type: text/plain;charset=utf-8",
        "x-answer: 42",
      ]);
      assert.equal(body, "hello\n");
      await scene.client(server);
      assert.equal(server.connections.size, 1);
    },
  },
  ...UNNAMED.map(
    ({ asked, url }): Case => ({
      name: `HTTP/1.0 is served: ${JSON.stringify(asked)}`,
      async run(scene) {
        const seen: string[] = [];
        const server = await scene.serve(
          {
            async fetch(given) {
              seen.push(given.method, given.url, await given.text());
              return new Response("healthy");
            },
          },
          {},
        );
        const text = await answer(scene, server, asked);
        assert.match(
          text,
          /^HTTP\/1\.1 200 OK\r\n/,
          "the highest version with that major one (RFC 9110 section 2.5)",
        );
        assert.match(text, /\r\nConnection: close\r\n[\s\S]*\r\n\r\nhealthy$/);
        const [head = "", content = ""] = asked.split("\r\n\r\n");
        assert.deepEqual(seen, [head.split(" ")[0], url, content]);
      },
    }),
  ),
  {
    name: "an upgrade in HTTP/1.0 gets 400, beside fetch as well",
    async run(scene) {
      const server = await scene.serve({ fetch: () => new Response("no") }, {});
      const text = await answer(scene, server, request({}, "GET /chat HTTP/1.0"));
      assert.match(text, /^HTTP\/1\.1 400 /);
      assert.equal(server.connections.size, 0);
    },
  },
  ...(
    [
      ["OPTIONS * HTTP/1.1", "http://example.org:8080/"],
      ["OPTIONS /a HTTP/1.1", "http://example.org:8080/a"],
      ["GET /a/../admin HTTP/1.1", "http://example.org:8080/admin"],
      ["GET /a/%2e%2E/admin?../x HTTP/1.1", "http://example.org:8080/admin?../x"],
      ["GET /a\\..\\admin HTTP/1.1", "http://example.org:8080/admin"],
      ["GET //admin HTTP/1.1", "http://example.org:8080//admin"],
      ["GET http://example.org:8080/./admin HTTP/1.1", "http://example.org:8080/admin"],
      ["GET /admin HTTP/1.7", "http://example.org:8080/admin"],
    ] as const
  ).map(
    ([start, url]): Case => ({
      name: `the URL of ${start} is ${url}, and upgrade sees the same`,
      async run(scene) {
        const seen: string[] = [];
        const server = await scene.serve(
          {
            fetch(given) {
              seen.push(given.url);
              return new Response();
            },
            upgrade({ host, path, query, target }) {
              seen.push(`http://${host}${path}${query === undefined ? "" : `?${query}`}`);
              assert.equal(target, start.split(" ")[1]);
              return { status: 403 };
            },
          },
          {},
        );
        await answer(scene, server, plain(start));
        if (start.startsWith("GET"))
          await answer(scene, server, request({ Host: "example.org:8080" }, start));
        assert.deepEqual(seen, start.startsWith("GET") ? [url, url] : [url]);
      },
    }),
  ),
  {
    name: "an answer's header and phrase may hold Latin-1, a byte for each character",
    async run(scene) {
      const server = await scene.serve(
        { fetch: () => new Response("\u20ac", { headers: { "X-Name": "caf\u00e9 \u0080\u00ff" } }) },
        {},
      );
      const text = await answer(scene, server, plain("GET / HTTP/1.1"));
      assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
      assert.match(text, /\r\nx-name: caf\u00e9 \u0080\u00ff\r\n/i);
      assert.match(text, /\r\nContent-Length: 3\r\n[\s\S]*\r\n\r\n\u00e2\u0082\u00ac$/);
    },
  },
  {
    name: "a date of the application's own is the only one",
    async run(scene) {
      const server = await scene.serve(
        { fetch: () => new Response("", { headers: { Date: "Sun, 06 Nov 1994 08:49:37 GMT" } }) },
        {},
      );
      const text = await answer(scene, server, plain("GET / HTTP/1.1"));
      assert.deepEqual(
        text.match(/^date: .*$/gim)?.map((line) => line.slice(6)),
        ["Sun, 06 Nov 1994 08:49:37 GMT"],
      );
    },
  },
  {
    name: "a request with content is whole when fetch gets it, however it was cut",
    async run(scene) {
      const server = await scene.serve(
        { fetch: async (asked) => new Response(`got ${await asked.text()}`, { status: 201 }) },
        {},
      );
      const head = plain("POST /form HTTP/1.1", "Content-Length: 10");
      // What is behind the content is no second request.
      const text = await answer(
        scene,
        server,
        head.slice(0, 9),
        `${head.slice(9)}01`,
        "2345",
        "6789GET / HTTP/1.1\r\n",
      );
      assert.match(text, /^HTTP\/1\.1 201 Created\r\n[\s\S]*\r\n\r\ngot 0123456789$/);
    },
  },
  {
    name: "a client that waits for 100 gets it",
    async run(scene) {
      const server = await scene.serve({ fetch: async (asked) => new Response(await asked.text()) }, {});
      const peer = await scene.raw(server);
      await peer.write(plain("PUT / HTTP/1.1", "Content-Length: 3", "Expect: 100-continue"));
      assert.equal(await peer.head(), "HTTP/1.1 100 Continue\r\n\r\n");
      await peer.write("abc");
      assert.match(await whole(peer), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nabc$/);
    },
  },
  {
    name: "HEAD, 204 and 304 are answered without content",
    async run(scene) {
      const server = await scene.serve(
        {
          fetch: (asked) =>
            asked.method === "HEAD"
              ? new Response("12345")
              : new Response(null, { status: Number(new URL(asked.url).pathname.slice(1)) }),
        },
        {},
      );
      assert.match(
        await answer(scene, server, plain("HEAD / HTTP/1.1")),
        /Content-Length: 5\r\n(.+\r\n)*\r\n$/,
      );
      for (const status of [204, 304]) {
        const text = await answer(scene, server, plain(`GET /${status} HTTP/1.1`));
        assert.match(text, new RegExp(`^HTTP/1.1 ${status} [^\0]*\r\n\r\n$`));
        assert.doesNotMatch(text, /content-length/i);
      }
    },
  },
  {
    name: "a long answer arrives whole at a slow reader",
    async run(scene) {
      const length = 4 << 20;
      const server = await scene.serve({ fetch: () => new Response(new Uint8Array(length).fill(0x61)) }, {});
      const peer = await scene.raw(server);
      peer.stopReading();
      await peer.write(plain("GET / HTTP/1.1"));
      await new Promise((resolve) => setImmediate(resolve));
      peer.read();
      const text = await whole(peer);
      assert.equal(text.length - text.indexOf("\r\n\r\n") - 4, length);
    },
  },
  ...REFUSALS.map(
    ({ name, request: asked, status }): Case => ({
      name: `refused before fetch: ${name}, ${status}`,
      async run(scene) {
        let calls = 0;
        const fetch = () => {
          calls++;
          return new Response();
        };
        const server = await scene.serve({ fetch, limits: { maxContentBytes: 100 } }, {});
        assert.match(await answer(scene, server, asked), new RegExp(`^HTTP/1.1 ${status} `));
        assert.equal(calls, 0);
      },
    }),
  ),
  {
    name: "an upgrade that is malformed does not get to fetch",
    async run(scene) {
      const server = await scene.serve({ fetch: () => new Response("no") }, {});
      const text = await answer(scene, server, request({ "Sec-WebSocket-Key": undefined }));
      assert.match(text, /^HTTP\/1\.1 400 /);
    },
  },
  ...(
    [
      ["throws", () => Promise.reject(new Error("mine"))],
      ["answers what can't be sent", () => Response.error()],
    ] as const
  ).map(
    ([name, fetch]): Case => ({
      name: `fetch that ${name} becomes 500, and error gets to know`,
      async run(scene) {
        const recorder = new Recorder();
        const server = await scene.serve({ fetch }, recorder);
        assert.match(await answer(scene, server, plain("GET / HTTP/1.1")), /^HTTP\/1\.1 500 /);
        await recorder.until("error");
      },
    }),
  ),
  {
    name: "no whole content in time is 408, no answer in time 503, and the request's signal tells",
    async run(scene) {
      let aborted: Promise<unknown> | undefined;
      const server = await scene.serve(
        {
          timeouts: { handshakeMs: 60 },
          fetch(asked) {
            aborted = new Promise((resolve) => asked.signal.addEventListener("abort", resolve));
            return new Promise(() => {});
          },
        },
        {},
      );
      const part = plain("POST / HTTP/1.1", "Content-Length: 10");
      assert.match(await answer(scene, server, part, "12"), /^HTTP\/1\.1 408 /);
      assert.match(await answer(scene, server, plain("GET / HTTP/1.1")), /^HTTP\/1\.1 503 /);
      assert.ok(aborted);
      await soon(aborted, "the signal");
    },
  },
  {
    name: "the request's signal tells that the client has left, and nothing of it stays",
    needs: ["tcp"],
    async run(scene) {
      let asked: Request | undefined;
      const server = await scene.serve(
        {
          fetch(given) {
            asked = given;
            return new Promise(() => {});
          },
        },
        {},
      );
      const peer = await scene.raw(server);
      await peer.write(plain("GET / HTTP/1.1"));
      await scene.eventually(() => asked !== undefined, "the request");
      peer.reset();
      await scene.eventually(() => asked?.signal.aborted === true, "the signal");
      await soon(server.close(), "the server to close");
    },
  },
  ...ABORTING.map(
    ({ name, obey }): Case => ({
      name: `fetch that ${name}, as the client has left or the time was up, is no error; another one is`,
      needs: ["tcp"],
      async run(scene) {
        const recorder = new Recorder();
        let asked = 0;
        let over = 0;
        const server = await scene.serve(
          {
            timeouts: { handshakeMs: 100 },
            async fetch({ signal, url }) {
              asked++;
              await new Promise((resolve) => signal.addEventListener("abort", resolve));
              // All work that waited for the next turn has run.
              setImmediate(() => over++);
              if (url.endsWith("/other")) throw new Error("mine");
              await obey(signal);
              return new Response();
            },
          },
          recorder,
        );
        for (const path of ["/", "/other"]) {
          const peer = await scene.raw(server);
          await peer.write(plain(`GET ${path} HTTP/1.1`));
          await scene.eventually(() => asked > over, "the request");
          peer.reset();
          await scene.eventually(() => over === asked, "the handler's end");
          assert.match(await answer(scene, server, plain(`GET ${path} HTTP/1.1`)), /^HTTP\/1\.1 503 /);
          await scene.eventually(() => over === asked, "the handler's end");
        }
        await recorder.until("error", 2);
        await turns();
        assert.deepEqual(recorder.log, ["error Error: mine", "error Error: mine"]);
      },
    }),
  ),
  ...[false, true].map(
    (secure): Case => ({
      name: `a client that ends its side behind its request gets its answer${secure ? ", over TLS as well" : ""}`,
      needs: secure ? ["tcp", "tls"] : ["tcp"],
      async run(scene) {
        let answerNow: () => void = () => {};
        let asked = 0;
        const options: ListenOptions = {
          async fetch(given) {
            asked++;
            const text = await given.text();
            await new Promise<void>((resolve) => {
              answerNow = resolve;
            });
            return new Response(`got ${text}`);
          },
        };
        const tls = secure ? certificate() : undefined;
        const server = await scene.serve(tls === undefined ? options : { ...options, tls }, {});
        const where = tls === undefined ? server : { port: server.port, ca: tls.cert };
        for (const [i, asking] of [
          `${plain("POST / HTTP/1.1", "Content-Length: 2")}ab`,
          `${plain("POST / HTTP/1.1", "Content-Length: 100000")}${"a".repeat(100_000)}`,
          "POST / HTTP/1.0\r\n\r\n",
        ].entries()) {
          const peer = await scene.raw(where);
          void peer.write(asking);
          peer.end();
          await scene.eventually(() => asked === i + 1, "the request");
          // The end has arrived as well.
          await turns(10);
          answerNow();
          const text = await whole(peer);
          assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
          assert.ok(text.endsWith(`\r\n\r\ngot ${asking.split("\r\n\r\n")[1]}`), text.slice(-100));
        }
      },
    }),
  ),
  {
    name: "content has a limit of its own, whatever maxMessageBytes is, and one for all that come at a time",
    async run(scene) {
      const server = await scene.serve(
        {
          limits: { maxMessageBytes: 10, maxTotalContentBytes: 2 << 20 },
          fetch: async (asked) => new Response(String((await asked.text()).length)),
        },
        {},
      );
      const post = (length: number) => plain("POST / HTTP/1.1", `Content-Length: ${length}`);
      assert.match(await answer(scene, server, post((1 << 20) + 1)), /^HTTP\/1\.1 413 /);
      const content = "a".repeat(1 << 20);
      // Cut into blocks on its way, and whole when it arrives.
      assert.match(await answer(scene, server, post(1 << 20), content), /\r\n\r\n1048576$/);
      const peers = await Promise.all([1, 2, 3].map(() => scene.raw(server)));
      for (const peer of peers) void peer.write(post(1 << 20), content.slice(0, -1));
      const isRefused = (peer: RawPeer): boolean => peer.text.startsWith("HTTP/1.1 503 ");
      await scene.eventually(() => peers.some(isRefused), "one that there is no room for");
      for (const peer of peers) {
        if (isRefused(peer)) continue;
        await peer.write("a");
        assert.match(await whole(peer), /\r\n\r\n1048576$/);
      }
      assert.equal(peers.filter(isRefused).length, 1);
      assert.match(await answer(scene, server, post(400_000), content.slice(0, 400_000)), /\r\n\r\n400000$/);
    },
  },
  {
    name: "a server that closes ends plain requests that nobody has answered",
    async run(scene) {
      let calls = 0;
      const server = await scene.serve(
        {
          fetch() {
            calls++;
            return new Promise(() => {});
          },
        },
        {},
      );
      const peer = await scene.raw(server);
      await peer.write(plain("GET / HTTP/1.1"));
      await scene.eventually(() => calls === 1, "the request");
      await soon(server.close(), "the server to close");
      await peer.gone();
    },
  },
];
