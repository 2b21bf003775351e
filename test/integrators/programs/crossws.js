// crossws: hooks that refuse and that set headers, topics, peers and their sockets, compression per message, the end.
// Its packages carry a copy of ws, so it is given the server to use.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import crossws from "crossws/adapters/node";
import { WebSocket, WebSocketServer } from "ws";
import { listen, noise, step } from "../scenario.js";

const wss = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 } });
const seen = [];
let drained = () => {};
const adapter = crossws({
  wss,
  hooks: {
    upgrade(request) {
      if (request.url.includes("refused")) return new Response("not today", { status: 402 });
      return {
        headers: { "x-upgraded": "yes", "set-cookie": "a=1" },
        context: { name: "ada" },
        perMessageDeflate: request.url.includes("plain") ? false : { threshold: 100 },
      };
    },
    open(peer) {
      seen.push(["open", peer.remoteAddress, peer.context.name]);
      peer.subscribe("news");
      assert.equal(peer.websocket.readyState, WebSocket.OPEN);
    },
    message(peer, message) {
      const text = message.text();
      if (text === "publish") peer.publish("news", { about: "nothing" });
      else if (text === "much") for (let i = 0; i < 4; i++) peer.send(noise(4_000_000));
      else if (text === "close") peer.close(4001, "as asked");
      else if (text === "terminate") peer.terminate();
      else peer.send(message.rawData, { compress: text.length % 2 === 0 });
    },
    drain() {
      drained();
    },
    close(_peer, details) {
      seen.push(["close", details.code, details.reason]);
    },
    error(_peer, error) {
      seen.push(["error", error.message]);
    },
  },
});
const http = createServer();
http.on("upgrade", adapter.handleUpgrade);
const url = `ws://127.0.0.1:${await listen(http)}`;

async function open() {
  const socket = new WebSocket(`${url}/chat`, { perMessageDeflate: true });
  const [[response]] = await Promise.all([once(socket, "upgrade"), once(socket, "open")]);
  return { socket, response };
}

async function bytesOf(socket) {
  const [data, isBinary] = await once(socket, "message");
  assert.ok(Buffer.isBuffer(data));
  assert.equal(typeof isBinary, "boolean");
  return data;
}

await step("hooks of the upgrade", async () => {
  const { socket, response } = await open();
  assert.equal(response.headers["x-upgraded"], "yes");
  assert.deepEqual(response.headers["set-cookie"], ["a=1"]);
  assert.equal(socket.extensions, "permessage-deflate");
  assert.deepEqual(seen, [["open", "127.0.0.1", "ada"]]);
  socket.close();
  await once(socket, "close");

  const [refused] = await once(new WebSocket(`${url}/refused`), "error");
  assert.equal(refused.message, "Unexpected server response: 402");
});

await step("messages", async () => {
  const { socket } = await open();
  for (const message of ["text", "é😀".repeat(20_000), noise(100_000), "", "even"]) {
    socket.send(message);
    assert.deepEqual(await bytesOf(socket), Buffer.from(message));
  }
  socket.terminate();
});

await step("more than the system takes at once", async () => {
  const { socket } = await open();
  const drain = new Promise((resolve) => {
    drained = resolve;
  });
  socket.send("much");
  for (let i = 0; i < 4; i++) assert.equal((await bytesOf(socket)).length, 4_000_000);
  await drain;
  socket.terminate();
});

await step("topics", async () => {
  const [one, two, three] = await Promise.all([open(), open(), open()]);
  one.socket.once("message", () => assert.fail("published it"));
  const news = [two, three].map(({ socket }) => bytesOf(socket));
  one.socket.send("publish");
  for (const data of await Promise.all(news)) assert.deepEqual(JSON.parse(data), { about: "nothing" });
  for (const { socket } of [one, two, three]) socket.terminate();
});

await step("peers that close and terminate", async () => {
  const { socket } = await open();
  socket.send("close");
  const [code, reason] = await once(socket, "close");
  assert.deepEqual([code, String(reason)], [4001, "as asked"]);

  const { socket: cut } = await open();
  cut.send("terminate");
  assert.equal((await once(cut, "close"))[0], 1006);
  assert.ok(seen.some(([what, code]) => what === "close" && code === 4001));
});

await step("the end", async () => {
  const { socket } = await open();
  adapter.closeAll(1001, "bye");
  const [code, reason] = await once(socket, "close");
  assert.deepEqual([code, String(reason)], [1001, "bye"]);
  const { socket: forced } = await open();
  adapter.closeAll(0, "", true);
  assert.equal((await once(forced, "close"))[0], 1006);
  http.close();
});
