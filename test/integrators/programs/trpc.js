// tRPC: queries, mutations, subscriptions with tracking, keepalive, and a server that asks clients to come again.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { initTRPC, tracked } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocket, WebSocketServer } from "ws";
import { step } from "../scenario.js";

const t = initTRPC.context().create();
let ended = 0;
const router = t.router({
  echo: t.procedure.input((value) => value).query(({ input }) => input),
  user: t.procedure.query(({ ctx }) => ctx.user),
  fail: t.procedure.mutation(() => {
    throw new Error("failed");
  }),
  numbers: t.procedure
    .input((value) => value)
    .subscription(async function* ({ input, signal }) {
      try {
        for (let i = Number(input.lastEventId ?? 0) + 1; i <= input.to && !signal.aborted; i++) {
          yield tracked(String(i), i);
          await new Promise(setImmediate);
        }
      } finally {
        ended++;
      }
    }),
});

const wss = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true });
const handler = applyWSSHandler({
  wss,
  router,
  createContext: ({ info, req, res }) => {
    assert.equal(res.readyState, WebSocket.OPEN);
    return { user: info.connectionParams?.user, address: req.socket.remoteAddress };
  },
  keepAlive: { enabled: true, pingMs: 20, pongWaitMs: 10_000 },
});
await once(wss, "listening");
const url = `ws://127.0.0.1:${wss.address().port}`;

function open(options) {
  const client = createWSClient({ url, WebSocket, retryDelayMs: () => 0, ...options });
  return { client, api: createTRPCClient({ links: [wsLink({ client })] }) };
}

function numbers(api, input, onData = () => {}) {
  return new Promise((resolve, reject) => {
    const all = [];
    const subscription = api.numbers.subscribe(input, {
      onData: ({ data }) => {
        all.push(data);
        if (onData(data) === "enough") {
          subscription.unsubscribe();
          resolve(all);
        }
      },
      onComplete: () => resolve(all),
      onError: reject,
    });
  });
}

await step("queries and mutations", async () => {
  const { client, api } = open({ connectionParams: async () => ({ user: "ada" }) });
  const value = { text: "é😀".repeat(20_000), list: [1, null, { deep: true }] };
  assert.deepEqual(await api.echo.query(value), value);
  assert.equal(await api.user.query(), "ada");
  const many = await Promise.all(Array.from({ length: 200 }, (_, i) => api.echo.query(i)));
  assert.deepEqual(many, [...Array(200).keys()]);
  await assert.rejects(api.fail.mutate(), { message: "failed" });
  await client.close();
});

await step("subscriptions", async () => {
  const { client, api } = open();
  const expected = Array.from({ length: 300 }, (_, i) => i + 1);
  assert.deepEqual(await Promise.all([numbers(api, { to: 300 }), numbers(api, { to: 300 })]), [
    expected,
    expected,
  ]);
  const stopped = await numbers(api, { to: 1_000_000 }, (i) => (i === 10 ? "enough" : "more"));
  assert.deepEqual(stopped, expected.slice(0, 10));
  while (ended < 3) await new Promise(setImmediate);
  await client.close();
});

await step("the server's keepalive, and the client's", async () => {
  for (const [keepAlive, text] of [
    [{ enabled: false }, "PONG"],
    [{ enabled: true, intervalMs: 5, pongTimeoutMs: 10_000 }, "PING"],
  ]) {
    const connected = once(wss, "connection");
    const { client, api } = open({ keepAlive });
    await api.user.query();
    const [socket] = await connected;
    for (let i = 0; i < 3; ) if (String((await once(socket, "message"))[0]) === text) i++;
    await client.close();
  }
});

await step("a subscription goes on after the connection was cut", async () => {
  const { client, api } = open();
  const all = await numbers(api, { to: 100 }, (i) => {
    if (i === 50) for (const socket of wss.clients) socket.terminate();
  });
  assert.deepEqual(
    all.slice(0, 50),
    Array.from({ length: 50 }, (_, i) => i + 1),
  );
  assert.equal(all.at(-1), 100);
  await client.close();
});

await step("clients that are asked to come again", async () => {
  const { client, api } = open();
  await api.user.query();
  const again = once(wss, "connection");
  handler.broadcastReconnectNotification();
  await again;
  assert.equal(await api.echo.query("still here"), "still here");
  await client.close();
});

await step("the end of the server", async () => {
  const closed = once(wss, "close");
  wss.close();
  await closed;
});
