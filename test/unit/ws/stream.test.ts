// `createWebSocketStream`: a WebSocket as a Duplex.
import { EventEmitter, once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Duplex, type DuplexOptions, PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { type WebSocket as Peer, createWebSocketStream as referenceStream, WebSocketServer } from "ws";
import { createWebSocketStream } from "../../../src/ws/stream.js";
import { eventually, turns } from "../../adapters/until.js";
import { gate } from "../../support/gate.js";
import { answering, type Client, IMPLEMENTATIONS, type Open, switching } from "./clients.js";

type CreateStream = (client: Client | EventEmitter, options?: DuplexOptions) => Duplex;

/** The functions take the same arguments, whatever their types say. */
const creator =
  (create: unknown): CreateStream =>
  (...given) =>
    (create as CreateStream)(...given);

const [REFERENCE, OURS] = IMPLEMENTATIONS;
const STREAMS: readonly (readonly [name: string, open: Open, create: CreateStream])[] = [
  [...(REFERENCE ?? []), creator(referenceStream)] as [string, Open, CreateStream],
  [...(OURS ?? []), creator(createWebSocketStream)] as [string, Open, CreateStream],
];

/** A server of `ws`, until the test has finished. */
async function serving(connected: (peer: Peer) => void): Promise<{ url: string; server: WebSocketServer }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (peer) => {
    peer.on("error", () => {});
    connected(peer);
  });
  await once(server, "listening");
  onTestFinished(() => {
    for (const peer of server.clients) peer.terminate();
    server.close();
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

function closed(peer: Peer): Promise<number> {
  return new Promise((resolve) => peer.on("close", resolve));
}

/** The error of a stream, once it is closed. */
function failure(stream: Duplex): Promise<unknown> {
  let reason: unknown;
  stream.on("error", (error) => {
    reason = error;
  });
  return new Promise((resolve) => stream.on("close", () => resolve(reason)));
}

/** The names of events in the order in which they come, up to 'close'. */
function order(stream: Duplex, ...names: string[]): Promise<string[]> {
  const seen: string[] = [];
  for (const name of names) stream.on(name, () => seen.push(name));
  return new Promise((resolve) => stream.on("close", () => resolve(seen)));
}

describe.each(STREAMS)("a stream of %s", (name, open, create) => {
  test("is a Duplex, of anything with events", () => {
    const stream = create(new EventEmitter());
    expect(stream).toBeInstanceOf(Duplex);
    expect([stream.writableObjectMode, stream.readableObjectMode, stream.allowHalfOpen]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test("takes options of a Duplex, but for those it decides about", () => {
    const stream = create(new EventEmitter(), {
      allowHalfOpen: false,
      autoDestroy: true,
      emitClose: true,
      encoding: "latin1",
      objectMode: true,
      readableHighWaterMark: 5,
      writableHighWaterMark: 7,
      writableObjectMode: true,
    });
    expect([stream.writableObjectMode, stream.allowHalfOpen, stream.readableEncoding]).toEqual([
      false,
      false,
      "latin1",
    ]);
    expect([stream.readableHighWaterMark, stream.writableHighWaterMark]).toEqual([5, 7]);
  });

  test("keeps what is written until the WebSocket is open, and then the end", async () => {
    const got = gate<unknown[]>();
    const { url } = await serving(async (peer) => {
      const messages: unknown[] = [];
      peer.on("message", (data, isBinary) => messages.push(`${data}`, isBinary));
      messages.push(await closed(peer));
      got.resolve(messages);
    });
    const stream = create(open(url));
    const events = order(stream, "finish", "end");
    stream.resume();
    stream.write("one");
    stream.write(Buffer.from("two"));
    stream.end("three");
    expect(await got.promise).toEqual(["one", true, "two", true, "three", true, 1005]);
    expect(await events).toEqual(["finish", "end"]);
  });

  test("sends text if strings stay strings", async () => {
    const got = gate<unknown[]>();
    const { url } = await serving((peer) => {
      peer.on("message", (data, isBinary) => got.resolve([`${data}`, isBinary]));
    });
    const stream = create(open(url), { decodeStrings: false });
    stream.write("text é");
    expect(await got.promise).toEqual(["text é", false]);
    stream.destroy();
  });

  test("gives strings in readable object mode, and bytes otherwise", async () => {
    const { url } = await serving((peer) => {
      peer.send("text");
      peer.send(Buffer.from("binary"));
      peer.close();
    });
    const objects = create(open(url), { readableObjectMode: true });
    expect(await objects.toArray()).toEqual(["text", Buffer.from("binary")]);
    objects.end();
    const bytes = create(open(url));
    expect(Buffer.concat(await bytes.toArray())).toEqual(Buffer.from("textbinary"));
    bytes.end();
    const strings = create(open(url), { encoding: "utf8" });
    expect((await strings.toArray()).join("")).toBe("textbinary");
  });

  test("errors at a write while the WebSocket is closing, and when it is closed", async () => {
    const { url } = await serving((peer) => peer.close());
    const closing = open(url);
    const first = create(closing);
    const firstEnd = failure(first);
    await once(closing, "open");
    closing.close();
    first.write("late");
    expect(await firstEnd).toMatchObject({ message: "WebSocket is not open: readyState 2 (CLOSING)" });
    expect(first.destroyed).toBe(true);

    const over = open(url);
    const second = create(over);
    const secondEnd = failure(second);
    await once(over, "close");
    second.write("late");
    expect(await secondEnd).toMatchObject({ message: "WebSocket is not open: readyState 3 (CLOSED)" });
  });

  test("is destroyed when 'finish' and then 'end' have come", async () => {
    const { url } = await serving((peer) => {
      peer.send("foo");
      peer.close();
    });
    const client = open(url);
    const stream = create(client);
    const events = order(stream, "finish", "end");
    client.on("close", () => stream.end());
    stream.on("finish", () => {
      expect([stream.destroyed, stream.readable]).toEqual([false, true]);
      stream.resume();
    });
    stream.on("end", () => expect(stream.destroyed).toBe(true));
    expect(await events).toEqual(["finish", "end"]);
  });

  test("is destroyed when 'end' and then 'finish' have come", async () => {
    const { url } = await serving((peer) => peer.close());
    const stream = create(open(url));
    const events = order(stream, "finish", "end");
    stream.on("end", () => {
      expect([stream.destroyed, stream.writable]).toEqual([false, true]);
      stream.end();
    });
    stream.resume();
    expect(await events).toEqual(["end", "finish"]);
  });

  test("ends with the peer, if it does not allow half-open", async () => {
    const { url } = await serving((peer) => peer.close());
    const stream = create(open(url), { allowHalfOpen: false });
    const events = order(stream, "finish", "end");
    stream.resume();
    expect(await events).toEqual(["end", "finish"]);
  });

  test("has the errors of its WebSocket, and lets it tell the peer", async () => {
    const code = gate<number>();
    const { url } = await serving(async (peer) => {
      Reflect.get(peer, "_socket").write(Buffer.from([0x85, 0x00]));
      code.resolve(await closed(peer));
    });
    const error = await failure(create(open(url)));
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({
      code: "WS_ERR_INVALID_OPCODE",
      message: "Invalid WebSocket frame: invalid opcode 5",
    });
    expect(await code.promise).toBe(1002);
  });

  test("has the error of an opening handshake that fails", async () => {
    const server = await answering((request, socket) => {
      socket.write(switching(request, { "Sec-WebSocket-Accept": "foo" }));
    });
    const client = open(server.url);
    const stream = create(client);
    const events = order(stream, "finish", "end", "error");
    client.on("upgrade", () => process.nextTick(() => stream.end()));
    const [error] = await once(stream, "error");
    expect(error.message).toBe("Invalid Sec-WebSocket-Accept header");
    expect(await events).toEqual(["error"]);
  });

  test("throws an error that nobody listens for", async () => {
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    onTestFinished(() => {
      for (const each of others) process.on("uncaughtException", each);
    });
    const thrown = once(process, "uncaughtException");
    create(open("ws://127.0.0.1:1"));
    const [error] = await thrown;
    expect(error.message).toMatch(/^connect ECONNREFUSED/);
  });

  test("terminates the WebSocket when it is destroyed", async () => {
    const code = gate<number>();
    const { url } = await serving(async (peer) => code.resolve(await closed(peer)));
    const client = open(url);
    const stream = create(client);
    await once(client, "open");
    const error = new Error("mine");
    const end = failure(stream);
    stream.destroy(error);
    expect(await end).toBe(error);
    expect(client.readyState).toBe(3);
    expect(await code.promise).toBe(1006);
  });

  test("can be destroyed before the WebSocket is open, and after it is closed", async () => {
    const { url } = await serving((peer) => peer.close());
    const early = create(open(url));
    early.destroy();
    expect(await failure(early)).toMatchObject({
      message: "WebSocket was closed before the connection was established",
    });
    const client = open(url);
    const late = create(client);
    await once(client, "close");
    late.destroy();
    expect(await failure(late)).toBeUndefined();
  });

  test("pauses the WebSocket while nobody reads, and loses nothing", async () => {
    const total = 400;
    const { url } = await serving((peer) => {
      for (let i = 0; i < total; i++) peer.send(Buffer.alloc(16 * 1024, i));
      peer.close();
    });
    const client = open(url);
    const stream = create(client);
    await eventually(() => Reflect.get(client, "isPaused"), "a pause");
    await turns(20);
    expect(client.readyState).toBe(1);
    expect(stream.readableLength).toBeLessThan(2 * 1024 * 1024);
    const all = Buffer.concat(await stream.toArray());
    expect(all.length).toBe(total * 16 * 1024);
    for (let i = 0; i < total; i++) expect(all[i * 16 * 1024]).toBe(i & 255);
  });

  test("holds back its writer while the peer does not read", async () => {
    const peers: Peer[] = [];
    const { url } = await serving((peer) => {
      peers.push(peer);
      peer.pause();
    });
    const client = open(url);
    const stream = create(client);
    await once(client, "open");
    const chunk = Buffer.alloc(256 * 1024);
    let written = 0;
    const write = (): void => {
      while (stream.write(chunk, () => written++) && written < 1000);
    };
    stream.on("drain", write);
    write();
    let before = -1;
    await eventually(() => {
      const still = before === written && stream.writableNeedDrain;
      before = written;
      return still && written > 0;
    }, "the writer to stand still");
    const stopped = written;
    peers[0]?.resume();
    await eventually(() => written > stopped, "the writer to go on");
    stream.destroy();
  });

  test("echoes a large file, and a large message", async () => {
    const { url } = await serving((peer) => {
      peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }));
    });
    const file = Buffer.alloc(8 * 1024 * 1024, "some text that repeats, but not in step with anything.");
    const chunks: Buffer[] = [];
    const stream = create(open(url));
    let left = file.length;
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      left -= chunk.length;
      if (left === 0) stream.end();
    });
    await new Promise<void>((resolve) => {
      Readable.from(cut(file, 100_000)).pipe(stream, { end: false });
      stream.on("close", resolve);
    });
    expect(Buffer.concat(chunks).equals(file)).toBe(true);

    const whole = create(open(url));
    whole.write(file);
    const back: Buffer[] = [];
    for await (const chunk of whole) {
      back.push(chunk);
      if (Buffer.concat(back).length === file.length) whole.end();
    }
    expect(Buffer.concat(back).equals(file)).toBe(true);
  });

  test("stands in a pipeline", async () => {
    const { url } = await serving((peer) => {
      peer.on("message", (data) => {
        peer.send(`${data}`.toUpperCase());
        if (`${data}` === "c") peer.close();
      });
    });
    const out = new PassThrough();
    const stream = create(open(url));
    const done = pipeline(Readable.from(["a", "b", "c"]), stream, out);
    expect(Buffer.concat(await out.toArray()).toString()).toBe("ABC");
    await done;
  });

  // The socket has no 'finish' when it is reset, and ws waits for one.
  if (name !== "ws")
    test("is over when the connection breaks before it could be closed", async () => {
      const sockets: Socket[] = [];
      const relay = createServer((socket) => sockets.push(socket));
      await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void relay.close());
      const client = open(`ws://127.0.0.1:${(relay.address() as AddressInfo).port}`);
      const stream = create(client);
      const events = order(stream, "finish", "end", "error");
      const [socket] = await once(relay, "connection");
      const [head] = await once(socket, "data");
      const key = /Sec-WebSocket-Key: (\S+)/.exec(`${head}`)?.[1];
      socket.write(switching({ headers: { "sec-websocket-key": key } } as never));
      await once(client, "open");
      stream.resume();
      stream.end();
      socket.resetAndDestroy();
      expect((await events).sort()).toEqual(["end", "finish"]);
    });

  if (name !== "ws")
    test("is over when its WebSocket is closed quietly", async () => {
      const server = await answering(() => {});
      const client = open(server.url, { quietClose: true });
      const stream = create(client);
      const events = order(stream, "finish", "end", "error");
      stream.end("never sent");
      client.close();
      expect(await events).toEqual([]);
      expect(stream.destroyed).toBe(true);
    });
});

function* cut(bytes: Buffer, length: number): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}
