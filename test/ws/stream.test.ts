// createWebSocketStream: a WebSocket as a Duplex.
import { once } from "node:events";
import { Duplex, type DuplexOptions } from "node:stream";
import { pipeline } from "node:stream/promises";
import { expect } from "vitest";
import { masked } from "../adapters/raw-peer.js";
import { eventually, soon, turns } from "../adapters/until.js";
import { errorWords } from "./log.js";
import type { End, Scene } from "./scene.js";
import { suite } from "./suite.js";

/** A stream over an end, and its events in words. */
function streamOf(
  scene: Scene,
  { ws }: End,
  options: DuplexOptions = {},
): { stream: Duplex; words: string[] } {
  const stream = scene.library.createWebSocketStream(ws, options);
  const words: string[] = [];
  for (const type of ["end", "finish", "close"]) stream.on(type, () => words.push(type));
  stream.on("error", (error) => words.push(`error ${errorWords(error)}`));
  return { stream, words };
}

const closed = (words: readonly string[]) =>
  eventually(
    () => words.includes("close"),
    () => `close; there were: ${words.join()}`,
  );

suite("streams", "connections", (test) => {
  test("a stream is a Duplex in byte mode", async (scene) => {
    const { client } = await scene.pair();
    const { stream } = streamOf(scene, client, { objectMode: true, writableObjectMode: true });
    expect(stream).toBeInstanceOf(Duplex);
    expect(stream.readableObjectMode).toBe(false);
    expect(stream.writableObjectMode).toBe(false);
  });

  test("options go to the Duplex", async (scene) => {
    const { client } = await scene.pair();
    const { stream } = streamOf(scene, client, { allowHalfOpen: false, encoding: "utf8", highWaterMark: 7 });
    expect(stream.allowHalfOpen).toBe(false);
    expect(stream.readableEncoding).toBe("utf8");
    expect(stream.writableHighWaterMark).toBe(7);
  });

  test("what is written are binary messages, and messages are what is read", async (scene) => {
    const { server, client } = await scene.pair();
    const { stream } = streamOf(scene, client);
    const parts: unknown[] = [];
    stream.on("data", (part: unknown) => parts.push(part));
    stream.write("text");
    stream.write(Buffer.from("bytes"));
    await server.log.until("message", 2);
    expect(server.log.words).toEqual(["binary 74 65 78 74", "binary 62 79 74 65 73"]);
    server.ws.send("a");
    server.ws.send(Buffer.from("b"));
    await client.log.until("message", 2);
    await eventually(() => parts.length === 2, "both parts");
    expect(parts).toEqual([Buffer.from("a"), Buffer.from("b")]);
  });

  test("with decodeStrings: false text is sent as text", async (scene) => {
    const { server, client } = await scene.pair();
    const { stream } = streamOf(scene, client, { decodeStrings: false });
    stream.write("text");
    await server.log.until("message");
    expect(server.log.words).toEqual(['text "text"']);
  });

  test("in readable object mode text is a string", async (scene) => {
    const { server, client } = await scene.pair();
    const { stream } = streamOf(scene, client, { readableObjectMode: true });
    const parts: unknown[] = [];
    stream.on("data", (part: unknown) => parts.push(part));
    server.ws.send("text");
    server.ws.send(Buffer.from("bytes"));
    await eventually(() => parts.length === 2, "both parts");
    expect(parts).toEqual(["text", Buffer.from("bytes")]);
  });

  test("empty messages are read in object mode", async (scene) => {
    const { server, client } = await scene.pair();
    const { stream } = streamOf(scene, client, { readableObjectMode: true });
    const parts: unknown[] = [];
    stream.on("data", (part: unknown) => parts.push(part));
    server.ws.send("");
    server.ws.send(Buffer.alloc(0));
    server.ws.send("end");
    await eventually(() => parts.includes("end"), "the end");
    expect(parts).toEqual(["", Buffer.alloc(0), "end"]);
  });

  test("what is written while connecting waits", async (scene) => {
    const wss = await scene.server();
    const connection = scene.next(wss);
    const end = scene.connect(wss);
    const { stream } = streamOf(scene, end);
    stream.write("early");
    const { log } = await connection;
    await log.until("message");
    expect(log.words).toEqual(["binary 65 61 72 6c 79"]);
  });

  test("end() while connecting closes once it is open", async (scene) => {
    const end = scene.connect(await scene.server());
    const { stream, words } = streamOf(scene, end);
    stream.resume();
    stream.end();
    await closed(words);
    expect(words).toEqual(["finish", "end", "close"]);
    expect(await end.log.closed()).toBe('close 1005 ""');
  });

  test("end() closes the connection, and the stream closes with it", async (scene) => {
    const { server, client } = await scene.pair();
    const { stream, words } = streamOf(scene, client);
    stream.resume();
    stream.end("last");
    await server.log.closed();
    expect(server.log.words).toEqual(["binary 6c 61 73 74", 'close 1005 ""']);
    await closed(words);
    expect(words).toEqual(["finish", "end", "close"]);
    expect(stream.destroyed).toBe(true);
  });

  test("close() of the peer ends the readable side", async (scene) => {
    const { server, client } = await scene.pair();
    const { stream, words } = streamOf(scene, client);
    stream.resume();
    server.ws.close(1000);
    await eventually(() => words.includes("end"), "the end");
    expect(words).toEqual(["end"]);
    stream.end();
    await closed(words);
    expect(words).toEqual(["end", "finish", "close"]);
  });

  test("the readable side ends behind the last message", async (scene) => {
    const { server, client } = await scene.pair();
    const { stream } = streamOf(scene, client);
    for (const part of ["a", "b", "c"]) server.ws.send(part);
    server.ws.close();
    let text = "";
    for await (const part of stream) text += String(part);
    expect(text).toBe("abc");
  });

  test("destroy() terminates the connection", async (scene) => {
    const { server, client } = await scene.pair();
    const { stream, words } = streamOf(scene, client);
    stream.destroy();
    await closed(words);
    expect(words).toEqual(["close"]);
    expect(await server.log.closed()).toBe('close 1006 ""');
  });

  test("destroy() with an error is that error, then close", async (scene) => {
    const { client } = await scene.pair();
    const { stream, words } = streamOf(scene, client);
    stream.destroy(new Error("Oops"));
    await closed(words);
    expect(words).toEqual(["error Error: Oops", "close"]);
  });

  test("destroy() while connecting is the error of the WebSocket", async (scene) => {
    const end = scene.connect(await scene.answering(() => undefined));
    const { stream, words } = streamOf(scene, end);
    stream.destroy();
    await closed(words);
    expect(words).toEqual([
      "error Error: WebSocket was closed before the connection was established",
      "close",
    ]);
  });

  test("an error of the WebSocket is one of the stream, and the peer gets its Close frame", async (scene) => {
    const { server, client } = await scene.pair();
    const { words } = streamOf(scene, client);
    server.ws._socket.write(Buffer.from([0x85, 0x00]));
    await closed(words);
    expect(words).toEqual([
      "error WS_ERR_INVALID_OPCODE RangeError: Invalid WebSocket frame: invalid opcode 5",
      "close",
    ]);
    expect(await server.log.closed()).toBe('close 1002 ""');
  });

  test("a handshake that fails is an error of the stream", async (scene) => {
    const end = scene.connect(
      await scene.answering(() => "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
    );
    const { words } = streamOf(scene, end);
    await closed(words);
    expect(words).toEqual(["error Error: Unexpected server response: 401", "close"]);
  });

  test("an error of the stream without a listener is an uncaught exception", async (scene) => {
    const { server, client } = await scene.pair();
    scene.library.createWebSocketStream(client.ws);
    server.ws._socket.write(Buffer.from([0x85, 0x00]));
    const caught: unknown[] = [];
    await eventually(() => {
      caught.push(...scene.uncaught());
      return caught.length > 0;
    }, "the exception");
    expect(caught.map(errorWords)).toEqual([
      "WS_ERR_INVALID_OPCODE RangeError: Invalid WebSocket frame: invalid opcode 5",
    ]);
  });

  test("a write when it is closing is an error", async (scene) => {
    const { client } = await scene.pair();
    const { stream, words } = streamOf(scene, client);
    client.ws.close();
    stream.write("x");
    await closed(words);
    expect(words).toEqual(["error Error: WebSocket is not open: readyState 2 (CLOSING)", "close"]);
  });

  test("a write when it is closed is an error", async (scene) => {
    const { client } = await scene.pair();
    const { stream, words } = streamOf(scene, client);
    client.ws.on("close", () => stream.write("x"));
    client.ws.close();
    await closed(words);
    expect(words).toEqual(["error Error: WebSocket is not open: readyState 3 (CLOSED)", "close"]);
  });

  test("a stream that is not read pauses the WebSocket, and reading resumes it", async (scene) => {
    const { server, client } = await scene.pair();
    const { stream } = streamOf(scene, client, { readableHighWaterMark: 1_000 });
    for (let i = 0; i < 10; i++) server.ws.send(Buffer.alloc(500, i));
    await eventually(() => client.ws.isPaused, "the pause");
    let length = 0;
    stream.on("data", (part: Buffer) => {
      length += part.length;
    });
    await eventually(() => length === 5_000, "all of it");
    expect(client.ws.isPaused).toBe(false);
  });

  test("a stream whose peer does not read says so, and drains", async (scene) => {
    const { peer, ...end } = await scene.served();
    const { stream } = streamOf(scene, end);
    peer.stopReading();
    stream.write(Buffer.alloc(32 << 20));
    await turns(20);
    expect(stream.writableNeedDrain).toBe(true);
    const drained = once(stream, "drain");
    peer.read();
    await soon(drained, "drain");
  });

  test("write calls back in order", async (scene) => {
    const { client } = await scene.pair();
    const { stream } = streamOf(scene, client);
    const seen: string[] = [];
    for (const part of ["a", "b", "c"]) stream.write(part, () => seen.push(part));
    await eventually(() => seen.length === 3, "all callbacks");
    expect(seen).toEqual(["a", "b", "c"]);
  });

  test("streams pipe: an echo of a megabyte", async (scene) => {
    const { server, client } = await scene.pair();
    const far = streamOf(scene, server).stream;
    const near = streamOf(scene, client).stream;
    const echoed = pipeline(far, far);
    const parts: Buffer[] = [];
    near.on("data", (part: Buffer) => {
      parts.push(part);
      if (parts.reduce((sum, { length }) => sum + length, 0) === 1 << 20) near.end();
    });
    for (let i = 0; i < 16; i++) near.write(Buffer.alloc(1 << 16, i));
    await soon(echoed, "the echo's end");
    const whole = Buffer.concat(parts);
    expect(whole.length).toBe(1 << 20);
    expect([...new Set(whole)]).toEqual(Array.from({ length: 16 }, (_, i) => i));
  });

  test("a stream over a server's end reads what came before it was made in the same turn", async (scene) => {
    const { peer, ...end } = await scene.served();
    const { stream } = streamOf(scene, end);
    const parts: unknown[] = [];
    stream.on("data", (part: unknown) => parts.push(String(part)));
    await peer.write(masked("81 01 | 'a'", "82 01 | 'b'"));
    await eventually(() => parts.length === 2, "both parts");
    expect(parts).toEqual(["a", "b"]);
  });

  /** A stream that has ended, on a connection that breaks before the peer answers. */
  const broken = async (scene: Scene) => {
    const { peer, ...end } = await scene.connected();
    const made = streamOf(scene, end);
    made.stream.resume();
    made.stream.end();
    peer.socket.resetAndDestroy();
    await end.log.closed();
    await turns(20);
    return made;
  };
  test.differs("streams of broken connections", "a connection that breaks behind end()", {
    ws: async (scene) => {
      const { stream, words } = await broken(scene);
      expect(words).toEqual(["end"]);
      expect(stream.destroyed).toBe(false);
    },
    wsimd: async (scene) => {
      const { stream, words } = await broken(scene);
      expect(words.sort()).toEqual(["close", "end", "finish"]);
      expect(stream.destroyed).toBe(true);
    },
  });
});
