// Cases: the handler `refused` of servers is told once of each request that was turned away.
import assert from "node:assert/strict";
import type { ServerOptions } from "../../../src/adapter/server/options.js";
import type { FetchHandler } from "../../../src/adapter/server/plain-exchange.js";
import type { RefusedEvent } from "../../../src/adapter/server/server-handlers.js";
import { request } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case } from "../scene.js";
import { turns } from "../until.js";

interface Turned {
  readonly name: string;
  readonly sent: string;
  readonly options?: ServerOptions & { readonly fetch?: FetchHandler };
  readonly event: Omit<RefusedEvent, "remoteAddress">;
  /** Whether the handler `error` is told as well. */
  readonly broke?: boolean;
}

const ORIGIN = "https://example.org";
const at = (target: string, lines = {}): string =>
  request({ Origin: ORIGIN, ...lines }, `GET ${target} HTTP/1.1`);
const plain = (method = "GET", lines = ""): string =>
  `${method} /page?a HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n`;
const late = { timeouts: { handshakeMs: 50, closeMs: 50 } };

const TURNED: readonly Turned[] = [
  {
    name: "a head that is malformed",
    sent: "nonsense\r\n\r\n",
    event: { status: 400, reason: "the request line is malformed", target: undefined, origin: undefined },
  },
  {
    name: "a head that never ends",
    sent: "GET / HTTP/1.1\r\n",
    options: late,
    event: { status: 408, reason: "the request took too long", target: undefined, origin: undefined },
  },
  {
    name: "a wrong version",
    sent: at("/a?b", { "Sec-WebSocket-Version": "7" }),
    event: { status: 426, reason: "the WebSocket version is not 13", target: "/a?b", origin: ORIGIN },
  },
  {
    name: "an origin that is not in the list",
    sent: at("/"),
    options: { origins: [undefined] },
    event: { status: 403, reason: "the origin is not allowed", target: "/", origin: ORIGIN },
  },
  {
    name: "a client that the hook refuses, with a reason",
    sent: at("/"),
    options: { upgrade: () => ({ status: 401, reason: "no token", body: "log in" }) },
    event: { status: 401, reason: "no token", target: "/", origin: ORIGIN },
  },
  {
    name: "a client that the hook refuses later, without a reason",
    sent: at("/"),
    options: { upgrade: async () => ({ status: 302, headers: { Location: "/b" } }) },
    event: { status: 302, reason: "Found", target: "/", origin: ORIGIN },
  },
  {
    name: "a client that the hook refuses by false",
    sent: at("/"),
    options: { upgrade: () => false },
    event: { status: 403, reason: "the server does not accept this connection", target: "/", origin: ORIGIN },
  },
  {
    name: "a hook that throws",
    sent: at("/"),
    options: {
      upgrade() {
        throw new Error("secret");
      },
    },
    event: { status: 500, reason: "Internal Server Error", target: "/", origin: ORIGIN },
    broke: true,
  },
  {
    name: "an answer of the hook that can't be sent",
    sent: at("/"),
    options: { upgrade: async () => ({ status: 200 }) },
    event: { status: 500, reason: "Internal Server Error", target: "/", origin: ORIGIN },
    broke: true,
  },
  {
    name: "a hook that takes too long",
    sent: at("/"),
    options: { ...late, upgrade: () => new Promise(() => {}) },
    event: { status: 503, reason: "the server took too long", target: "/", origin: ORIGIN },
  },
  {
    name: "a plain request without fetch",
    sent: plain(),
    event: {
      status: 426,
      reason: "the Upgrade header does not name websocket",
      target: "/page?a",
      origin: undefined,
    },
  },
  {
    name: "a plain request with too much content",
    sent: plain("POST", "Content-Length: 5\r\n"),
    options: { fetch: () => new Response("ok"), limits: { maxContentBytes: 4 } },
    event: { status: 413, reason: "the content is too long", target: "/page?a", origin: undefined },
  },
  {
    name: "a plain request for which fetch throws",
    sent: plain(),
    options: { fetch: () => Promise.reject(new Error("secret")) },
    event: { status: 500, reason: "Internal Server Error", target: "/page?a", origin: undefined },
    broke: true,
  },
];

/** Handlers that keep what they are told, besides a recorder's. */
function watching(also: (event: RefusedEvent) => unknown = () => {}) {
  const events: RefusedEvent[] = [];
  const recorder = new Recorder();
  const handlers = Object.assign(recorder, {
    refused(event: RefusedEvent): unknown {
      events.push(event);
      return also(event);
    },
  });
  return { events, recorder, handlers };
}

export const refusedCases: readonly Case[] = [
  ...TURNED.map(
    ({ name, sent, options = {}, event, broke = false }): Case => ({
      name: `refused is told of ${name}: ${event.status}`,
      async run(scene) {
        const { events, recorder, handlers } = watching();
        const server = await scene.serve(options, handlers);
        const peer = await scene.raw(server);
        await peer.write(sent);
        assert.match(await peer.head(), new RegExp(`^HTTP/1\\.1 ${event.status} `));
        await scene.eventually(() => events.length > 0, "the event");
        peer.end();
        await peer.gone();
        await turns();
        assert.deepEqual(events, [{ ...event, remoteAddress: "127.0.0.1" }]);
        assert.equal(recorder.calls.length, broke ? 1 : 0);
        assert.equal(recorder.count("error"), broke ? 1 : 0);
      },
    }),
  ),
  {
    name: "refused is not told of clients that are accepted, of fetch's answers, and of clients that leave",
    async run(scene) {
      const { events, recorder, handlers } = watching();
      const fetch = () => new Response("none", { status: 404 });
      const server = await scene.serve({ fetch }, handlers);
      await scene.client(server);
      const page = await scene.raw(server);
      await page.write(plain());
      assert.match(await page.head(), /^HTTP\/1\.1 404 /);
      const leaving = await scene.raw(server);
      await leaving.write("GET / HTTP/1.1\r\n");
      leaving.end();
      await leaving.gone();
      await turns();
      assert.deepEqual([events, recorder.log], [[], ["open"]]);
    },
  },
  ...[
    {
      how: "throws",
      also: () => {
        throw new Error("mine");
      },
    },
    { how: "rejects", also: () => Promise.reject(new Error("mine")) },
  ].map(
    ({ how, also }): Case => ({
      name: `refused that ${how} goes to the error handler, and harms no connection`,
      async run(scene) {
        const { recorder, handlers } = watching(also);
        const server = await scene.serve({}, handlers);
        const open = await scene.client(server);
        const peer = await scene.raw(server);
        await peer.write(plain());
        assert.match(await peer.head(), /^HTTP\/1\.1 426 /);
        await recorder.until("error");
        assert.deepEqual(recorder.log, ["open", "error Error: mine"]);
        assert.equal(server.broadcast("a"), 1);
        await open.expect("81 01 'a'");
      },
    }),
  ),
  {
    name: "refused that closes the server",
    async run(scene) {
      let closed: Promise<void> | undefined;
      const { events, handlers } = watching(() => {
        closed = server.close({ timeoutMs: 1000 });
      });
      const server = await scene.serve({}, handlers);
      const peer = await scene.raw(server);
      await peer.write(plain());
      await peer.gone();
      await closed;
      assert.equal(events.length, 1);
    },
  },
  {
    name: "refused is no handler of a client",
    async run(scene) {
      const { server } = await scene.echo();
      const handlers = { refused() {} };
      const connect = async () => Reflect.apply(scene.connect, scene, [server.url, {}, handlers]);
      await assert.rejects(connect, { name: "TypeError", message: /^there is no handler refused/ });
    },
  },
];
