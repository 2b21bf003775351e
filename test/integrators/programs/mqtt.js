// MQTT.js and aedes: streams over WebSockets on both sides, the subprotocol `mqtt`, all qualities of service, wills.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { Aedes } from "aedes";
import mqtt from "mqtt";
import { createWebSocketStream, WebSocketServer } from "ws";
import { listen, next, noise, step } from "../scenario.js";

const broker = await Aedes.createBroker();
const http = createServer();
// aedes misses what comes in several chunks of one turn on Node 26, whatever the stream.
const wss = new WebSocketServer({ server: http, perMessageDeflate: true, allowSynchronousEvents: false });
const addresses = [];
wss.on("connection", (socket, request) => {
  assert.equal(socket.protocol, "mqtt");
  addresses.push(socket._socket.remoteAddress);
  const stream = createWebSocketStream(socket);
  stream.on("error", () => {});
  broker.handle(stream, request);
});
const url = `ws://127.0.0.1:${await listen(http)}`;

function connect(options) {
  return mqtt.connectAsync(url, { reconnectPeriod: 1, ...options });
}

await step("messages of each quality of service", async () => {
  const client = await connect({ clientId: "one" });
  for (const qos of [0, 1, 2]) {
    await client.subscribeAsync(`topic/${qos}`, { qos });
    for (const payload of ["", "é😀".repeat(5_000), noise(200_000)]) {
      const got = once(client, "message");
      await client.publishAsync(`topic/${qos}`, payload, { qos });
      const [topic, bytes] = await got;
      assert.equal(topic, `topic/${qos}`);
      assert.deepEqual(bytes, Buffer.from(payload));
    }
  }
  await client.endAsync();
  assert.deepEqual(addresses, ["127.0.0.1"]);
});

await step("many small messages, in order", async () => {
  const client = await connect({ wsOptions: { perMessageDeflate: false } });
  await client.subscribeAsync("numbers");
  const got = [];
  const all = new Promise((resolve) => {
    client.on("message", (_, bytes) => got.push(Number(bytes)) === 2_000 && resolve());
  });
  for (let i = 0; i < 2_000; i++) client.publish("numbers", String(i));
  await all;
  assert.deepEqual(got, [...Array(2_000).keys()]);
  await client.endAsync();
});

await step("a will of a client that is cut off", async () => {
  const watcher = await connect({ clientId: "watcher" });
  await watcher.subscribeAsync("will");
  const client = await connect({
    clientId: "testator",
    reconnectPeriod: 0,
    will: { topic: "will", payload: "gone" },
  });
  const will = once(watcher, "message");
  client.stream.destroy();
  assert.equal(String((await will)[1]), "gone");
  await client.endAsync(true);
  await watcher.endAsync();
});

await step("reconnection, with a session that is kept", async () => {
  const client = await connect({ clientId: "keeper", clean: false });
  await client.subscribeAsync("kept", { qos: 1 });
  const again = next(client, "connect");
  for (const socket of wss.clients) socket.terminate();
  assert.equal((await again).sessionPresent, true);
  const got = once(client, "message");
  await client.publishAsync("kept", "after", { qos: 1 });
  assert.equal(String((await got)[1]), "after");
  await client.endAsync();
});

await step("the end of the broker", async () => {
  const client = await connect({ reconnectPeriod: 0 });
  const closed = once(client, "close");
  await new Promise((resolve) => broker.close(resolve));
  await closed;
  await client.endAsync(true);
  wss.close();
  http.close();
});
