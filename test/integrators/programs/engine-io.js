// engine.io: the upgrade of a transport, refusals, callbacks of packets, compression, `autoUnref`, and the end.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { Server } from "engine.io";
import { Socket } from "engine.io-client";
import { listen, next, noise, step } from "../scenario.js";

const http = createServer();
const server = new Server({
  cookie: { name: "sid" },
  perMessageDeflate: { threshold: 1, concurrencyLimit: 2 },
  maxHttpBufferSize: 100_000,
  pingInterval: 50,
  pingTimeout: 10_000,
  allowRequest: (request, decide) => decide(null, !request.url.includes("refused")),
});
server.attach(http);
server.on("initial_headers", (headers) => {
  headers["x-first"] = "1";
});
server.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
const url = `ws://127.0.0.1:${await listen(http)}`;

async function connect(options = {}) {
  const accepted = next(server, "connection");
  const client = new Socket(url, options);
  await next(client, "open");
  return { client, socket: await accepted };
}

/** Sends messages, and awaits as many echoes. */
async function echo(client, messages) {
  const got = [];
  const all = new Promise((resolve) => {
    client.on("message", (data) => got.push(data) === messages.length && resolve());
  });
  for (const message of messages) client.send(message);
  await all;
  client.off("message");
  return got;
}

const MESSAGES = ["text", "1", "é😀".repeat(1000), noise(70_000), Buffer.alloc(0), "x".repeat(90_000)];

await step("the upgrade from polling", async () => {
  const { client, socket } = await connect({ transports: ["polling", "websocket"] });
  client.send("during the upgrade");
  const first = next(client, "message");
  await next(client, "upgrade");
  assert.equal(await first, "during the upgrade");
  assert.deepEqual(await echo(client, MESSAGES), MESSAGES);
  if (socket.transport.name !== "websocket") await next(socket, "upgrade");
  client.close();
  assert.equal(await next(socket, "close"), "transport close");
});

await step("WebSockets alone, compressed", async () => {
  const { client, socket } = await connect({
    transports: ["websocket"],
    perMessageDeflate: { threshold: 1 },
  });
  assert.match(socket.transport.socket.extensions, /^permessage-deflate/);
  assert.deepEqual(await echo(client, MESSAGES), MESSAGES);
  await next(client, "pong");
  client.close();
});

await step("callbacks of packets come in order", async () => {
  const { client, socket } = await connect({ transports: ["websocket"] });
  const sent = [];
  await new Promise((resolve) => {
    for (let i = 0; i < 50; i++) {
      socket.send(String(i), { compress: i % 2 === 0 }, () => sent.push(i) === 50 && resolve());
    }
  });
  assert.deepEqual(sent, [...Array(50).keys()]);
  socket.close();
  assert.equal(await next(client, "close"), "transport close");
});

await step("refusals", async () => {
  const client = new Socket(url, { transports: ["websocket"], query: { refused: 1 } });
  const error = await next(client, "error");
  assert.equal(error.type, "TransportError");
  assert.match(error.description.message, /400/);
});

await step("a message over the limit", async () => {
  const { client, socket } = await connect({ transports: ["websocket"] });
  const closed = new Promise((resolve) => client.once("close", (...all) => resolve(all)));
  client.send("x".repeat(100_001));
  const [reason, details] = await closed;
  assert.equal(reason, "transport close");
  assert.equal(details.context.code, 1009);
  assert.equal(socket.readyState, "closed");
});

await step("`autoUnref` does not keep the process", async () => {
  const { client } = await connect({ transports: ["websocket"], autoUnref: true });
  assert.equal(client.transport.ws._socket.constructor.name, "Socket");
});

await step("the end of the server", async () => {
  const { client } = await connect({ transports: ["websocket"] });
  const closed = next(client, "close");
  server.close();
  assert.equal(await closed, "transport close");
  http.close();
});
