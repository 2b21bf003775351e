// Cases: clients with the option `reconnect`, and servers that refuse, reset, close, break rules and hang.
import assert from "node:assert/strict";
import type { ClientHandlers, ReconnectingEvent } from "../../../src/adapter/client/client-handlers.js";
import type { Socket } from "../../../src/adapter/socket/handlers.js";
import type { CloseEvent } from "../../../src/protocol/events.js";
import { certificate } from "../../support/certificate.js";
import type { DialOptions } from "../adapter.js";
import { type RawPeer, type RawServer, unmasked } from "../raw-peer.js";
import { RelayProxy } from "../relay-proxy.js";
import { type Case, type Scene, switching } from "../scene.js";
import { happened, turns, until } from "../until.js";

/** Short waits. The count of attempts does not start again within a test. */
const QUICK = { minDelayMs: 1, maxDelayMs: 60_000, maxAttempts: 5 } as const;

type Act = (peer: RawPeer) => unknown;

const accept: Act = async (peer) => void (await peer.write(switching(await peer.head())));
const acceptThen =
  (...bytes: readonly string[]): Act =>
  async (peer) => {
    await peer.write(switching(await peer.head()), unmasked(...bytes));
    peer.end();
  };
const refuse =
  (status: number): Act =>
  async (peer) => {
    await peer.head();
    await peer.write(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
    peer.end();
  };
const resetAtOnce: Act = async (peer) => {
  await peer.head();
  peer.reset();
};
const acceptAndReset: Act = async (peer) => {
  await accept(peer);
  await peer.frames(1);
  peer.reset();
};
const hang: Act = (peer) => peer.head();

/** A server that does one thing after the other, one for each connection, and the last for all others. */
function acting(scene: Scene, ...acts: readonly Act[]): Promise<RawServer> {
  let next = 0;
  return scene.rawServer((peer) => acts[Math.min(next++, acts.length - 1)]?.(peer));
}

/** The calls of a client's handlers. */
class Log implements ClientHandlers {
  readonly lines: string[] = [];
  readonly sockets: Socket[] = [];
  readonly closes: CloseEvent[] = [];
  readonly waits: ReconnectingEvent[] = [];
  readonly failures: unknown[] = [];
  readonly errors: unknown[] = [];
  readonly #also: ClientHandlers;

  constructor(also: ClientHandlers = {}) {
    this.#also = also;
  }
  open(socket: Socket, event: { attempt: number }): unknown {
    this.sockets.push(socket);
    this.#add(`open ${event.attempt}`);
    return this.#also.open?.(socket, event);
  }
  close(socket: Socket, event: CloseEvent): unknown {
    this.closes.push(event);
    this.#add(`close ${event.code}`);
    return this.#also.close?.(socket, event);
  }
  message(): void {}
  reconnecting(event: ReconnectingEvent): unknown {
    this.waits.push(event);
    this.#add(`reconnecting ${event.attempt}`);
    return this.#also.reconnecting?.(event);
  }
  reconnectFailed(error: unknown): unknown {
    this.failures.push(error);
    this.#add("failed");
    return this.#also.reconnectFailed?.(error);
  }
  error(_: Socket | undefined, error: unknown): void {
    this.errors.push(error);
    this.#add(`error ${String(error)}`);
  }
  async until(line: string, count = 1): Promise<void> {
    const found = (): number => this.lines.filter((each) => each === line).length;
    await until(
      () => found() >= count,
      () => `${count} ${line}; there were: ${this.lines.join(", ")}`,
    );
  }
  #add(line: string): void {
    this.lines.push(line);
    happened();
  }
}

/** Begins to connect. The scene ends whatever is left of it. */
function begin(scene: Scene, url: string, log: Log, options: DialOptions = {}): Promise<Socket> {
  const control = new AbortController();
  scene.after(() => {
    control.abort();
    for (const socket of log.sockets) socket.terminate();
  });
  return scene.adapter.connect(url, { reconnect: QUICK, signal: control.signal, ...options }, log);
}

interface Row {
  readonly name: string;
  readonly act: Act;
  readonly options?: DialOptions;
  /** Handlers' calls until the client is open again. */
  readonly lines: readonly string[];
  readonly needs?: Case["needs"];
}

const PING: ClientHandlers = { open: (socket) => void socket.ping() };

/** What a server does first; it accepts the connections behind that. */
const ENDS: readonly Row[] = [
  ...[1001, 1005, 1011, 1012, 1013, 3000, 4999].map(
    (code): Row => ({
      name: `closes with ${code}`,
      act:
        code === 1005
          ? acceptThen("88 00 |")
          : acceptThen(`88 02 | ${code.toString(16).padStart(4, "0").replace(/(..)/, "$1 ")}`),
      lines: ["open 0", `close ${code}`, "reconnecting 1", "open 1"],
    }),
  ),
  {
    name: "ends TCP without a Close frame",
    act: async (peer) => {
      await accept(peer);
      peer.end();
    },
    lines: ["open 0", "close 1006", "reconnecting 1", "open 1"],
  },
  {
    name: "resets TCP",
    needs: ["tcp"],
    act: acceptAndReset,
    lines: ["open 0", "close 1006", "reconnecting 1", "open 1"],
  },
  {
    name: "breaks a rule of the protocol",
    act: acceptThen("83 00 |"),
    lines: ["open 0", "close 1006", "reconnecting 1", "open 1"],
  },
  {
    name: "does not answer pings",
    act: accept,
    options: { timeouts: { pingIntervalMs: 100, pingTimeoutMs: 20 } },
    lines: ["open 0", "close 1006", "reconnecting 1", "open 1"],
  },
  {
    name: "hangs in the handshake",
    act: hang,
    options: { timeouts: { handshakeMs: 60 } },
    lines: ["reconnecting 1", "open 1"],
  },
  {
    name: "resets TCP in the handshake",
    needs: ["tcp"],
    act: resetAtOnce,
    lines: ["reconnecting 1", "open 1"],
  },
  ...[200, 302, 408, 425, 429, 500, 503].map(
    (status): Row => ({
      name: `answers ${status}`,
      act: refuse(status),
      lines: ["reconnecting 1", "open 1"],
    }),
  ),
];

const reconnects: readonly Case[] = ENDS.map(({ name, act, options = {}, lines, needs = [] }) => ({
  name: `a client connects again to a server that ${name}`,
  needs: ["reconnect", ...needs],
  async run(scene) {
    const server = await acting(scene, act, accept);
    const log = new Log(PING);
    await begin(scene, server.url, log, options);
    await log.until("open 1");
    assert.deepEqual(log.lines.slice(0, lines.length), lines);
    assert.equal(new Set(log.sockets).size, log.sockets.length, "each connection has a new socket");
    assert.deepEqual(log.errors, []);
  },
}));

export const reconnectCases: readonly Case[] = [
  ...reconnects,
  ...[1000, 1008].map(
    (code): Case => ({
      name: `a client does not connect again after a Close frame with ${code}, and reconnectFailed is told`,
      needs: ["reconnect"],
      async run(scene) {
        const server = await acting(scene, acceptThen(code === 1000 ? "88 02 | 03 e8" : "88 02 | 03 f0"));
        const log = new Log();
        await begin(scene, server.url, log);
        await log.until("failed");
        assert.deepEqual(log.lines, ["open 0", `close ${code}`, "failed"]);
        const [error] = log.failures;
        assert.ok(error instanceof Error);
        assert.equal(error.cause, log.closes[0]);
        await turns(10);
        assert.equal(server.peers.length, 1);
      },
    }),
  ),
  ...[400, 401, 403, 404, 426].map(
    (status): Case => ({
      name: `a client whose first handshake gets ${status} does not try again, and connect() rejects`,
      needs: ["reconnect"],
      async run(scene) {
        const server = await acting(scene, refuse(status));
        const log = new Log();
        await assert.rejects(begin(scene, server.url, log), { name: "HandshakeError", status });
        await turns(10);
        assert.equal(server.peers.length, 1);
        assert.deepEqual(log.lines, []);
      },
    }),
  ),
  {
    name: "a client whose later handshake gets 403 gives up, and reconnectFailed gets the error",
    needs: ["reconnect"],
    async run(scene) {
      const server = await acting(scene, acceptThen("88 02 | 03 e9"), refuse(503), refuse(403));
      const log = new Log();
      await begin(scene, server.url, log);
      await log.until("failed");
      assert.deepEqual(log.lines, ["open 0", "close 1001", "reconnecting 1", "reconnecting 2", "failed"]);
      const [error] = log.failures;
      assert.ok(error instanceof Error && "status" in error);
      assert.equal(error.status, 403);
      assert.deepEqual(
        log.waits.map(({ cause }) => [cause.closeEvent?.code, Reflect.get(Object(cause.error), "status")]),
        [
          [1001, undefined],
          [undefined, 503],
        ],
      );
    },
  },
  {
    name: "a client gives up after maxAttempts where nothing listens, and connect() rejects with the last error",
    needs: ["reconnect"],
    async run(scene) {
      const server = await acting(scene, accept);
      const { url } = server;
      server.close();
      const log = new Log();
      const reconnect = { minDelayMs: 1, maxDelayMs: 2, maxAttempts: 3 };
      await assert.rejects(begin(scene, url, log, { reconnect }), { code: "ECONNREFUSED" });
      assert.deepEqual(log.lines, ["reconnecting 1", "reconnecting 2", "reconnecting 3"]);
      assert.ok(log.waits.every(({ delayMs }) => delayMs >= 1 && delayMs <= 2));
    },
  },
  {
    name: "a client sends nothing again: what the lost connection was given is not in the next one",
    needs: ["reconnect"],
    async run(scene) {
      const server = await acting(scene, acceptAndReset, accept);
      const log = new Log({ open: (socket, { attempt }) => void socket.send(`hello ${attempt}`) });
      const first = await begin(scene, server.url, log);
      first.send("before the end");
      await log.until("close 1006");
      assert.equal(first.send("after the end"), "dropped");
      await log.until("open 1");
      log.sockets[1]?.send("last");
      const frames = (await server.peers[1]?.frames(2)) ?? [];
      const texts = frames.map(({ payload }) => Buffer.from(payload).toString());
      assert.deepEqual(texts, ["hello 1", "last"]);
      log.sockets[1]?.close(1000);
      const [close] = (await server.peers[1]?.frames(1)) ?? [];
      assert.equal(close?.opcode, 8);
    },
  },
  {
    name: "a client does not connect again after its own close() or terminate()",
    needs: ["reconnect"],
    async run(scene) {
      for (const method of ["close", "terminate"] as const) {
        const server = await scene.echo();
        const log = new Log();
        const socket = await begin(scene, server.server.url, log);
        socket[method]();
        await log.until(method === "close" ? "close 1005" : "close 1006");
        await turns(20);
        assert.equal(log.lines.length, 2, log.lines.join(", "));
      }
    },
  },
  {
    name: "a signal ends the first wait: connect() rejects with its reason",
    needs: ["reconnect"],
    async run(scene) {
      const server = await acting(scene, refuse(503));
      const control = new AbortController();
      const log = new Log({ reconnecting: () => control.abort(new Error("enough")) });
      const options = { reconnect: { minDelayMs: 60_000, maxDelayMs: 60_000 }, signal: control.signal };
      await assert.rejects(begin(scene, server.url, log, options), { message: "enough" });
      assert.deepEqual(log.lines, ["reconnecting 1"]);
    },
  },
  {
    name: "a signal ends an attempt that hangs: connect() rejects with its reason",
    needs: ["reconnect"],
    async run(scene) {
      const control = new AbortController();
      const server = await acting(scene, refuse(503), async (peer) => {
        await peer.head();
        control.abort(new Error("enough"));
      });
      const log = new Log();
      await assert.rejects(begin(scene, server.url, log, { signal: control.signal }), { message: "enough" });
      await server.peers[1]?.gone();
    },
  },
  {
    name: "a signal leaves the open connection alone, and no other follows it",
    needs: ["reconnect"],
    async run(scene) {
      const server = await acting(scene, accept);
      const control = new AbortController();
      const log = new Log();
      const socket = await begin(scene, server.url, log, { signal: control.signal });
      control.abort();
      await turns();
      assert.equal(socket.state, "open");
      server.peers[0]?.end();
      await log.until("close 1006");
      await turns(20);
      assert.deepEqual(log.lines, ["open 0", "close 1006"]);
      assert.equal(server.peers.length, 1);
    },
  },
  {
    name: "an open() that throws ends its connection alone: the client connects again",
    needs: ["reconnect"],
    async run(scene) {
      const server = await acting(scene, accept);
      const log = new Log({
        open(_, { attempt }) {
          if (attempt === 0) throw new Error("mine");
        },
      });
      await begin(scene, server.url, log, { timeouts: { closeMs: 20 } });
      await log.until("open 1");
      assert.deepEqual(log.errors.map(String), ["Error: mine"]);
    },
  },
  {
    name: "each attempt follows redirects, from the beginning",
    needs: ["reconnect"],
    async run(scene) {
      const target = await acting(scene, acceptThen("88 02 | 03 e9"), accept);
      const asked: string[] = [];
      const server = await scene.rawServer(async (peer) => {
        asked.push((await peer.head()).split("\r\n")[0] ?? "");
        await peer.write(`HTTP/1.1 307 There\r\nLocation: ${target.url}\r\nContent-Length: 0\r\n\r\n`);
      });
      const log = new Log();
      await begin(scene, `${server.url}from`, log, { maxRedirects: 1 });
      await log.until("open 1");
      assert.deepEqual(asked, ["GET /from HTTP/1.1", "GET /from HTTP/1.1"]);
    },
  },
  ...["TLS", "TLS, through a proxy"].map(
    (way): Case => ({
      name: `a client connects again over ${way}`,
      needs: ["reconnect", "tls", "proxy"],
      async run(scene) {
        const tls = certificate();
        const { server } = await scene.echo({ tls });
        const proxy = await RelayProxy.listen();
        scene.after(() => proxy.close());
        const log = new Log();
        const options = way === "TLS" ? {} : { proxy: proxy.url };
        const url = `wss://localhost:${server.port}/`;
        await begin(scene, url, log, { ...options, tls: { ca: tls.cert } });
        for (const [attempt, code] of [1012, 1001].entries()) {
          await scene.connections(server, 1);
          for (const socket of server.connections.values()) socket.close(code);
          await log.until(`open ${attempt + 1}`);
        }
        assert.deepEqual(log.lines, [
          ...["open 0", "close 1012", "reconnecting 1"],
          ...["open 1", "close 1001", "reconnecting 2", "open 2"],
        ]);
        assert.equal(proxy.heads.length, way === "TLS" ? 0 : 3);
      },
    }),
  ),
  {
    name: "a client without reconnect calls open() with attempt 0, and connects once",
    async run(scene) {
      const server = await acting(scene, acceptThen("88 02 | 03 e9"));
      const log = new Log();
      scene.after(() => log.sockets.map((socket) => socket.terminate()));
      await scene.adapter.connect(server.url, {}, log);
      await log.until("close 1001");
      await turns(10);
      assert.deepEqual(log.lines, ["open 0", "close 1001"]);
      assert.equal(server.peers.length, 1);
    },
  },
];
