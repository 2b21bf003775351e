// Private parts of ws that other packages use.

import { EventEmitter, once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { duplexPair } from "node:stream";
import { expect } from "vitest";
import { masked, unmasked } from "../adapters/raw-peer.js";
import { eventually, soon, turns } from "../adapters/until.js";
import { toHex } from "../support/hex.js";
import { suite } from "./suite.js";
import type { WebSocket } from "./surface.js";

const NO_HEAD = Buffer.alloc(0);

suite("private parts", "connections", (test, library) => {
  test("_socket is the net.Socket of the connection", async (scene) => {
    const { server, client } = await scene.pair();
    for (const { ws } of [server, client]) {
      expect(ws._socket).toBeInstanceOf(Socket);
      expect(ws._socket.remoteAddress).toBe("127.0.0.1");
      expect(ws._socket.remoteFamily).toBe("IPv4");
      expect(ws._socket.localAddress).toBe("127.0.0.1");
    }
    expect(server.ws._socket.remotePort).toBe(client.ws._socket.localPort);
    expect(server.ws._socket.address()).toMatchObject({ address: "127.0.0.1", family: "IPv4" });
    expect(server.ws._socket).toBe(server.ws._socket);
  });

  test("_socket has the methods that set the socket up", async (scene) => {
    const { server, client } = await scene.pair();
    for (const { _socket } of [server.ws, client.ws]) {
      expect(_socket.setKeepAlive(true, 1_000)).toBe(_socket);
      expect(_socket.setNoDelay(true)).toBe(_socket);
      expect(_socket.setTimeout(0)).toBe(_socket);
      expect(_socket.unref()).toBe(_socket);
      expect(_socket.ref()).toBe(_socket);
    }
    client.ws.send("x");
    await server.log.until("message");
  });

  test("_socket counts bytes", async (scene) => {
    const { server, client } = await scene.pair();
    const before = server.ws._socket.bytesWritten;
    server.ws.send("hello");
    await client.log.until("message");
    expect(server.ws._socket.bytesWritten - before).toBe(7);
    expect(client.ws._socket.bytesRead).toBeGreaterThan(0);
  });

  test("_socket that is asked for after a send emits 'drain'", async (scene) => {
    const { server } = await scene.pair();
    server.ws.send(Buffer.alloc(16_000_000));
    await soon(once(server.ws._socket, "drain"), "'drain'");
  });

  test("the socket of the request is the _socket", async (scene) => {
    const wss = await scene.server();
    const seen: unknown[] = [];
    wss.on("connection", (ws: WebSocket, request: IncomingMessage) =>
      seen.push(request.socket === ws._socket, request.socket.remoteAddress),
    );
    await scene.connect(wss).log.until("open");
    expect(seen).toEqual([true, "127.0.0.1"]);
  });

  for (const method of ["destroy", "end", "resetAndDestroy"] as const)
    test(`_socket.${method}() ends the connection with 1006`, async (scene) => {
      const { server, client } = await scene.pair();
      server.ws._socket[method]();
      expect(await server.log.closed()).toBe('close 1006 ""');
      expect(await client.log.closed()).toBe('close 1006 ""');
      expect([...server.log.errors, ...client.log.errors]).toEqual([]);
    });

  test("_socket.destroy(error) is no error of the WebSocket", async (scene) => {
    const { server, client } = await scene.pair();
    client.ws._socket.destroy(new Error("mine"));
    expect(await client.log.closed()).toBe('close 1006 ""');
    expect(await server.log.closed()).toBe('close 1006 ""');
    expect(client.log.errors).toEqual([]);
  });

  test("listeners for errors of _socket get them, and the WebSocket does not", async (scene) => {
    const { server, client } = await scene.pair();
    const codes: unknown[] = [];
    client.ws._socket.on("error", (error) => codes.push(Reflect.get(error, "code")));
    server.ws._socket.resetAndDestroy();
    expect(await client.log.closed()).toBe('close 1006 ""');
    expect(codes).toEqual(["ECONNRESET"]);
    expect(client.log.errors).toEqual([]);
  });

  test("listeners for the end and the close of _socket are called", async (scene) => {
    const { server, client } = await scene.pair();
    const seen: string[] = [];
    client.ws._socket.on("end", () => seen.push("end"));
    client.ws._socket.on("close", () => seen.push("close"));
    server.ws.close();
    await client.log.closed();
    await eventually(() => seen.length === 2, "both events");
    expect(seen).toEqual(["end", "close"]);
  });

  test("_socket emits drain when what it held is gone", async (scene) => {
    const { ws, peer } = await scene.served();
    let drained = false;
    ws._socket.on("drain", () => {
      drained = true;
    });
    peer.stopReading();
    while (ws.bufferedAmount === 0) ws.send(Buffer.alloc(1 << 16));
    await turns();
    expect(drained).toBe(false);
    peer.read();
    await eventually(() => drained, "drain");
  });

  test("_socket.write() writes bytes of the caller", async (scene) => {
    const { server, client } = await scene.pair();
    server.ws._socket.write(Buffer.from([0x81, 0x01, 0x61]));
    await client.log.until("message");
    expect(client.log.words).toEqual(["open", 'text "a"']);
  });

  test("listeners for data of _socket see what arrives, before the messages", async (scene) => {
    const { ws, peer, log } = await scene.served();
    const seen: string[] = [];
    ws._socket.prependListener("data", (data: Buffer) => {
      seen.push(`${toHex(data.subarray(0, 2))} with ${log.count("message")} messages before`);
    });
    await peer.write(masked("81 01 | 'a'"));
    await log.until("message");
    await peer.write(masked("82 01 | 'b'"));
    await log.until("message", 2);
    expect(seen).toEqual(["81 81 with 0 messages before", "82 81 with 1 messages before"]);
  });

  test("what a listener for data of _socket has seen may be kept", async (scene) => {
    const { server, client } = await scene.pair();
    const seen: Buffer[] = [];
    client.ws._socket.on("data", (data: Buffer) => seen.push(data));
    for (const text of ["a", "b"]) {
      server.ws.send(text);
      await client.log.until("message", text === "a" ? 1 : 2);
    }
    client.ws._socket.removeAllListeners("data");
    expect(toHex(Buffer.concat(seen))).toBe("81 01 61 81 01 62");
  });

  test("_socket.push() brings bytes as if they had arrived", async (scene) => {
    const { ws, log } = await scene.served();
    ws._socket.push(Buffer.from(masked("81 01 | 'a'", "89 00 |")));
    await log.until("ping");
    expect(log.words).toEqual(['text "a"', 'ping ""']);
  });

  test("_server and _state of a server with a port", async (scene) => {
    const wss = await scene.server({ port: 0, host: "127.0.0.1" });
    const server: unknown = Reflect.get(wss, "_server");
    if (!(server instanceof EventEmitter)) throw new Error("no server");
    const events: string[] = [];
    for (const type of ["connection", "close"]) server.on(type, () => events.push(type));
    const peer = await scene.raw(wss);
    expect(events).toEqual(["connection"]);
    const states: unknown[] = [Reflect.get(wss, "_state")];
    const closed = new Promise((resolve) => wss.close(resolve));
    states.push(Reflect.get(wss, "_state"));
    peer.destroy();
    await closed;
    states.push(Reflect.get(wss, "_state"));
    expect(states).toEqual([0, 1, 2]);
    expect(events).toEqual(["connection", "close"]);
  });

  test.differs("no receiver", "_receiver", {
    async ws(scene) {
      expect(Reflect.get((await scene.pair()).client.ws, "_receiver")).toBeInstanceOf(library.Receiver);
    },
    async wsimd(scene) {
      expect(Reflect.get((await scene.pair()).client.ws, "_receiver") ?? null).toBe(null);
    },
  });

  test.differs("fewer writes", "the writes of a turn", {
    async ws() {
      const [near, far] = duplexPair();
      const ws = new library.WebSocket(null, undefined, {});
      const parts: string[] = [];
      far.on("data", (part: Buffer) => parts.push(toHex(part)));
      ws.setSocket(near, NO_HEAD, {});
      for (const text of ["a", "b", "c"]) ws.send(text);
      await eventually(() => parts.join(" ").length === 26, "all frames");
      expect(parts.length).toBeGreaterThanOrEqual(3);
      ws.terminate();
    },
    async wsimd() {
      const [near, far] = duplexPair();
      const ws = new library.WebSocket(null, undefined, {});
      const parts: string[] = [];
      far.on("data", (part: Buffer) => parts.push(toHex(part)));
      ws.setSocket(near, NO_HEAD, {});
      for (const text of ["a", "b", "c"]) ws.send(text);
      await eventually(() => parts.join(" ").length === 26, "all frames");
      expect(parts).toEqual(["81 01 61", "81 01 62 81 01 63"]);
      ws.terminate();
    },
  });

  test("_sender.sendFrame writes frames that Sender.frame made", async (scene) => {
    const { ws, peer } = await scene.served();
    const frame = library.Sender.frame(Buffer.from("hi"), {
      fin: true,
      opcode: 1,
      rsv1: false,
      mask: false,
      readOnly: true,
    });
    let called = 0;
    ws._sender.sendFrame(frame, () => called++);
    ws._sender.sendFrame(frame);
    ws._sender.sendFrame([Buffer.concat(frame.map((part) => Buffer.from(part)))], () => called++);
    ws.send("x");
    await peer.expect("81 02 'hi' 81 02 'hi' 81 02 'hi' 81 01 'x'");
    await eventually(() => called === 2, "the callbacks");
  });

  test("_sender.sendFrame takes the list [header, text]", async (scene) => {
    const { ws, peer } = await scene.served();
    ws._sender.sendFrame([Buffer.from([0x81, 0x03]), "abc"]);
    await peer.expect("81 03 'abc'");
  });

  test("frames of sendFrame keep their place between sends", async (scene) => {
    const { server, client } = await scene.pair();
    server.ws.send("a");
    server.ws._sender.sendFrame([Buffer.from([0x81, 0x01, 0x62])]);
    server.ws.send("c");
    await client.log.until("message", 3);
    expect(client.log.words).toEqual(["open", 'text "a"', 'text "b"', 'text "c"']);
  });

  test("_isServer says on which side it is", async (scene) => {
    const { server, client } = await scene.pair();
    expect([server.ws._isServer, client.ws._isServer]).toEqual([true, false]);
  });

  test("the state may be written, as some frameworks do", async (scene) => {
    const { client } = await scene.pair();
    client.ws._readyState = 2;
    expect(client.ws.readyState).toBe(2);
    client.ws._readyState = 1;
    client.ws._protocol = "foo";
    expect([client.ws.readyState, client.ws.protocol]).toEqual([1, "foo"]);
  });

  test("a WebSocket for the address null is a server's, and CONNECTING", () => {
    const ws = new library.WebSocket(null, undefined, {});
    expect([ws._isServer, ws.readyState, ws._socket]).toEqual([true, 0, null]);
    expect([ws.protocol, ws.extensions, ws.isPaused]).toEqual(["", "", false]);
  });

  test("a raw client's frames reach a WebSocket whose pong is replaced by a subclass", async (scene) => {
    const seen: string[] = [];
    class Quiet extends library.WebSocket {
      override pong(data?: unknown): void {
        seen.push(String(data));
      }
    }
    const { peer, log } = await scene.served({ WebSocket: Quiet });
    await peer.write(masked("89 01 | 'a'"));
    await log.until("ping");
    await turns();
    expect(seen).toEqual(["a"]);
    expect(peer.byteLength).toBe(0);
  });

  test("emit may be replaced to see all events", async (scene) => {
    const { ws, peer, log } = await scene.connected();
    const seen: unknown[] = [];
    const emit = ws.emit.bind(ws);
    ws.emit = (type: string | symbol, ...args: unknown[]) => {
      seen.push(type);
      return emit(type, ...args);
    };
    await peer.write(unmasked("81 01 | 'a'", "89 00 |"));
    await log.until("ping");
    expect(seen).toEqual(["message", "ping"]);
  });
});
