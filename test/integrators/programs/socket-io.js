// Socket.IO: both transports and the upgrade between them, binary data, rooms, compression, limits and reconnection.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { Sender } from "ws";
import { listen, next, noise, step } from "../scenario.js";

async function serve(options) {
  const http = createServer();
  const server = new Server(http, { pingInterval: 100, maxHttpBufferSize: 1_000_000, ...options });
  server.on("connection", (socket) => {
    socket.on("echo", (...values) => values.pop()(...values));
    socket.on("join", async (room, done) => done(await socket.join(room)));
    socket.on("leave", (reason) => (reason === "close" ? socket.conn.close() : socket.disconnect(true)));
  });
  return { server, url: `http://127.0.0.1:${await listen(http)}` };
}
const compressing = await serve({ perMessageDeflate: { threshold: 512 } });
const plain = await serve({});

/** Frames that were built, for one connection or for many. */
const frames = new Set();
const { frame } = Sender;
Sender.frame = (...values) => {
  const list = frame(...values);
  frames.add(list);
  return list;
};

/** Connects a client, and waits for it. The server's socket comes with it. */
async function connect(options, { server, url } = plain) {
  const accepted = next(server, "connection");
  const client = io(url, { forceNew: true, reconnectionDelay: 1, reconnectionDelayMax: 1, ...options });
  await next(client, "connect");
  return { client, socket: await accepted };
}

const only = (transport) => ({ transports: [transport] });

async function echoes(client) {
  const text = "é😀".repeat(300);
  const bytes = noise(100_000);
  const nested = { list: [1, null, { bytes: Buffer.from([0, 255]) }], empty: Buffer.alloc(0) };
  const reply = await new Promise((resolve) =>
    client.emit("echo", text, bytes, nested, (...all) => resolve(all)),
  );
  assert.deepEqual(reply, [text, bytes, nested]);
  const long = "compressible ".repeat(30_000);
  assert.equal(await client.emitWithAck("echo", long), long);
  const many = await Promise.all(Array.from({ length: 200 }, (_, i) => client.emitWithAck("echo", i)));
  assert.deepEqual(many, [...Array(200).keys()]);
}

await step("polling", async () => {
  const { client } = await connect(only("polling"));
  await echoes(client);
  client.close();
});

await step("the upgrade from polling", async () => {
  const { client, socket } = await connect({});
  const { engine } = client.io;
  if (engine.transport.name !== "websocket") await next(engine, "upgrade");
  assert.equal(engine.transport.name, "websocket");
  await echoes(client);
  assert.equal(socket.conn.transport.name, "websocket");
  client.close();
  assert.equal(await next(socket, "disconnect"), "client namespace disconnect");
});

await step("compressed WebSockets", async () => {
  const { client, socket } = await connect(
    { ...only("websocket"), perMessageDeflate: { threshold: 512 } },
    compressing,
  );
  assert.match(socket.conn.transport.socket.extensions, /^permessage-deflate/);
  assert.match(client.io.engine.transport.ws.extensions, /^permessage-deflate/);
  await echoes(client);
  await next(client.io, "ping");
  client.close();
});

await step("rooms, with frames that are built once", async () => {
  const sockets = [];
  while (sockets.length < 3) sockets.push(await connect(only("websocket")));
  const [outsider, ...members] = sockets.map(({ client }) => client);
  await Promise.all(members.map((client) => client.emitWithAck("join", "room")));
  outsider.once("news", () => assert.fail("is not in the room"));

  // All members get the same frame, which was built once.
  const lists = [];
  for (const { socket } of sockets.slice(1)) {
    const sender = socket.conn.transport.socket._sender;
    const { sendFrame } = sender;
    sender.sendFrame = (list, callback) => {
      lists.push(list);
      sendFrame.call(sender, list, callback);
    };
  }
  const texts = members.map((client) => next(client, "news"));
  plain.server.to("room").emit("news", "text for all".repeat(1000));
  for (const text of await Promise.all(texts)) assert.equal(text, "text for all".repeat(1000));
  assert.ok(lists.some((list, i) => frames.has(list) && lists.indexOf(list) < i));

  const all = members.map((client) => next(client, "news"));
  plain.server.to("room").volatile.emit("news", noise(5_000));
  for (const bytes of await Promise.all(all)) assert.deepEqual(bytes, noise(5_000));

  // A packet of several messages, which other packets may not come between.
  const burst = members.map((client) => {
    const got = [];
    return new Promise((resolve) => {
      client.on("burst", (i, bytes) => {
        assert.equal(bytes.length, i);
        if (got.push(i) === 100) resolve(got);
      });
    });
  });
  for (let i = 0; i < 100; i++) plain.server.to("room").emit("burst", i, Buffer.alloc(i));
  for (const got of await Promise.all(burst)) assert.deepEqual(got, [...Array(100).keys()]);
  for (const client of members) client.once("ask", (done) => done("here"));
  assert.deepEqual(await plain.server.timeout(10_000).to("room").emitWithAck("ask"), ["here", "here"]);
  for (const { client } of sockets) client.close();
});

await step("a message over the limit", async () => {
  const { client } = await connect({ ...only("websocket"), reconnection: false });
  const gone = new Promise((resolve) =>
    client.once("disconnect", (reason, details) => resolve([reason, details])),
  );
  client.emit("echo", Buffer.alloc(1_000_001));
  const [reason, details] = await gone;
  assert.equal(reason, "transport close");
  assert.equal(details.context.code, 1009);
  client.close();
});

await step("reconnection", async () => {
  const { client, socket } = await connect(only("websocket"));
  for (const cut of [
    () => socket.conn.transport.socket.terminate(),
    () => client.emit("leave", "close"),
    () => client.io.engine.close(),
  ]) {
    const again = next(client.io, "reconnect");
    cut();
    await again;
    await echoes(client);
  }
  client.emit("leave", "namespace");
  assert.equal(await next(client, "disconnect"), "io server disconnect");
});

await step("the end of the server", async () => {
  for (const each of [plain, compressing]) {
    const { client, socket } = await connect({ ...only("websocket"), reconnection: false }, each);
    const both = Promise.all([next(client, "disconnect"), next(socket, "disconnect")]);
    await each.server.close();
    assert.deepEqual(await both, ["transport close", "server shutting down"]);
  }
});
