// Private parts of ws that other packages use, and transports that are no TCP sockets.

import type { IncomingMessage } from "node:http";
import { createServer as createHttps } from "node:https";
import { Socket } from "node:net";
import { Duplex, duplexPair } from "node:stream";
import { TLSSocket } from "node:tls";
import { expect } from "vitest";
import { masked, unmasked } from "../adapters/raw-peer.js";
import { eventually, turns } from "../adapters/until.js";
import { certificate } from "../support/certificate.js";
import { toHex } from "../support/hex.js";
import { Log } from "./log.js";
import { portOf, type Scene } from "./scene.js";
import { suite } from "./suite.js";
import type { WebSocket } from "./surface.js";

const NO_HEAD = Buffer.alloc(0);

/** Two WebSockets over streams in memory. */
function overStreams({ library }: Scene): { server: WebSocket; client: WebSocket } {
  const [near, far] = duplexPair();
  const server = new library.WebSocket(null, undefined, { autoPong: true });
  const client = new library.WebSocket(null, undefined, { autoPong: true });
  client._isServer = false;
  server.setSocket(near, NO_HEAD, { maxPayload: 1 << 20 });
  client.setSocket(far, NO_HEAD, { maxPayload: 1 << 20 });
  return { server, client };
}

suite("private parts", (test, library) => {
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

  test.differs("no data below", "listeners for data of _socket", {
    async ws(scene) {
      const { ws, peer, log } = await scene.served();
      const seen: string[] = [];
      ws._socket.on("data", (data: Buffer) => seen.push(toHex(data.subarray(0, 2))));
      await peer.write(masked("81 01 | 'a'"));
      await log.until("message");
      expect(seen).toEqual(["81 81"]);
    },
    async wsimd(scene) {
      const { ws, peer, log } = await scene.served();
      // They see nothing, or what ws shows: it depends on the way that the socket is read.
      ws._socket.on("data", () => {});
      await peer.write(masked("81 01 | 'a'"));
      await log.until("message");
      expect(log.words).toEqual(['text "a"']);
    },
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

  test("setSocket opens at once", async () => {
    const [near] = duplexPair();
    const ws = new library.WebSocket(null, undefined, {});
    const log = new Log(ws);
    ws.setSocket(near, NO_HEAD, {});
    expect(log.words).toEqual(["open"]);
    expect(ws.readyState).toBe(1);
    expect(ws._socket).toBe(near);
    ws.terminate();
    await log.closed();
  });

  test("setSocket takes the bytes that came behind the handshake", async () => {
    const [near] = duplexPair();
    const ws = new library.WebSocket(null, undefined, {});
    const log = new Log(ws);
    ws.setSocket(near, Buffer.from(masked("81 02 | 'hi'")), {});
    expect(log.words).toEqual(["open"]);
    await log.until("message");
    expect(log.words).toEqual(["open", 'text "hi"']);
    ws.terminate();
    await log.closed();
  });

  test("WebSockets over streams in memory talk and close", async (scene) => {
    const { server, client } = overStreams(scene);
    const [serverLog, clientLog] = [new Log(server), new Log(client)];
    client.send("to the server");
    server.send(Buffer.from("ab"));
    client.ping("p");
    await Promise.all([serverLog.until("ping"), clientLog.until("pong")]);
    client.close(1000, "bye");
    expect(await serverLog.closed()).toBe('close 1000 "bye"');
    expect(await clientLog.closed()).toBe('close 1000 "bye"');
    expect(serverLog.words).toEqual(['text "to the server"', 'ping "p"', 'close 1000 "bye"']);
    expect(clientLog.words).toEqual(["binary 61 62", 'pong "p"', 'close 1000 "bye"']);
  });

  test("a bad frame over streams in memory is an error on one side and a code on the other", async () => {
    const [near, far] = duplexPair();
    const ws = new library.WebSocket(null, undefined, {});
    const log = new Log(ws);
    const parts: Buffer[] = [];
    far.on("data", (part: Buffer) => parts.push(part));
    ws.setSocket(near, NO_HEAD, {});
    far.write(masked("85 00 |"));
    await log.until("error");
    await eventually(() => Buffer.concat(parts).length >= 4, "the Close frame");
    expect(toHex(Buffer.concat(parts))).toBe("88 02 03 ea");
    far.end();
    expect(await log.closed()).toBe('close 1006 ""');
  });

  test("a Duplex without the methods of a net.Socket is a transport", async () => {
    const written: Buffer[] = [];
    const duplex = new Duplex({
      read() {},
      write(part: Buffer, _encoding, done) {
        written.push(part);
        done();
      },
      final: (done) => done(),
    });
    const ws = new library.WebSocket(null, undefined, {});
    const log = new Log(ws);
    ws.setSocket(duplex, NO_HEAD, {});
    duplex.push(masked("81 02 | 'hi'"));
    await log.until("message");
    ws.send("back");
    await eventually(() => written.length > 0, "the write");
    expect(toHex(Buffer.concat(written))).toBe("81 04 62 61 63 6b");
    duplex.push(null);
    expect(await log.closed()).toBe('close 1006 ""');
  });

  test("options of setSocket hold", async () => {
    const [near, far] = duplexPair();
    const ws = new library.WebSocket(null, undefined, {});
    const log = new Log(ws);
    far.resume();
    ws.setSocket(near, NO_HEAD, { maxPayload: 3 });
    far.write(masked("82 04 | 'abcd'"));
    await log.until("error");
    expect(log.words[1]).toBe(
      "error WS_ERR_UNSUPPORTED_MESSAGE_LENGTH RangeError: Max payload size exceeded",
    );
    far.end();
    await log.closed();
  });

  test("a server's listeners may take the request apart: TLS", async (scene) => {
    const https = createHttps({ ...certificate() });
    await scene.http(https);
    const wss = await scene.server({ server: https });
    const connection = scene.next(wss);
    const { ws, log } = scene.connect(`wss://127.0.0.1:${portOf(https)}`, { rejectUnauthorized: false });
    await log.until("open");
    const server = await connection;
    expect(server.ws._socket).toBeInstanceOf(TLSSocket);
    expect(ws._socket).toBeInstanceOf(TLSSocket);
    server.ws.send("over TLS");
    ws.send(Buffer.alloc(1 << 20, 7));
    await Promise.all([log.until("message"), server.log.until("message")]);
    expect(log.words).toEqual(["open", 'text "over TLS"']);
    ws.close(1000);
    expect(await server.log.closed()).toBe('close 1000 ""');
    expect(await log.closed()).toBe('close 1000 ""');
  });

  test("a certificate that nobody vouches for is an error", async (scene) => {
    const https = createHttps({ ...certificate() });
    await scene.http(https);
    const { log } = scene.connect(`wss://127.0.0.1:${portOf(https)}`);
    await log.closed();
    expect(log.words[0]).toMatch(/^error DEPTH_ZERO_SELF_SIGNED_CERT /);
    expect(log.words[1]).toBe('close 1006 ""');
  });

  test("the option ca vouches for a certificate", async (scene) => {
    const { key, cert } = certificate();
    const https = createHttps({ key, cert });
    await scene.http(https);
    await scene.server({ server: https });
    await scene.connect(`wss://127.0.0.1:${portOf(https)}`, { ca: cert }).log.until("open");
  });

  test("ws:// to a TLS server, and wss:// to one without, are errors", async (scene) => {
    const https = createHttps({ ...certificate() });
    await scene.http(https);
    const http = await scene.http();
    for (const url of [`ws://127.0.0.1:${portOf(https)}`, `wss://127.0.0.1:${portOf(http)}`]) {
      const { log } = scene.connect(url, { rejectUnauthorized: false });
      await log.closed();
      expect(log.count("error")).toBe(1);
      expect(log.words[1]).toBe('close 1006 ""');
    }
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
