// The server: its constructor, where it listens, its clients, and its end.
import { once } from "node:events";
import type http from "node:http";
import { createServer, get } from "node:http";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { eventually, soon, turns, until } from "../adapters/until.js";
import { portOf } from "./scene.js";
import { suite } from "./suite.js";
import type { ServerOptions, WebSocket, WebSocketServer } from "./surface.js";

const PORT: ServerOptions = { port: 0, host: "127.0.0.1" };

/** Closes a server, and waits until it says so. */
async function close(wss: WebSocketServer): Promise<Error | undefined> {
  return soon(new Promise((resolve) => wss.close(resolve)), "the server's end");
}

suite("server", "connections", (test, library) => {
  const one = 'One and only one of the "port", "server", or "noServer" options must be specified';
  const server = createServer();
  for (const [what, args] of [
    ["no options", []],
    ["no place", [{}]],
    ["a port and noServer", [{ port: 0, noServer: true }]],
    ["a port and a server", [{ port: 0, server }]],
    ["a server and noServer", [{ noServer: true, server }]],
    ["all three", [{ port: 0, noServer: true, server }]],
    ["a port that is null", [{ port: null }]],
  ] as const)
    test(`${what} throws`, () => {
      expect(() => Reflect.construct(library.WebSocketServer, args)).toThrow(new TypeError(one));
    });

  test("options has all options, with their defaults", async (scene) => {
    const wss = await scene.server({ noServer: true, path: "/x" });
    expect(wss.options).toMatchObject({
      allowSynchronousEvents: true,
      autoPong: true,
      backlog: null,
      clientTracking: true,
      closeTimeout: 30_000,
      handleProtocols: null,
      host: null,
      maxBufferedChunks: 262_144,
      maxFragments: 16_384,
      maxPayload: 104_857_600,
      maxPendingAutoPongs: 60,
      noServer: true,
      path: "/x",
      perMessageDeflate: false,
      port: null,
      server: null,
      skipUTF8Validation: false,
      verifyClient: null,
      WebSocket: library.WebSocket,
    });
  });

  test("perMessageDeflate: true is an empty object in options", async (scene) => {
    expect(
      (await scene.server({ noServer: true, perMessageDeflate: true })).options.perMessageDeflate,
    ).toEqual({});
  });

  test("the caller's options do not change", async (scene) => {
    const options = Object.freeze({ noServer: true, perMessageDeflate: true });
    await scene.server(options);
    expect(options).toEqual({ noServer: true, perMessageDeflate: true });
  });

  test("listening is an event and the constructor's callback", async (scene) => {
    const seen: string[] = [];
    const wss = new library.WebSocketServer({ ...library.options, ...PORT }, () => seen.push("callback"));
    scene.after(() => wss.close());
    wss.on("listening", () => seen.push("event"));
    expect(seen).toEqual([]);
    await once(wss, "listening");
    await turns();
    expect(seen.sort()).toEqual(["callback", "event"]);
  });

  test("address has what the system bound", async (scene) => {
    const wss = await scene.server(PORT);
    expect(wss.address()).toEqual({ address: "127.0.0.1", family: "IPv4", port: portOf(wss) });
    expect(portOf(wss)).toBeGreaterThan(0);
  });

  test("address throws without a server of its own", async (scene) => {
    const wss = await scene.server({ noServer: true });
    expect(() => wss.address()).toThrow(new Error('The server is operating in "noServer" mode'));
  });

  test("address is null after close", async (scene) => {
    const wss = await scene.server(PORT);
    await close(wss);
    expect(wss.address()).toBe(null);
  });

  test("address is that of the server that was given", async (scene) => {
    const server = await scene.http();
    expect((await scene.server({ server })).address()).toEqual(server.address());
  });

  test("a port that is taken is an error event", async (scene) => {
    const first = await scene.server(PORT);
    const second = new library.WebSocketServer({
      ...library.options,
      port: portOf(first),
      host: "127.0.0.1",
    });
    const [error] = await once(second, "error");
    expect(error).toMatchObject({ code: "EADDRINUSE" });
  });

  test("a plain request is answered with 426", async (scene) => {
    const wss = await scene.server(PORT);
    const [response]: http.IncomingMessage[] = await once(
      get({ port: portOf(wss), host: "127.0.0.1" }),
      "response",
    );
    if (response === undefined) throw new Error("no response");
    let body = "";
    for await (const part of response) body += String(part);
    expect(response.statusCode).toBe(426);
    expect(response.headers["content-type"]).toBe("text/plain");
    expect(body).toBe("Upgrade Required");
  });

  test("a server that was given keeps its own listeners for requests", async (scene) => {
    const server = await scene.http(createServer((_, response) => response.end("mine")));
    await scene.server({ server });
    const [response]: http.IncomingMessage[] = await once(
      get({ port: portOf(server), host: "127.0.0.1" }),
      "response",
    );
    if (response === undefined) throw new Error("no response");
    let body = "";
    for await (const part of response) body += String(part);
    expect(body).toBe("mine");
  });

  test("listening and errors of a server that was given are events", async (scene) => {
    const server = createServer();
    const wss = await scene.server({ server });
    const seen: unknown[] = [];
    wss.on("listening", () => seen.push("listening"));
    wss.on("error", (error) => seen.push(error));
    const error = new Error("broken");
    server.emit("listening");
    server.emit("error", error);
    expect(seen).toEqual(["listening", error]);
  });

  const unix = test.where(process.platform !== "win32");
  unix("a server on a Unix socket is reached by ws+unix", async (scene) => {
    const path = join(tmpdir(), `wsimd-server-${process.pid}-${Math.random().toString(36).slice(2)}.sock`);
    const server = createServer();
    const wss = await scene.server({ server });
    const urls: (string | undefined)[] = [];
    wss.on("connection", (_: WebSocket, request: http.IncomingMessage) => urls.push(request.url));
    await new Promise((resolve) => server.listen(path, () => resolve(undefined)));
    scene.after(() => server.close());
    await scene.connect(`ws+unix://${path}:/foo?bar=bar`).log.until("open");
    await scene.connect(`ws+unix:${path}`).log.until("open");
    expect(urls).toEqual(["/foo?bar=bar", "/"]);
    expect(wss.address()).toBe(path);
  });

  test("close calls back, then the port is free", async (scene) => {
    const wss = await scene.server(PORT);
    const port = portOf(wss);
    expect(await close(wss)).toBe(undefined);
    const again = await scene.server({ port, host: "127.0.0.1" });
    expect(portOf(again)).toBe(port);
  });

  test("close is an event, once", async (scene) => {
    const wss = await scene.server(PORT);
    let count = 0;
    wss.on("close", () => count++);
    wss.close();
    wss.close();
    wss.close();
    await eventually(() => count > 0, "close");
    await turns();
    expect(count).toBe(1);
  });

  test("close of a closed server calls back with an error, and is an event again", async (scene) => {
    const wss = await scene.server(PORT);
    await close(wss);
    let events = 0;
    wss.on("close", () => events++);
    expect(await close(wss)).toEqual(new Error("The server is not running"));
    expect(events).toBe(1);
  });

  for (const options of [{ noServer: true }, { noServer: true, clientTracking: false }])
    test(`close calls back a turn later with ${JSON.stringify(options)}`, async (scene) => {
      const wss = await scene.server(options);
      let called = false;
      wss.close(() => {
        called = true;
      });
      expect(called).toBe(false);
      await eventually(() => called, "the callback");
    });

  test("close leaves connections open, and waits for them", async (scene) => {
    const { wss, server, client } = await scene.pair(PORT);
    let closed = false;
    wss.close(() => {
      closed = true;
    });
    client.ws.send("still there");
    await server.log.until("message");
    await turns();
    expect(closed).toBe(false);
    expect(server.ws.readyState).toBe(1);
    client.ws.close();
    await eventually(() => closed, "close");
  });

  test("close without a server of its own waits for the connections", async (scene) => {
    const http = await scene.http();
    const wss = await scene.server({ server: http });
    const served = scene.next(wss);
    const client = scene.connect(http);
    await served;
    await client.log.until("open");
    let closed = false;
    wss.close(() => {
      closed = true;
    });
    await turns();
    expect(closed).toBe(false);
    client.ws.close();
    await eventually(() => closed, "close");
  });

  test("close without tracking does not wait for connections of a server that was given", async (scene) => {
    const http = await scene.http();
    const wss = await scene.server({ server: http, clientTracking: false });
    const served = scene.next(wss);
    const client = scene.connect(http);
    await served;
    await client.log.until("open");
    await close(wss);
    expect(client.ws.readyState).toBe(1);
  });

  test("close takes its listeners off the server that was given, and leaves it open", async (scene) => {
    const server = await scene.http();
    const counts = (): number[] =>
      ["listening", "error", "upgrade"].map((event) => server.listenerCount(event));
    const before = counts();
    const wss = await scene.server({ server });
    expect(counts()).toEqual(before.map((count) => count + 1));
    await close(wss);
    expect(counts()).toEqual(before);
    expect(server.listening).toBe(true);
  });

  test("close waits for TCP connections that have not made a handshake", async (scene) => {
    const wss = await scene.server(PORT);
    const socket = connectTcp(portOf(wss), "127.0.0.1");
    scene.after(() => socket.destroy());
    await once(socket, "connect");
    const peer = await scene.raw(wss);
    let closed = false;
    wss.close(() => {
      closed = true;
    });
    await turns();
    expect(closed).toBe(false);
    socket.destroy();
    peer.destroy();
    await eventually(() => closed, "close");
  });

  test("clients has the connections until they are closed", async (scene) => {
    const { wss, server, client } = await scene.pair();
    expect(wss.clients).toBeInstanceOf(Set);
    expect([...wss.clients]).toEqual([server.ws]);
    const second = scene.connect(wss);
    await second.log.until("open");
    await until(() => true, "now");
    expect(wss.clients.size).toBe(2);
    client.ws.close();
    await server.log.closed();
    expect(wss.clients.has(server.ws)).toBe(false);
    expect(wss.clients.size).toBe(1);
  });

  test("clients has a connection before its event, and not in a listener for its end", async (scene) => {
    const wss = await scene.server();
    const sizes: number[] = [];
    wss.on("connection", (ws: WebSocket) => {
      sizes.push(wss.clients.size);
      ws.on("close", () => sizes.push(wss.clients.size));
    });
    const client = scene.connect(wss);
    await client.log.until("open");
    client.ws.terminate();
    await eventually(() => sizes.length === 2, "the server's end");
    expect(sizes).toEqual([1, 0]);
  });

  test("clients is not there with clientTracking: false", async (scene) => {
    const { wss } = await scene.pair({ clientTracking: false });
    expect(wss.clients).toBe(undefined);
  });

  test("the option WebSocket is the class of connections", async (scene) => {
    class Custom extends library.WebSocket {
      readonly extra = 7;
    }
    const { server } = await scene.pair({ WebSocket: Custom });
    expect(server.ws).toBeInstanceOf(Custom);
    expect(Reflect.get(server.ws, "extra")).toBe(7);
  });

  test("shouldHandle compares the path without the query", async (scene) => {
    const wss = await scene.server({ noServer: true, path: "/foo" });
    const answers = ["/foo", "/foo?a=b", "/foo?", "/bar", "/foo/", "/"].map((url) =>
      wss.shouldHandle({ url }),
    );
    expect(answers).toEqual([true, true, true, false, false, false]);
  });

  test("shouldHandle is true for all paths without the option", async (scene) => {
    expect((await scene.server({ noServer: true })).shouldHandle({ url: "/x" })).toBe(true);
  });

  test("options are read for each connection", async (scene) => {
    const wss = await scene.server();
    wss.options.handleProtocols = () => "second";
    wss.options.path = "/live";
    const { ws, log } = scene.connect(`ws://127.0.0.1:${portOf(wss)}/live`, {}, ["first", "second"]);
    await log.until("open");
    expect(ws.protocol).toBe("second");
    const refused = scene.connect(wss);
    await refused.log.closed();
    expect(refused.log.words[0]).toBe("error Error: Unexpected server response: 400");
    wss.options.perMessageDeflate = {};
    const compressed = scene.connect(`ws://127.0.0.1:${portOf(wss)}/live`, {}, ["second"]);
    await compressed.log.until("open");
    expect(compressed.ws.extensions).toBe("permessage-deflate");
  });
});
