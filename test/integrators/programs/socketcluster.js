// SocketCluster, server and client: procedures, channels, batches, authentication, refusals, and reconnection.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import socketClusterClient from "socketcluster-client";
import socketClusterServer from "socketcluster-server";
import { listen, step } from "../scenario.js";

const http = createServer();
const server = socketClusterServer.attach(http, {
  maxPayload: 200_000,
  pingInterval: 1_000,
  perMessageDeflate: true,
});
server.setMiddleware(server.MIDDLEWARE_HANDSHAKE, async (stream) => {
  for await (const action of stream) {
    if (action.type !== action.HANDSHAKE_WS || !action.request.url.includes("refused")) action.allow();
    else action.block(Object.assign(new Error("refused"), { name: "Refused" }));
  }
});
const accepted = [];
(async () => {
  for await (const { socket } of server.listener("connection")) {
    accepted.push(socket);
    serveProcedures(socket);
  }
})();
// What a test makes of these is seen at the client.
(async () => {
  for await (const _ of server.listener("warning"));
})();
(async () => {
  for await (const _ of server.listener("error"));
})();

function serveProcedures(socket) {
  (async () => {
    for await (const request of socket.procedure("echo")) request.end(request.data);
  })();
  (async () => {
    for await (const request of socket.procedure("fail")) request.error(new Error("failed"));
  })();
  (async () => {
    for await (const data of socket.receiver("login")) {
      socket.setAuthToken(data);
    }
  })();
}
const port = await listen(http);

async function connect(options) {
  const socket = socketClusterClient.create({
    hostname: "127.0.0.1",
    port,
    autoReconnectOptions: { initialDelay: 1, randomness: 0, maxDelay: 1 },
    ...options,
  });
  await socket.listener("connect").once();
  return socket;
}

await step("procedures", async () => {
  const socket = await connect();
  for (const value of ["text", "é😀".repeat(10_000), { deep: [1, null] }, 0]) {
    assert.deepEqual(await socket.invoke("echo", value), value);
  }
  const many = await Promise.all(Array.from({ length: 200 }, (_, i) => socket.invoke("echo", i)));
  assert.deepEqual(many, [...Array(200).keys()]);
  await assert.rejects(socket.invoke("fail"), { message: "failed" });
  // The application's own pings, empty messages.
  await socket.listener("message").once();
  socket.disconnect(4100, "enough");
  const { code, reason } = await accepted.at(-1).listener("disconnect").once();
  assert.deepEqual([code, String(reason)], [4100, "enough"]);
});

await step("channels", async () => {
  const sockets = await Promise.all([connect(), connect({ batchOnHandshake: true }), connect()]);
  const [one, two, outsider] = sockets;
  const channels = [one, two].map((socket) => socket.subscribe("news"));
  await Promise.all(channels.map((channel) => channel.listener("subscribe").once()));
  const heard = channels.map(async (channel) => {
    const got = [];
    for await (const data of channel) {
      if (got.push(data) === 50) return got;
    }
  });
  for (let i = 0; i < 50; i++) await outsider.invokePublish("news", i);
  for (const got of await Promise.all(heard)) assert.deepEqual(got, [...Array(50).keys()]);
  for (const socket of sockets) socket.disconnect();
});

await step("authentication", async () => {
  const socket = await connect();
  const authenticated = socket.listener("authenticate").once();
  socket.transmit("login", { user: "ada" });
  await authenticated;
  assert.equal(socket.authToken.user, "ada");
  assert.equal(accepted.at(-1).authToken.user, "ada");
  socket.disconnect();
});

await step("a message over the limit", async () => {
  const socket = await connect({ autoReconnect: false });
  socket.transmit("echo", "x".repeat(200_001));
  const { code } = await socket.listener("disconnect").once();
  assert.equal(code, 1009);
});

await step("refusals", async () => {
  const socket = socketClusterClient.create({
    hostname: "127.0.0.1",
    port,
    query: { refused: 1 },
    autoReconnect: false,
  });
  const { code } = await socket.listener("connectAbort").once();
  assert.equal(code, 1006);
});

await step("reconnection", async () => {
  const socket = await connect();
  const news = socket.subscribe("news");
  await news.listener("subscribe").once();
  const again = news.listener("subscribe").once();
  accepted.at(-1).socket.terminate();
  await again;
  assert.equal(await socket.invoke("echo", "again"), "again");
  socket.disconnect();
});

await step("the end of the server", async () => {
  const socket = await connect({ autoReconnect: false });
  const gone = socket.listener("disconnect").once();
  http.close();
  await server.close();
  await gone;
});

// Timers of the clients would go on for a while.
process.exit();
