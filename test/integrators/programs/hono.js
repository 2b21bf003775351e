// Hono: @hono/node-ws, and the upgrades of @hono/node-server itself: events, protocols, refusals and the end.
import assert from "node:assert/strict";
import { once } from "node:events";
import { serve, upgradeWebSocket } from "@hono/node-server-2";
import { createNodeWebSocket } from "@hono/node-ws";
import { Hono } from "hono";
import { WebSocket, WebSocketServer } from "ws";
import { noise, step } from "../scenario.js";

/** What a socket does, whichever of the two brings it. */
const events = (context) => ({
  onOpen: (_event, ws) => ws.send(`hello ${context.req.query("name")}`),
  onMessage(event, ws) {
    if (event.data === "close") ws.close(4002, "as asked");
    else ws.send(event.data);
  },
  onClose: (event) => closes.push([event.code, event.reason]),
  onError: () => closes.push("error"),
});
let closes = [];

async function use(server) {
  if (!server.listening) await once(server, "listening");
  const url = `ws://127.0.0.1:${server.address().port}`;
  const socket = new WebSocket(`${url}/ws?name=ada`);
  assert.equal(String((await once(socket, "message"))[0]), "hello ada");
  for (const message of ["text", "é😀".repeat(20_000), "", noise(100_000), noise(0)]) {
    socket.send(message);
    const [data, isBinary] = await once(socket, "message");
    assert.equal(isBinary, typeof message !== "string");
    assert.deepEqual(data, Buffer.from(message));
  }
  socket.send("close");
  const [code, reason] = await once(socket, "close");
  assert.deepEqual([code, String(reason)], [4002, "as asked"]);

  const [error] = await once(new WebSocket(`${url}/plain`), "error");
  assert.match(error.message, /^(?:Unexpected server response: |socket hang up)/);
  assert.equal(await (await fetch(`${url.replace("ws", "http")}/plain`)).text(), "plain");

  const last = new WebSocket(`${url}/ws?name=bob`);
  await once(last, "message");
  last.close(4003, "enough");
  await once(last, "close");
  assert.deepEqual(closes, [
    [4002, "as asked"],
    [4003, "enough"],
  ]);
  closes = [];
  server.close();
  await once(server, "close");
}

await step("@hono/node-ws", async () => {
  const app = new Hono();
  const node = createNodeWebSocket({ app });
  app.get("/ws", node.upgradeWebSocket(events));
  app.get("/plain", (context) => context.text("plain"));
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  node.injectWebSocket(server);
  await use(server);
});

await step("@hono/node-server", async () => {
  const app = new Hono();
  app.get("/ws", upgradeWebSocket(events));
  app.get("/plain", (context) => context.text("plain"));
  const websocket = { server: new WebSocketServer({ noServer: true, perMessageDeflate: true }) };
  await use(serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1", websocket }));
});
