// What `WebSocketServer` has and the server of `ws` has not, on both read paths.
import { once } from "node:events";
import * as net from "node:net";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { WebSocket as Ws } from "ws";
import { PreparedMessage } from "../../../src/protocol/prepared-message.js";
import { WebSocketServer } from "../../../src/ws/server.js";
import type { ServerOptions } from "../../../src/ws/server-options.js";
import type { WebSocket } from "../../../src/ws/websocket.js";
import { eventually, soon } from "../../adapters/until.js";
import { exchange, prepare, upgradeHead } from "../../support/ws-servers.js";

beforeAll(prepare);

const running: WebSocketServer[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) {
    for (const client of server.clients ?? []) client.terminate();
    await server.close({});
  }
});

describe.each(["on", "off"] as const)("with internals %s", (internals) => {
  async function start(options: ServerOptions = {}): Promise<WebSocketServer> {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", internals, ...options });
    running.push(server);
    await once(server, "listening");
    return server;
  }

  async function client(server: WebSocketServer, options?: object): Promise<Ws> {
    const socket = new Ws(`ws://127.0.0.1:${portOf(server)}`, options);
    await once(socket, "open");
    return socket;
  }

  test("gives 'connection' what the promise of verifyClient found", async () => {
    const server = await start({ verifyClient: async ({ req }) => ({ user: req.url }) });
    const connected = once(server, "connection");
    const socket = await client(server);
    const found = await connected;
    expect(found.length).toBe(3);
    expect(found[2]).toEqual({ user: "/" });
    const echoed = once(socket, "message");
    found[0].on("message", (data: Buffer) => found[0].send(data));
    socket.send("a");
    await soon(echoed, "the echo");
  });

  test("calls the callback of handleUpgrade with it as well", async () => {
    const server = new WebSocketServer({ noServer: true, verifyClient: async () => 5 });
    const { createServer } = await import("node:http");
    const own = createServer().listen(0, "127.0.0.1");
    await once(own, "listening");
    const called = new Promise<unknown[]>((resolve) => {
      own.on("upgrade", (request, socket, head) =>
        server.handleUpgrade(request, socket, head, (...given) => resolve(given)),
      );
    });
    const address = own.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const socket = new Ws(`ws://127.0.0.1:${port}`);
    await once(socket, "open");
    expect((await called)[2]).toBe(5);
    socket.terminate();
    own.close();
  });

  test.each([false, undefined, 0, ""])("refuses a client for which the promise has %s", async (value) => {
    const server = await start({ verifyClient: async () => value });
    expect(await exchange(portOf(server), [upgradeHead()])).toContain("HTTP/1.1 401 Unauthorized");
  });

  test("refuses a client for which the promise is rejected, and leaves the rejection unhandled", async () => {
    const thrown: unknown[] = [];
    const verdict = {
      // biome-ignore lint/suspicious/noThenProperty: a promise that shows what becomes of its rejection
      then(_: unknown, failed: (error: Error) => void) {
        try {
          failed(new Error("no database"));
        } catch (error) {
          thrown.push(error);
        }
      },
    };
    const server = await start({ verifyClient: () => verdict });
    const text = await exchange(portOf(server), [upgradeHead()]);
    expect(text).toContain("HTTP/1.1 500 Internal Server Error");
    expect(thrown).toEqual([new Error("no database")]);
  });

  test("broadcasts to the clients that are open and chosen", async () => {
    const server = await start();
    const clients = await Promise.all(Array.from({ length: 4 }, () => client(server)));
    const [first, second, third] = [...(server.clients ?? [])];
    if (first === undefined || second === undefined || third === undefined) return expect.unreachable();
    const got = clients.map(() => [] as string[]);
    clients.forEach((each, i) => {
      each.on("message", (data, isBinary) => got[i]?.push(`${isBinary} ${data}`));
    });
    expect(server.broadcast("text")).toBe(4);
    expect(server.broadcast(Buffer.from("bytes"), { except: first })).toBe(3);
    expect(
      server.broadcast(Buffer.from("text of bytes"), { binary: false, filter: (each) => each === second }),
    ).toBe(1);
    expect(server.broadcast("bytes of text", { binary: true })).toBe(4);
    expect(server.broadcast(new PreparedMessage("prepared"))).toBe(4);
    third.close();
    expect(server.broadcast("end")).toBe(3);
    await eventually(() => got.flat().filter((each) => each === "false end").length === 3, "the end");
    const all = ["false text", "true bytes", "true bytes of text", "false prepared", "false end"];
    const of = (lines: string[]): string => lines.join();
    expect(got.map(of).sort()).toEqual(
      [
        all.filter((each) => each !== "true bytes"),
        [...all.slice(0, 2), "false text of bytes", ...all.slice(2)],
        all.slice(0, -1),
        all,
      ]
        .map(of)
        .sort(),
    );
  });

  test("broadcasts compressed messages", async () => {
    const server = await start({ perMessageDeflate: { threshold: 0 } });
    const clients = await Promise.all([client(server), client(server, { perMessageDeflate: false })]);
    const received = clients.map((each) => once(each, "message"));
    const text = "the same for all ".repeat(100);
    expect(server.broadcast(text)).toBe(2);
    for (const each of received) expect(String((await soon(each, "the message"))[0])).toBe(text);
  });

  test("refuses to broadcast nonsense, before anything is sent", async () => {
    const server = await start();
    const socket = await client(server);
    socket.on("message", () => expect.unreachable());
    expect(() => server.broadcast(Uint8Array.of(0xff), { binary: false })).toThrow(TypeError);
    const nothing: unknown = undefined;
    expect(() => server.broadcast(nothing as string)).toThrow(TypeError);
    expect(() => new WebSocketServer({ noServer: true, clientTracking: false }).broadcast("a")).toThrow(
      "clientTracking",
    );
    const closed = once(socket, "close");
    for (const each of server.clients ?? []) each.close();
    await soon(closed, "the close");
  });

  test("closes with its clients", async () => {
    const server = await start();
    const clients = await Promise.all(Array.from({ length: 3 }, () => client(server)));
    const closes = clients.map((each) => once(each, "close"));
    const ended = server.close({ code: 4000, reason: "over" });
    expect(server.address()).toBe(null);
    for (const closed of closes)
      expect((await soon(closed, "the close")).map(String)).toEqual(["4000", "over"]);
    await soon(ended, "the end");
    expect(server.clients?.size).toBe(0);
    await soon(server.close({}), "a second end");
  });

  test("says that it goes away, at the end of a block", async () => {
    const server = await start();
    const closed = once(await client(server), "close");
    await soon(server[Symbol.asyncDispose](), "the end");
    expect((await closed)[0]).toBe(1001);
  });

  test("terminates clients that do not close in time", async () => {
    const server = await start();
    const peer = await mute(server);
    const ended = once(peer, "close");
    await soon(server.close({ timeout: 20 }), "the end");
    await soon(ended, "the end of the client");
  });

  test("refuses to close by options that make no sense, and goes on", async () => {
    const server = await start();
    expect(() => server.close({ code: 1005 })).toThrow(TypeError);
    expect(() => server.close({ reason: "a".repeat(124) })).toThrow(RangeError);
    expect(() => server.close({ timeout: 0 })).toThrow(RangeError);
    const socket = await client(server);
    socket.terminate();
  });

  test("terminates clients that are silent, and keeps those that answer", async () => {
    const server = await start({ heartbeat: { interval: 20, timeout: 20 } });
    const alive = await client(server);
    let pings = 0;
    alive.on("ping", () => pings++);
    const silent = await mute(server);
    await soon(once(silent, "close"), "the end of the silent client");
    const before = pings;
    await eventually(() => pings > before + 2, "more pings");
    expect(alive.readyState).toBe(alive.OPEN);
    expect(server.clients?.size).toBe(1);
  });

  test("keeps a silent client to which it does not listen", async () => {
    const server = await start({ heartbeat: { interval: 10, timeout: 10 } });
    const connected = once(server, "connection");
    const silent = await mute(server);
    const socket: WebSocket = (await connected)[0];
    socket.pause();
    const other = await mute(server);
    await soon(once(other, "close"), "the end of another client");
    const third = await mute(server);
    await soon(once(third, "close"), "the end of a third client");
    expect(socket.readyState).toBe(socket.OPEN);
    socket.resume();
    await soon(once(silent, "close"), "the end of the client");
  });
});

test.each([
  [{ interval: 0, timeout: 1 }, "heartbeat.interval must be a number of milliseconds over 0, not 0"],
  [
    { interval: 1, timeout: Number.NaN },
    "heartbeat.timeout must be a number of milliseconds over 0, not NaN",
  ],
  [{ interval: 1 }, "heartbeat.timeout must be a number of milliseconds over 0"],
  [{ interval: 1, timeout: 1, idle: 1 }, "there is no option heartbeat.idle"],
  [true, "heartbeat must be an object"],
])("there is no heartbeat %o", (heartbeat, message) => {
  const options: object = { noServer: true, heartbeat };
  expect(() => new WebSocketServer(options)).toThrow(message);
});

function portOf(server: WebSocketServer): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A connection that was upgraded and says no more. */
async function mute(server: WebSocketServer): Promise<net.Socket> {
  const socket = net.connect(portOf(server), "127.0.0.1");
  socket.write(upgradeHead());
  await once(socket, "data");
  socket.resume();
  return socket;
}
