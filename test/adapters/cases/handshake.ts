// Cases: requests that a server accepts or refuses in the opening handshake.
import assert from "node:assert/strict";
import type { ListenOptions } from "../adapter.js";
import { masked, request, SAMPLE_ACCEPT, SAMPLE_KEY } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import { type Case, switching } from "../scene.js";
import { turns, until } from "../until.js";

interface Refusal {
  readonly name: string;
  readonly request: string;
  readonly status: number;
  /** A header line that the answer must have. */
  readonly header?: string;
  readonly options?: ListenOptions;
}

const lines = (count: number): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`X-${i}`, "1"]));

/** The rows of the opening handshake, as a server. */
const REFUSALS: readonly Refusal[] = [
  { name: "POST", request: request({}, "POST /chat HTTP/1.1"), status: 405, header: "Allow: GET" },
  { name: "HTTP/1.0", request: request({}, "GET /chat HTTP/1.0"), status: 400 },
  { name: "no Host", request: request({ Host: undefined }), status: 400 },
  { name: "two Hosts", request: request({ Host: ["a", "a"] }), status: 400 },
  { name: "a request line of two words", request: request({}, "GET /chat"), status: 400 },
  { name: "a control character in the target", request: request({}, "GET /\x01 HTTP/1.1"), status: 400 },
  { name: "a space before a colon", request: request({ "X ": "1" }), status: 400 },
  { name: "a header without a colon", request: "GET / HTTP/1.1\r\nHost\r\n\r\n", status: 400 },
  { name: "obs-fold", request: request({ X: "1\r\n 2" }), status: 400 },
  { name: "a bare LF", request: request().replaceAll("\r\n", "\n"), status: 400 },
  { name: "a bare CR", request: request({ X: "1\r2" }), status: 400 },
  { name: "no Upgrade", request: request({ Upgrade: undefined }), status: 426, header: "Upgrade: websocket" },
  {
    name: "another Upgrade",
    request: request({ Upgrade: "h2c" }),
    status: 426,
    header: "Upgrade: websocket",
  },
  {
    name: "no Connection",
    request: request({ Connection: "keep-alive" }),
    status: 426,
    header: "Upgrade: websocket",
  },
  { name: "no key", request: request({ "Sec-WebSocket-Key": undefined }), status: 400 },
  { name: "two keys", request: request({ "Sec-WebSocket-Key": [SAMPLE_KEY, SAMPLE_KEY] }), status: 400 },
  {
    name: "a key of 15 bytes",
    request: request({ "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAA" }),
    status: 400,
  },
  { name: "two empty lines", request: `\r\n\r\n${request()}`, status: 400 },
  { name: "HTTP/2.0", request: request({}, "GET /chat HTTP/2.0"), status: 505 },
  {
    name: "a key without padding",
    request: request({ "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ" }),
    status: 400,
  },
  ...["8", "0xd", "13.0", "13, 13", undefined].map((version) => ({
    name: `version ${version}`,
    request: request({ "Sec-WebSocket-Version": version }),
    status: 426,
    header: "Sec-WebSocket-Version: 13",
  })),
  { name: "content", request: request({ "Content-Length": "1" }), status: 400 },
  { name: "a transfer coding", request: request({ "Transfer-Encoding": "chunked" }), status: 400 },
  { name: "an empty subprotocol list", request: request({ "Sec-WebSocket-Protocol": "" }), status: 400 },
  { name: "a subprotocol twice", request: request({ "Sec-WebSocket-Protocol": "a, a" }), status: 400 },
  {
    name: "a subprotocol that is no token",
    request: request({ "Sec-WebSocket-Protocol": "a b" }),
    status: 400,
  },
  { name: "malformed extensions", request: request({ "Sec-WebSocket-Extensions": "a; ;" }), status: 400 },
  { name: "101 header lines", request: request(lines(96)), status: 431 },
  { name: "a head over 16 KiB", request: request({ X: "x".repeat(16_384) }), status: 431 },
  {
    name: "a head over a smaller limit",
    request: request({ X: "x".repeat(500) }),
    status: 431,
    options: { limits: { maxHeadBytes: 500 } },
  },
  {
    name: "an origin that is not in the list",
    request: request({ Origin: "https://evil.example" }),
    status: 403,
    options: { origins: ["https://good.example"] },
  },
  {
    name: "no origin, with a list of origins",
    request: request(),
    status: 403,
    options: { origins: ["https://good.example"] },
  },
];

/** A line of an answer's head, as RFC 9110 section 5.6.7 has it. */
const DATE = /^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/m;

/** The header lines of that name, each checked to be the current date. */
function dates(text: string): string[] {
  const lines = text.match(/^date: .*$/gim) ?? [];
  for (const line of lines) assert.ok(Math.abs(Date.parse(line.slice(6)) - Date.now()) < 60_000, line);
  return lines;
}

/** What HTTP asks a server to put up with. */
const LENIENT: readonly { name: string; request: string; protocol?: string }[] = [
  { name: "an empty line before it", request: `\r\n${request()}` },
  ...["HTTP/1.2", "HTTP/1.9"].map((version) => ({ name: version, request: request({}, `GET / ${version}`) })),
  ...["v1,", ",v1", "x,, ,v1", ["", "v1"], ["v1", ","]].map((offer) => ({
    name: `subprotocols with empty elements, ${JSON.stringify(offer)}`,
    request: request({ "Sec-WebSocket-Protocol": offer }),
    protocol: "v1",
  })),
  ...["x,", ",x; a=1", "x, ,y"].map((offer) => ({
    name: `extensions with empty elements, ${JSON.stringify(offer)}`,
    request: request({ "Sec-WebSocket-Extensions": offer }),
  })),
];

export const handshakeCases: readonly Case[] = [
  {
    name: "a good request gets a 101 with the accept value of section 1.3",
    async run(scene) {
      const server = await scene.serve({}, {});
      const peer = await scene.raw(server);
      await peer.write(request());
      assert.equal(
        await peer.head(),
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${SAMPLE_ACCEPT}\r\n\r\n`,
      );
      assert.equal(peer.byteLength, 0);
    },
  },
  ...LENIENT.map(
    ({ name, request: asked, protocol }): Case => ({
      name: `a good request is good, too: ${name}`,
      async run(scene) {
        const server = await scene.serve({ protocols: ["v1"] }, {});
        const peer = await scene.client(server, asked);
        assert.equal(server.connections.size, 1);
        assert.equal([...server.connections.values()][0]?.protocol, protocol ?? "");
        assert.equal(peer.byteLength, 0);
      },
    }),
  ),
  {
    name: "the accept value is of the key as it was sent, canonical or not (the example of section 4.1)",
    async run(scene) {
      const server = await scene.serve({}, {});
      for (const key of [
        "AQIDBAUGBwgJCgsMDQ4PEC==",
        "dGhlIHNhbXBsZSBub25jZR==",
        "//////////////////////==",
      ]) {
        const peer = await scene.raw(server);
        const asked = request({ "Sec-WebSocket-Key": key });
        await peer.write(asked);
        assert.equal(await peer.head(), switching(asked));
      }
    },
  },
  {
    name: "a client that expects a 100 gets it before the 101 (RFC 9110 section 7.8)",
    async run(scene) {
      for (const upgrade of [undefined, () => undefined, () => Promise.resolve({ headers: { X: "y" } })]) {
        const { server } = await scene.echo(upgrade === undefined ? {} : { upgrade });
        for (const expectation of ["100-continue", "100-Continue"]) {
          const peer = await scene.raw(server);
          await peer.write(request({ Expect: expectation }));
          assert.equal(await peer.head(), "HTTP/1.1 100 Continue\r\n\r\n");
          assert.match(await peer.head(), /^HTTP\/1\.1 101 /);
          await peer.write(masked("81 02 | 'Hi'"));
          await peer.expect("81 02 'Hi'");
        }
      }
      const server = await scene.serve({ upgrade: () => ({ status: 403 }) }, {});
      const peer = await scene.raw(server);
      await peer.write(request({ Expect: "100-continue" }));
      assert.match(await peer.head(), /^HTTP\/1\.1 403 /, "a refusal needs none");
    },
  },
  {
    name: "a good request of odd spelling is good, and one byte for each segment",
    async run(scene) {
      const server = await scene.serve({}, {});
      const peer = await scene.raw(server);
      const odd = request({
        Upgrade: "h2c, WebSocket",
        Connection: "keep-alive ,\tUPGRADE",
        "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits, x-unknown",
        __proto__: undefined,
        constructor: "toString",
      });
      for (const character of odd) await peer.write(character);
      const head = await peer.head();
      assert.match(head, /^HTTP\/1\.1 101 /);
      assert.doesNotMatch(head, /Sec-WebSocket-Extensions/i, "an extension that is not spoken is declined");
    },
  },
  ...REFUSALS.map(
    (refusal): Case => ({
      name: `refused with ${refusal.status}: ${refusal.name}`,
      async run(scene) {
        const recorder = new Recorder();
        const server = await scene.serve(refusal.options ?? {}, recorder);
        const answers: string[] = [];
        for (const size of [refusal.request.length, 1]) {
          const peer = await scene.raw(server);
          for (let at = 0; at < refusal.request.length && !peer.ended; at += size) {
            await peer.write(refusal.request.slice(at, at + size));
          }
          await until(() => peer.ended, "the end");
          assert.equal(dates(peer.text).length, 1);
          answers.push(peer.text.replace(DATE, ""));
          peer.end();
          await peer.gone();
        }
        const [whole = "", bytewise] = answers;
        assert.equal(whole.split(" ")[1], String(refusal.status), whole);
        assert.equal(bytewise, whole, "the answer does not depend on the segments");
        const [head = "", body = ""] = whole.split("\r\n\r\n");
        const fields = head.split("\r\n").slice(1);
        assert.ok(fields.includes(`Content-Length: ${body.length}`), head);
        assert.ok(
          fields.some((field) => /^Connection: close/.test(field)),
          head,
        );
        if (refusal.header !== undefined) assert.ok(fields.includes(refusal.header), head);
        assert.deepEqual(recorder.log, []);
        assert.equal(server.connections.size, 0);
      },
    }),
  ),
  {
    name: "pages of the server's own host are let in by origins: same",
    async run(scene) {
      for (const origins of ["same", ["same"], ["same", "https://good.example", undefined]] as const) {
        const server = await scene.serve({ origins }, {});
        const { port } = server;
        const own = { Host: `localhost:${port}`, Origin: `http://localhost:${port}` };
        await scene.client(server, request(own));
        await scene.client(server, request({ Host: "example.org:443", Origin: "https://example.org" }));
        const stranger = await scene.raw(server);
        await stranger.write(request({ ...own, Origin: "http://localhost" }));
        assert.match(await stranger.head(), /^HTTP\/1\.1 403 /);
        const none = await scene.raw(server);
        await none.write(request());
        assert.match(
          await none.head(),
          origins.length > 2 && origins !== "same" ? /^HTTP\/1\.1 101 / : /403/,
        );
      }
    },
  },
  {
    name: "an origin of the list is let in, none only if the list says so",
    async run(scene) {
      const server = await scene.serve({ origins: ["https://good.example", undefined] }, {});
      await scene.client(server, request({ Origin: "https://good.example" }));
      await scene.client(server);
    },
  },
  {
    name: "no whole head in time is 408, then the end",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({ timeouts: { handshakeMs: 100, closeMs: 100 } }, recorder);
      for (const sent of ["", "GET / HTTP/1.1\r\n", request().slice(0, -1)]) {
        const peer = await scene.raw(server);
        if (sent !== "") await peer.write(sent);
        assert.match(await peer.head(), /^HTTP\/1\.1 408 /);
        await until(() => peer.ended, "the end");
        // The peer does not end its side: it is given up.
        await peer.gone();
      }
      assert.deepEqual(recorder.log, []);
    },
  },
  {
    name: "a client that vanishes at any byte of its request leaves nothing",
    needs: ["tcp"],
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const whole = request();
      for (let length = 0; length < whole.length; length += 7) {
        const peer = await scene.raw(server);
        if (length > 0) await peer.write(whole.slice(0, length));
        if (length % 2 === 0) peer.reset();
        else peer.end();
        await peer.gone();
      }
      assert.deepEqual(recorder.log, []);
      assert.equal(server.connections.size, 0);
      // Openings that were left behind would hold this up.
      await server.close({ timeoutMs: 60_000 });
    },
  },
  {
    name: "a client that vanishes behind its request gets one open and one close",
    needs: ["tcp"],
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const peer = await scene.raw(server);
      await peer.write(request());
      peer.reset();
      await recorder.until("close");
      await turns();
      assert.deepEqual(
        recorder.log.filter((line) => !line.startsWith("error")),
        ["open", "close 1006"],
      );
      assert.equal(server.connections.size, 0);
    },
  },
  {
    name: "the first subprotocol of the client's list that the server speaks is chosen, else none",
    async run(scene) {
      const server = await scene.serve({ protocols: ["v2", "v1"] }, {});
      const chosen = async (offer: string): Promise<string | undefined> => {
        const peer = await scene.raw(server);
        await peer.write(request({ "Sec-WebSocket-Protocol": offer }));
        return /^Sec-WebSocket-Protocol: (.*)\r$/m.exec(await peer.head())?.[1];
      };
      assert.equal(await chosen("v1, v2"), "v1");
      assert.equal(await chosen("x, v2"), "v2");
      assert.equal(await chosen("V2"), undefined);
      assert.equal(await chosen("__proto__, constructor"), undefined);
      const recorder = new Recorder();
      const socket = await scene.connect(server.url, { protocols: ["v9", "v2"] }, recorder);
      assert.equal(socket.protocol, "v2");
      assert.equal((await scene.connect(server.url)).protocol, "");
    },
  },
];
