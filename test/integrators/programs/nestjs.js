// NestJS with WsAdapter: gateways on the application's port and on one of their own, observables, and the end.
import "reflect-metadata";
import assert from "node:assert/strict";
import { once } from "node:events";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { WsAdapter } from "@nestjs/platform-ws";
import { SubscribeMessage, WebSocketGateway, WebSocketServer, WsException } from "@nestjs/websockets";
import { from } from "rxjs";
import { WebSocket } from "ws";
import { step } from "../scenario.js";

/** As TypeScript applies decorators. */
function gateway(options, Class) {
  for (const event of ["echo", "many", "all", "fail"]) {
    const descriptor = Object.getOwnPropertyDescriptor(Chat.prototype, event);
    SubscribeMessage(event)(Class.prototype, event, descriptor);
  }
  WebSocketServer()(Class.prototype, "server");
  WebSocketGateway(...options)(Class);
  return Class;
}

const log = [];
class Chat {
  afterInit(server) {
    log.push(`init ${server === this.server}`);
  }
  handleConnection(_client, request) {
    log.push(`connection ${request.url}`);
  }
  handleDisconnect() {
    log.push("disconnect");
  }
  echo(_client, data) {
    return { event: "echo", data };
  }
  many() {
    return from([1, 2, 3].map((data) => ({ event: "many", data })));
  }
  all(_client, data) {
    for (const client of this.server.clients) client.send(JSON.stringify({ event: "all", data }));
  }
  fail() {
    throw new WsException("failed");
  }
}
const Shared = gateway([{ path: "/chat", perMessageDeflate: true }], class Shared extends Chat {});
const Second = gateway([{ path: "/second" }], class Second extends Chat {});

class Root {}
Module({ providers: [Shared, Second] })(Root);
const app = await NestFactory.create(Root, { logger: ["error"] });
app.useWebSocketAdapter(new WsAdapter(app));
await app.listen(0, "127.0.0.1");
const url = `ws://127.0.0.1:${app.getHttpServer().address().port}`;

async function open(path) {
  const socket = new WebSocket(url + path);
  await once(socket, "open");
  return socket;
}

async function ask(socket, event, data) {
  socket.send(JSON.stringify({ event, data }));
  return await answer(socket);
}

async function answer(socket) {
  return JSON.parse((await once(socket, "message"))[0]);
}

await step("messages", async () => {
  const socket = await open("/chat");
  assert.equal(socket.extensions, "permessage-deflate");
  for (const data of ["text", "é😀".repeat(20_000), { deep: [1, null] }]) {
    assert.deepEqual(await ask(socket, "echo", data), { event: "echo", data });
  }
  socket.send("no JSON");
  socket.send(Buffer.from(JSON.stringify({ event: "echo", data: "as bytes" })));
  assert.deepEqual(await answer(socket), { event: "echo", data: "as bytes" });

  const got = [];
  const all = new Promise((resolve) => {
    socket.on("message", (data) => got.push(JSON.parse(data).data) === 100 && resolve());
  });
  for (let i = 0; i < 100; i++) socket.send(JSON.stringify({ event: "echo", data: i }));
  await all;
  assert.deepEqual(got, [...Array(100).keys()]);
  socket.close();
  await once(socket, "close");
});

await step("observables and exceptions", async () => {
  const socket = await open("/second");
  assert.equal(socket.extensions, "");
  const got = [];
  const all = new Promise((resolve) => {
    socket.on("message", (data) => got.push(JSON.parse(data).data) === 3 && resolve());
  });
  socket.send(JSON.stringify({ event: "many" }));
  await all;
  assert.deepEqual(got, [1, 2, 3]);
  socket.removeAllListeners("message");
  const failed = await ask(socket, "fail");
  assert.equal(failed.event, "exception");
  assert.equal(failed.data.message, "failed");
  socket.terminate();
});

await step("all clients of a gateway", async () => {
  const sockets = await Promise.all([open("/chat"), open("/chat"), open("/second")]);
  sockets[2].on("message", () => assert.fail("is another gateway's"));
  const answers = sockets.slice(0, 2).map(answer);
  sockets[0].send(JSON.stringify({ event: "all", data: "to all" }));
  for (const each of await Promise.all(answers)) assert.deepEqual(each, { event: "all", data: "to all" });
  for (const socket of sockets) socket.close();
  await Promise.all(sockets.map((socket) => once(socket, "close")));
});

await step("the end of the application", async () => {
  const socket = await open("/chat");
  const closed = once(socket, "close");
  await app.close();
  assert.equal((await closed)[0], 1006);
  assert.deepEqual(log.slice(0, 3), ["init true", "init true", "connection /chat"]);
  assert.equal(
    log.filter((line) => line.startsWith("connection")).length,
    log.filter((line) => line === "disconnect").length,
  );
});
