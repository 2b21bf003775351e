// HTTP requests that ask for no WebSocket, of a server with the option `fetch`.
import assert from "node:assert/strict";
import { type RawPeer, request } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case, Scene } from "../scene.js";
import { soon } from "../until.js";

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
        const server = await scene.serve({ fetch, limits: { maxMessageBytes: 100 } }, {});
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
      ["answers what can't be sent", () => new Response("", { headers: { "X-Name": "\u00ff" } })],
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
