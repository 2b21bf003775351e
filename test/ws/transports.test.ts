// Transports that are no TCP sockets of the library's own: streams in memory, and TLS.
import { createServer as createHttps } from "node:https";
import { Duplex, duplexPair } from "node:stream";
import { TLSSocket } from "node:tls";
import { expect } from "vitest";
import { masked } from "../adapters/raw-peer.js";
import { eventually } from "../adapters/until.js";
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

suite("transports", "connections", (test, library) => {
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

  test("a Duplex that has a time-out, as a stream of HTTP/2 has, loses it", () => {
    const calls: unknown[] = [];
    const [near, far] = duplexPair();
    Object.assign(near, { setTimeout: (ms: unknown) => calls.push(ms) });
    const ws = new library.WebSocket(null, undefined, {});
    ws.setSocket(near, NO_HEAD, {});
    expect(calls).toEqual([0]);
    far.destroy();
    ws.terminate();
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
});
