// Cases: answers that a client accepts or refuses in the opening handshake.
import assert from "node:assert/strict";
import { latin1 } from "../raw-peer.js";
import { type Case, switching } from "../scene.js";
import { answering, failure } from "./dial.js";

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
    code: "UNEXPECTED_STATUS",
    status: 401,
  },
  {
    name: "200",
    answer: () => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    code: "UNEXPECTED_STATUS",
    status: 200,
  },
  {
    name: "a redirect that nobody asked to follow",
    answer: () => "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n\r\n",
    code: "UNEXPECTED_STATUS",
    status: 302,
  },
  { name: "no Upgrade", answer: without("Upgrade"), code: "INVALID_UPGRADE", status: 101 },
  { name: "another Upgrade", answer: instead("Upgrade", "h2c"), code: "INVALID_UPGRADE", status: 101 },
  { name: "no Connection", answer: without("Connection"), code: "INVALID_CONNECTION", status: 101 },
  {
    name: "no upgrade token",
    answer: instead("Connection", "keep-alive"),
    code: "INVALID_CONNECTION",
    status: 101,
  },
  { name: "no accept value", answer: without("Sec-WebSocket-Accept"), code: "INVALID_ACCEPT", status: 101 },
  {
    name: "the wrong accept value",
    answer: instead("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    code: "INVALID_ACCEPT",
    status: 101,
  },
  {
    name: "two accept values",
    answer: (good) => more(/^Sec-WebSocket-Accept: .*$/m.exec(good.replaceAll("\r", ""))?.[0] ?? "")(good),
    code: "INVALID_ACCEPT",
    status: 101,
  },
  {
    name: "an extension that was not asked for",
    answer: more("Sec-WebSocket-Extensions: permessage-deflate"),
    code: "UNREQUESTED_EXTENSION",
    status: 101,
  },
  {
    name: "a subprotocol that was not asked for",
    answer: more("Sec-WebSocket-Protocol: other"),
    code: "UNREQUESTED_SUBPROTOCOL",
    status: 101,
  },
  { name: "what is no HTTP", answer: () => "SSH-2.0-OpenSSH\r\n", code: "MALFORMED_RESPONSE" },
  { name: "HTTP/1.0", answer: (good) => good.replace("HTTP/1.1", "HTTP/1.0"), code: "MALFORMED_RESPONSE" },
  { name: "a bare LF", answer: (good) => good.replaceAll("\r\n", "\n"), code: "MALFORMED_RESPONSE" },
  { name: "a head over 16 KiB", answer: more(`X: ${"x".repeat(16_384)}`), code: "MALFORMED_RESPONSE" },
  { name: "over 100 lines", answer: more(`${"X: 1\r\n".repeat(100)}X: 1`), code: "MALFORMED_RESPONSE" },
];

export const clientHandshakeCases: readonly Case[] = [
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
        () => "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n",
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
      const socket = await scene.connect(server.url, { protocols: ["a", "b"], data: () => ({ mine: 1 }) });
      assert.equal(socket.protocol, "b");
      assert.equal(socket.role, "client");
      assert.equal(socket.state, "open");
      assert.deepEqual(socket.data, { mine: 1 });
      assert.equal(socket.remoteAddress, "127.0.0.1");
      assert.equal(socket.response?.status, 101);
      assert.equal(socket.response?.headers.get("x"), "\xe9");
    },
  },
  {
    name: "connect() sends the request of its options, and a fresh key of 16 bytes each time",
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
        assert.equal(error.code, "CONNECTION_ENDED");
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
      assert.ok(["ECONNRESET", "CONNECTION_ENDED"].includes(String(error.code)), String(error.code));
    },
  },
  {
    name: "connect() fails: no answer in time, or only half of one",
    async run(scene) {
      for (const part of ["", "HTTP/1.1 101 Swi"]) {
        const server = await answering(scene, () => part);
        const error = await failure(scene, server.url, { timeouts: { handshakeMs: 60 } });
        assert.equal(error.name, "HandshakeError");
        assert.equal(error.code, "TIMEOUT");
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
];
