// Requests that a server refuses, and its answers.
import { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { expect } from "vitest";
import { request } from "../adapters/raw-peer.js";
import { eventually, until } from "../adapters/until.js";
import { portOf, type Scene } from "./scene.js";
import { suite } from "./suite.js";
import type { Answer, ClientInfo, ServerOptions } from "./surface.js";

type Lines = Parameters<typeof request>[0];

/** The answer to a request: its first line, its fields and its body. */
async function answer(
  scene: Scene,
  options: ServerOptions,
  head: string,
): Promise<{ status: string; fields: string[]; body: string }> {
  const wss = await scene.server(options);
  const peer = await scene.stranger(wss);
  await peer.write(head);
  await until(() => peer.ended || peer.closed, "the answer's end");
  const [start = "", body = ""] = peer.text.split("\r\n\r\n");
  const [status = "", ...fields] = start.split("\r\n");
  return { status, fields, body };
}

const refusal = (status: string, body: string, ...fields: readonly string[]) => ({
  status: `HTTP/1.1 ${status}`,
  fields: ["Connection: close", "Content-Type: text/html", `Content-Length: ${body.length}`, ...fields],
  body,
});

suite("refusals", "connections", (test) => {
  const BAD_KEY = "Missing or invalid Sec-WebSocket-Key header";
  const BAD_VERSION = "Missing or invalid Sec-WebSocket-Version header";
  const VERSIONS = "Sec-WebSocket-Version: 13, 8";
  const REFUSED: readonly (readonly [string, Lines, string, string, ...string[]])[] = [
    ["another protocol", { Upgrade: "foo" }, "400 Bad Request", "Invalid Upgrade header"],
    ["no key", { "Sec-WebSocket-Key": undefined }, "400 Bad Request", BAD_KEY],
    ["a short key", { "Sec-WebSocket-Key": "P5l8BJcZwRc=" }, "400 Bad Request", BAD_KEY],
    [
      "a key with other characters",
      { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZ!==" },
      "400 Bad Request",
      BAD_KEY,
    ],
    ["a key without padding", { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ" }, "400 Bad Request", BAD_KEY],
    ["no version", { "Sec-WebSocket-Version": undefined }, "400 Bad Request", BAD_VERSION, VERSIONS],
    ["version 12", { "Sec-WebSocket-Version": "12" }, "400 Bad Request", BAD_VERSION, VERSIONS],
    ["version 7", { "Sec-WebSocket-Version": "7" }, "400 Bad Request", BAD_VERSION, VERSIONS],
    [
      "a version that is no number",
      { "Sec-WebSocket-Version": "x" },
      "400 Bad Request",
      BAD_VERSION,
      VERSIONS,
    ],
    ["a list of versions", { "Sec-WebSocket-Version": "13, 8" }, "400 Bad Request", BAD_VERSION, VERSIONS],
    [
      "a bad subprotocol",
      { "Sec-WebSocket-Protocol": "foo;bar" },
      "400 Bad Request",
      "Invalid Sec-WebSocket-Protocol header",
    ],
    [
      "an empty subprotocol",
      { "Sec-WebSocket-Protocol": "a,,b" },
      "400 Bad Request",
      "Invalid Sec-WebSocket-Protocol header",
    ],
    [
      "a subprotocol twice",
      { "Sec-WebSocket-Protocol": "a, a" },
      "400 Bad Request",
      "Invalid Sec-WebSocket-Protocol header",
    ],
  ];
  for (const [what, lines, status, body, ...fields] of REFUSED)
    test(`a request with ${what} is refused: ${body}`, async (scene) => {
      expect(await answer(scene, {}, request(lines))).toEqual(refusal(status, body, ...fields));
    });

  for (const method of ["POST", "PUT", "DELETE"])
    test(`the method ${method} is refused`, async (scene) => {
      expect(await answer(scene, {}, request({}, `${method} /chat HTTP/1.1`))).toEqual(
        refusal("405 Method Not Allowed", "Invalid HTTP method"),
      );
    });

  for (const field of [
    "permessage-deflate; server_max_window_bits=foo",
    "permessage-deflate; unknown",
    "a=;",
    "permessage-deflate; client_max_window_bits=16",
  ])
    test(`the extensions "${field}" are refused`, async (scene) => {
      const head = request({ "Sec-WebSocket-Extensions": field });
      expect(await answer(scene, { perMessageDeflate: true }, head)).toEqual(
        refusal("400 Bad Request", "Invalid or unacceptable Sec-WebSocket-Extensions header"),
      );
    });

  test("another path is refused", async (scene) => {
    expect(await answer(scene, { path: "/ws" }, request())).toEqual(
      refusal("400 Bad Request", "Bad Request"),
    );
  });

  for (const [what, verifyClient, expected] of [
    ["returns false", () => false, refusal("401 Unauthorized", "Unauthorized")],
    [
      "answers false",
      (_: ClientInfo, done: Answer) => process.nextTick(done, false),
      refusal("401 Unauthorized", "Unauthorized"),
    ],
    [
      "answers a status",
      (_: ClientInfo, done: Answer) => done(false, 404),
      refusal("404 Not Found", "Not Found"),
    ],
    [
      "answers a message",
      (_: ClientInfo, done: Answer) => done(false, 403, "go away"),
      refusal("403 Forbidden", "go away"),
    ],
    [
      "answers fields",
      (_: ClientInfo, done: Answer) => done(false, 503, "", { "Retry-After": 120 }),
      refusal("503 Service Unavailable", "Service Unavailable", "Retry-After: 120"),
    ],
  ] as const)
    test(`verifyClient ${what}: the request is refused`, async (scene) => {
      expect(await answer(scene, { verifyClient }, request())).toEqual(expected);
    });

  test("wsClientError is an event instead of the answer", async (scene) => {
    const wss = await scene.server();
    const seen: unknown[] = [];
    wss.on("wsClientError", (error: Error, socket: Duplex, incoming: IncomingMessage) => {
      seen.push(error.message, incoming.method, incoming instanceof IncomingMessage);
      socket.end("HTTP/1.1 418 Teapot\r\n\r\n");
    });
    const peer = await scene.stranger(wss);
    await peer.write(request({}, "POST / HTTP/1.1"));
    expect(await peer.head()).toBe("HTTP/1.1 418 Teapot\r\n\r\n");
    expect(seen).toEqual(["Invalid HTTP method", "POST", true]);
  });

  test("wsClientError is no event for another path or a client that is not verified", async (scene) => {
    const wss = await scene.server({ path: "/ws", verifyClient: () => false });
    let count = 0;
    wss.on("wsClientError", () => count++);
    for (const url of ["/", "/ws"]) {
      const { log } = scene.connect(`ws://127.0.0.1:${portOf(wss)}${url}`);
      await log.closed();
    }
    expect(count).toBe(0);
  });

  test("a garbled request is answered with 400, and the server goes on", async (scene) => {
    const wss = await scene.server();
    const peer = await scene.stranger(wss);
    await peer.write("garbage\r\n\r\n");
    await eventually(() => peer.ended || peer.closed, "the end");
    expect(peer.text).toMatch(/^HTTP\/1\.1 400 /);
    await scene.raw(wss);
  });
});
