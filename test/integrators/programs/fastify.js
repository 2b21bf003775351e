// @fastify/websocket: routes and hooks, injectWS over streams that are no sockets, streams of messages, and the end.
import assert from "node:assert/strict";
import { once } from "node:events";
import { finished } from "node:stream/promises";
import websocket from "@fastify/websocket";
import fastify from "fastify";
import { createWebSocketStream, WebSocket } from "ws";
import { noise, step } from "../scenario.js";

const app = fastify();
const errors = [];
await app.register(websocket, {
  errorHandler: (error, socket) => {
    errors.push(error.message);
    socket.close(1011, error.message);
  },
  options: {
    maxPayload: 1_000_000,
    perMessageDeflate: true,
    verifyClient: ({ req }, decide) => decide(req.headers["x-secret"] !== "wrong", 403, "Wrong secret"),
  },
});
app.addHook("preValidation", async (request, reply) => {
  if (request.query.token === "none") await reply.code(401).send("who are you?");
});
app.get("/echo", { websocket: true }, (socket, request) => {
  assert.equal(request.ws, true);
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
app.get("/stream", { websocket: true }, (socket) => {
  const stream = createWebSocketStream(socket);
  stream.pipe(stream);
});
app.get("/throws", { websocket: true }, () => {
  throw new Error("thrown");
});
app.get("/rejects", { websocket: true }, async () => {
  throw new Error("rejected");
});
app.route({
  method: "GET",
  url: "/both",
  handler: async () => "over HTTP",
  wsHandler: (socket) => socket.send("over WebSocket"),
});
await app.listen({ port: 0, host: "127.0.0.1" });
const { port } = app.server.address();
const address = (path) => `ws://127.0.0.1:${port}${path}`;

async function echo(socket, data) {
  socket.send(data);
  const [got, isBinary] = await once(socket, "message");
  return isBinary ? got : String(got);
}

async function open(path, options) {
  const socket = new WebSocket(address(path), options);
  await once(socket, "open");
  return socket;
}

await step("routes", async () => {
  const socket = await open("/echo");
  assert.equal(socket.extensions, "permessage-deflate");
  for (const message of ["", "é😀".repeat(10_000), noise(70_000), noise(0)]) {
    assert.deepEqual(await echo(socket, message), message);
  }
  assert.equal(app.websocketServer.clients.size, 1);
  socket.close(4000, "enough");
  const [code, reason] = await once(socket, "close");
  assert.deepEqual([code, String(reason)], [4000, "enough"]);

  assert.equal(await (await fetch(`http://127.0.0.1:${port}/both`)).text(), "over HTTP");
  const both = new WebSocket(address("/both"));
  assert.equal(String((await once(both, "message"))[0]), "over WebSocket");
  both.terminate();
});

await step("handlers that fail", async () => {
  for (const [path, message] of [
    ["/throws", "thrown"],
    ["/rejects", "rejected"],
  ]) {
    const [code, reason] = await once(new WebSocket(address(path)), "close");
    assert.deepEqual([code, String(reason)], [1011, message]);
  }
  assert.deepEqual(errors, ["thrown", "rejected"]);
});

await step("refusals", async () => {
  for (const [path, options, status] of [
    ["/echo?token=none", {}, 401],
    ["/nowhere", {}, 404],
    ["/echo", { headers: { "x-secret": "wrong" } }, 403],
  ]) {
    const [error] = await once(new WebSocket(address(path), options), "error");
    assert.equal(error.message, `Unexpected server response: ${status}`);
  }
});

await step("a message over the limit", async () => {
  const socket = await open("/echo", { perMessageDeflate: false });
  socket.on("error", () => {});
  socket.send(noise(1_000_001));
  const [code] = await once(socket, "close");
  assert.equal(code, 1009);
});

await step("streams", async () => {
  const bytes = noise(2_000_000);
  for (const perMessageDeflate of [true, false]) {
    const socket = await open("/stream", { perMessageDeflate });
    const stream = createWebSocketStream(socket, { readableHighWaterMark: 1024 });
    const parts = [];
    let length = 0;
    stream.on("data", (part) => {
      parts.push(part);
      length += part.length;
      if (length === bytes.length) stream.end();
    });
    for (let at = 0; at < bytes.length; at += 100_000) stream.write(bytes.subarray(at, at + 100_000));
    await finished(stream);
    assert.deepEqual(Buffer.concat(parts), bytes);
  }
});

await step("injectWS", async () => {
  // `verifyClient` is told whether the socket is encrypted, so there must be one.
  const context = { headers: { "x-secret": "right" }, socket: {} };
  const socket = await app.injectWS("/echo", context, { onInit: (made) => assert.equal(made.readyState, 0) });
  for (const message of ["", "é😀".repeat(10_000), noise(70_000)]) {
    assert.deepEqual(await echo(socket, message), message);
  }
  const many = [];
  const all = new Promise((resolve) => {
    socket.on("message", (data) => many.push(Number(data)) === 500 && resolve());
  });
  for (let i = 0; i < 500; i++) socket.send(String(i));
  await all;
  assert.deepEqual(many, [...Array(500).keys()]);
  socket.ping("are you there?");
  assert.equal(String((await once(socket, "pong"))[0]), "are you there?");
  socket.terminate();

  await assert.rejects(app.injectWS("/echo?token=none"), { message: "Unexpected server response: 401" });
  await assert.rejects(app.injectWS("/nowhere"), { message: "Unexpected server response: 404" });
});

await step("the end of the server", async () => {
  const socket = await open("/echo");
  const closed = once(socket, "close");
  await app.close();
  assert.equal((await closed)[0], 1005);
});
