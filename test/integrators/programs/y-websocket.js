// y-websocket and @y/websocket-server: binary messages, documents that converge, awareness, and reconnection.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { docs, setupWSConnection } from "@y/websocket-server/utils";
import { WebSocket, WebSocketServer } from "ws";
import { WebsocketProvider } from "y-websocket";
import { Doc } from "yjs";
import { listen, step } from "../scenario.js";

const http = createServer();
const wss = new WebSocketServer({ noServer: true });
wss.on("connection", setupWSConnection);
http.on("upgrade", (request, socket, head) => {
  if (request.url.includes("token=wrong")) {
    socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
    return;
  }
  wss.handleUpgrade(request, socket, head, (ws) => wss.emit("connection", ws, request));
});
const url = `ws://127.0.0.1:${await listen(http)}`;

const users = [];

function open(options) {
  const doc = new Doc();
  users.push(doc);
  const provider = new WebsocketProvider(url, "room", doc, {
    WebSocketPolyfill: WebSocket,
    disableBc: true,
    maxBackoffTime: 1,
    ...options,
  });
  return { doc, provider };
}

const synced = (provider) => new Promise((resolve) => provider.on("sync", (yes) => yes && resolve()));

/** Resolves when a document's text is this. */
function reads(doc, text) {
  const shared = doc.getText("text");
  return new Promise((resolve) => {
    const look = () => shared.toString() === text && resolve();
    shared.observe(look);
    look();
  });
}

/** Gives one user a name. Resolves when another has seen it. */
function introduce(one, other, name) {
  const { awareness } = other.provider;
  const seen = new Promise((resolve) => {
    awareness.on("change", () => awareness.getStates().get(one.doc.clientID)?.name === name && resolve());
  });
  one.provider.awareness.setLocalStateField("name", name);
  return seen;
}

const ada = open();
const bob = open();

await step("documents converge", async () => {
  await Promise.all([synced(ada.provider), synced(bob.provider)]);
  ada.doc.getText("text").insert(0, "Hello 😀");
  await reads(bob.doc, "Hello 😀");
  const long = "é".repeat(100_000);
  bob.doc.getText("text").insert(0, long);
  await reads(ada.doc, `${long}Hello 😀`);
  assert.equal(docs.get("room").getText("text").toString(), `${long}Hello 😀`);
  bob.doc.getText("text").delete(0, long.length);
  await reads(ada.doc, "Hello 😀");
});

await step("awareness", async () => {
  await introduce(ada, bob, "Ada");
});

await step("reconnection", async () => {
  const again = [ada, bob].map(({ provider }) => synced(provider));
  for (const socket of wss.clients) socket.terminate();
  await Promise.all(again);
  bob.doc.getText("text").insert(0, "Again: ");
  await reads(ada.doc, "Again: Hello 😀");
});

await step("a refusal, and a provider that leaves", async () => {
  const eve = open({ params: { token: "wrong" } });
  await new Promise((resolve) => eve.provider.on("connection-error", resolve));
  eve.provider.destroy();
  await introduce(bob, ada, "Bob");
  const left = new Promise((resolve) => {
    ada.provider.awareness.on("change", ({ removed }) => removed.includes(bob.doc.clientID) && resolve());
  });
  bob.provider.destroy();
  await left;
});

await step("the end", async () => {
  const [socket] = wss.clients;
  const closed = once(socket, "close");
  ada.provider.destroy();
  await closed;
  // Documents have timers for what they know of others.
  for (const doc of [...users, docs.get("room")]) doc.destroy();
  wss.close();
  http.close();
});
