// graphql-ws: subprotocols chosen late, queries, subscriptions, refusals with codes and reasons, and keepalive.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { createClient } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import { WebSocket, WebSocketServer } from "ws";
import { listen, step } from "../scenario.js";

const count = new GraphQLNonNull(GraphQLInt);
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: "Query",
    fields: {
      echo: { type: GraphQLString, args: { text: { type: GraphQLString } }, resolve: (_, { text }) => text },
      user: { type: GraphQLString, resolve: (_, __, context) => context.connectionParams?.user },
    },
  }),
  subscription: new GraphQLObjectType({
    name: "Subscription",
    fields: {
      numbers: {
        type: GraphQLInt,
        args: { to: { type: count } },
        resolve: (value) => value,
        async *subscribe(_, { to }) {
          for (let i = 1; i <= to; i++) yield i;
        },
      },
      endless: {
        type: GraphQLInt,
        resolve: (value) => value,
        async *subscribe() {
          try {
            for (let i = 1; ; i++) {
              yield i;
              await new Promise(setImmediate);
            }
          } finally {
            returned();
          }
        },
      },
    },
  }),
});
let returned = () => {};

const http = createServer();
const wss = new WebSocketServer({ server: http, path: "/graphql", perMessageDeflate: true });
const connections = [];
const server = useServer(
  {
    schema,
    context: ({ connectionParams, extra }) => ({
      connectionParams,
      address: extra.socket._socket.remoteAddress,
    }),
    onConnect: ({ connectionParams }) => connectionParams?.user !== "eve",
    onDisconnect: (_, code, reason) => void connections.push([code, reason.toString()]),
    connectionInitWaitTimeout: 200,
  },
  wss,
  1_000,
);
assert.equal(typeof wss.options.handleProtocols, "function");
const url = `ws://127.0.0.1:${await listen(http)}/graphql`;

function client(options) {
  const made = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, ...options });
  const closes = [];
  made.on("closed", ({ code, reason }) => closes.push([code, reason]));
  return { ...made, closes };
}

/** All results of an operation. */
async function results(made, query, variables) {
  const all = [];
  for await (const { data, errors } of made.iterate({ query, variables })) {
    assert.equal(errors, undefined);
    all.push(data);
  }
  return all;
}

await step("queries", async () => {
  const made = client({ connectionParams: { user: "ada" }, lazy: false, onNonLazyError: assert.fail });
  const text = "é😀".repeat(20_000);
  const echoes = await results(made, "query ($text: String) { echo(text: $text) }", { text });
  assert.equal(echoes[0].echo, text);
  assert.equal((await results(made, "{ user }"))[0].user, "ada");
  const [socket] = wss.clients;
  assert.equal(socket.protocol, "graphql-transport-ws");
  // The server's keepalive: pings that the client's WebSocket answers.
  await once(socket, "pong");
  const closed = new Promise((resolve) => made.on("closed", resolve));
  await made.dispose();
  await closed;
  assert.deepEqual(made.closes, [[1000, "Normal Closure"]]);
});

await step("subscriptions", async () => {
  const made = client({ keepAlive: 10 });
  const pong = new Promise((resolve) => made.on("pong", (received) => received && resolve()));
  const query = "subscription ($to: Int!) { numbers(to: $to) }";
  const [left, right] = await Promise.all([
    results(made, query, { to: 500 }),
    results(made, query, { to: 300 }),
  ]);
  assert.deepEqual(
    left.map(({ numbers }) => numbers),
    Array.from({ length: 500 }, (_, i) => i + 1),
  );
  assert.equal(right.length, 300);

  const ended = new Promise((resolve) => {
    returned = resolve;
  });
  for await (const { data } of made.iterate({ query: "subscription { endless }" })) {
    if (data.endless === 20) break;
  }
  await ended;
  for await (const _ of made.iterate({ query: "subscription { endless }" })) {
    await pong;
    break;
  }
  await made.dispose();
});

await step("refusals", async () => {
  const eve = client({ connectionParams: { user: "eve" } });
  await assert.rejects(results(eve, "{ user }"), (event) => {
    assert.deepEqual([event.code, event.reason, event.wasClean], [4403, "Forbidden", true]);
    return true;
  });

  const [strange] = await once(new WebSocket(url, "graphql-ws-of-old"), "error");
  assert.equal(strange.message, "Server sent no subprotocol");

  const silent = new WebSocket(url, "graphql-transport-ws");
  const [code, reason] = await once(silent, "close");
  assert.deepEqual([code, String(reason)], [4408, "Connection initialisation timeout"]);

  const rude = new WebSocket(url, ["other", "graphql-transport-ws"]);
  await once(rude, "open");
  rude.send("no JSON");
  const [rudeCode, rudeReason] = await once(rude, "close");
  assert.deepEqual([rudeCode, String(rudeReason)], [4400, "Invalid message received"]);

  const elsewhere = new WebSocket(url.replace("graphql", "elsewhere"), "graphql-transport-ws");
  const [error] = await once(elsewhere, "error");
  assert.equal(error.message, "Unexpected server response: 400");
});

await step("a connection that is cut, and retried", async () => {
  const made = client({ retryAttempts: 3, retryWait: async () => {}, shouldRetry: () => true });
  const opened = [];
  made.on("connected", () => opened.push(1));
  let seen = 0;
  for await (const { data } of made.iterate({ query: "subscription { endless }" })) {
    if (data.endless !== 5) continue;
    if (++seen === 2) break;
    for (const socket of wss.clients) socket.terminate();
  }
  assert.equal(opened.length, 2);
  const closed = new Promise((resolve) => made.on("closed", resolve));
  made.terminate();
  await closed;
  assert.deepEqual(made.closes, [
    [1006, ""],
    [4499, "Terminated"],
  ]);
});

await step("a client that answers no pings", async () => {
  const impatient = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  const other = useServer({ schema }, impatient, 100);
  await once(impatient, "listening");
  const socket = new WebSocket(`ws://127.0.0.1:${impatient.address().port}`, "graphql-transport-ws");
  // The WebSocket answers a ping by this method.
  socket.pong = () => {};
  const [code] = await once(socket, "close");
  assert.equal(code, 1006);
  await other.dispose();
});

await step("the end of the server", async () => {
  const made = client({ lazy: false, onNonLazyError: () => {} });
  await new Promise((resolve) => made.on("connected", resolve));
  const closed = new Promise((resolve) => made.on("closed", resolve));
  await server.dispose();
  await closed;
  assert.deepEqual(made.closes, [[1001, "Going away"]]);
  assert.equal(wss.clients.size, 0);
  http.close();
  assert.deepEqual(connections[0], [1000, "Normal Closure"]);
});
