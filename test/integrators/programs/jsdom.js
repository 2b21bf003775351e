// jsdom: the WebSocket of its windows, with cookies, an origin, data of the window's own realm, and close events.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { JSDOM } from "jsdom";
import { WebSocketServer } from "ws";
import { listen, noise, step } from "../scenario.js";

const http = createServer();
const wss = new WebSocketServer({
  server: http,
  perMessageDeflate: true,
  handleProtocols: (offered) => (offered.has("chat") ? "chat" : false),
  verifyClient: ({ origin, req }) => origin === `http://${req.headers.host}`,
});
wss.on("headers", (headers) => headers.push("Set-Cookie: seen=yes"));
const requests = [];
wss.on("connection", (socket, request) => {
  requests.push(request);
  socket.on("message", (data, isBinary) => {
    if (String(data) === "close") socket.close(4000, "as asked");
    else if (String(data) === "terminate") socket.terminate();
    else socket.send(data, { binary: isBinary });
  });
});
const host = `127.0.0.1:${await listen(http)}`;
const { window } = new JSDOM("", { url: `http://${host}/`, runScripts: "outside-only" });
window.document.cookie = "name=ada";

/** The next event of a type at a target of the window. */
const event = (target, type) =>
  new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));

async function open(binaryType = "blob") {
  const socket = new window.WebSocket(`ws://${host}/`, ["chat", "other"]);
  socket.binaryType = binaryType;
  await event(socket, "open");
  return socket;
}

await step("the handshake", async () => {
  const socket = await open();
  assert.equal(socket.protocol, "chat");
  assert.equal(requests[0].headers.cookie, "name=ada");
  assert.equal(requests[0].headers.origin, `http://${host}`);
  assert.match(window.document.cookie, /seen=yes/);
  socket.send("close");
  const { code, reason, wasClean } = await event(socket, "close");
  assert.deepEqual([code, reason, wasClean], [4000, "as asked", true]);
});

await step("messages", async () => {
  const socket = await open("arraybuffer");
  for (const text of ["", "text", "é😀".repeat(20_000)]) {
    socket.send(text);
    assert.equal((await event(socket, "message")).data, text);
  }
  for (const bytes of [noise(0), noise(1), noise(100_000)]) {
    socket.send(window.Uint8Array.from(bytes));
    const { data } = await event(socket, "message");
    assert.deepEqual(Buffer.from(data), bytes);
  }
  socket.binaryType = "blob";
  socket.send(new window.Blob(["in a ", "blob"]));
  const { data } = await event(socket, "message");
  assert.ok(data instanceof window.Blob);
  assert.equal(data.size, 9);
  socket.close(3000, "enough");
  const { code, reason, wasClean } = await event(socket, "close");
  assert.deepEqual([code, reason, wasClean], [3000, "enough", true]);
});

await step("connections that fail", async () => {
  const socket = await open();
  socket.send("terminate");
  assert.equal((await event(socket, "close")).code, 1006);

  const { window: stranger } = new JSDOM("", { url: "http://stranger.example/" });
  const refused = new stranger.WebSocket(`ws://${host}/`);
  const error = event(refused, "error");
  assert.equal((await event(refused, "close")).code, 1006);
  assert.equal((await error).type, "error");

  const early = new window.WebSocket(`ws://${host}/`);
  early.close();
  assert.equal((await event(early, "close")).code, 1006);
});

await step("a window that is closed", async () => {
  await open();
  const [socket] = wss.clients;
  window.close();
  assert.equal((await once(socket, "close"))[0], 1001);
  wss.close();
  http.close();
});
