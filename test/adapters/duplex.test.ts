// Streams that are no sockets, as what upgrade() and attach() are given.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { Socket } from "node:net";
import { Duplex, PassThrough } from "node:stream";
import { connect as connectTls, TLSSocket } from "node:tls";
import { describe, test } from "vitest";
import { socketInternals } from "../../src/adapter/socket/internals.js";
import { attach, createServer as createWebSocketServer } from "../../src/node/index.js";
import { certificate } from "../support/certificate.js";
import { MemoryDuplex, parsedRequest } from "./memory-duplex.js";
import { nodeAdapter } from "./node-adapter.js";
import { masked, request } from "./raw-peer.js";
import { Recorder } from "./recorder.js";
import { Scene } from "./scene.js";
import { eventually, happened, turns, until } from "./until.js";

const NOTHING = Buffer.alloc(0);
const CLOSE = "\x88\x02\x03\xe8";
const echo = (): Recorder => new Recorder({ message: (socket, data) => void socket.send(data) });

function scene(name: string, run: (scene: Scene) => Promise<void>): void {
  test(name, () => Scene.run(nodeAdapter("on"), { name, run }));
}

/** Both ends of a connection, and what the far one got. */
interface Pair {
  readonly near: Duplex;
  got(): string;
  push(bytes: Uint8Array): void;
  end(): void;
}

function memory(near = new MemoryDuplex()): Pair {
  return {
    near,
    got: () => near.written,
    push: (bytes) => void near.push(bytes),
    end: () => void near.push(null),
  };
}

/** The near end of two streams, one for each way. */
function joined(): Pair {
  const inward = new PassThrough();
  const outward = new PassThrough();
  const near = Duplex.from({ readable: inward, writable: outward });
  return {
    near,
    got: gather(outward),
    push: (bytes) => void inward.write(bytes),
    end: () => void inward.end(),
  };
}

function gather(stream: NodeJS.ReadableStream): () => string {
  let got = "";
  stream.on("data", (chunk: Buffer) => {
    got += chunk.toString("latin1");
    happened();
  });
  return () => got;
}

const KINDS: Record<string, () => Pair> = {
  "a Duplex": memory,
  "one made by Duplex.from": joined,
  "one that its end does not destroy": () => memory(new MemoryDuplex({ autoDestroy: false })),
  "one that emits no close": () => memory(new MemoryDuplex({ emitClose: false })),
  "one that neither is destroyed nor emits close": () =>
    memory(new MemoryDuplex({ autoDestroy: false, emitClose: false })),
  "one that ends with its peer": () => memory(new MemoryDuplex({ allowHalfOpen: false })),
  "one that ends with its peer, and neither is destroyed nor emits close": () =>
    memory(new MemoryDuplex({ allowHalfOpen: false, autoDestroy: false, emitClose: false })),
  "one with buffers of a byte": () => memory(new MemoryDuplex({ highWaterMark: 1 })),
  "one that was paused": () => {
    const pair = memory();
    pair.near.pause();
    return pair;
  },
  "one that was corked twice": () => {
    const pair = memory();
    pair.near.cork();
    pair.near.cork();
    return pair;
  },
  "one that has data already": () => {
    const pair = memory();
    pair.push(masked("81 05 | 'early'"));
    return pair;
  },
};

describe("a stream that is no socket carries a WebSocket", () => {
  for (const [name, make] of Object.entries(KINDS)) {
    scene(name, async () => {
      const { near, got, push, end } = make();
      const recorder = echo();
      const early = name.includes("data already") ? NOTHING : masked("81 05 | 'early'");
      createWebSocketServer({}, recorder).upgrade(parsedRequest(), near, Buffer.from(early));
      await until(() => got().includes("\r\n\r\n\x81\x05early"), "the answer");
      assert.match(got(), /^HTTP\/1\.1 101 /);
      push(masked("82 7e 01 00 | 07*256"));
      await until(() => got().endsWith("\x07".repeat(256)), "the echo");
      assert.equal(socketInternals(recorder.socket).readPath, "stream");
      assert.equal(recorder.socket.remoteAddress, "");
      push(masked("88 02 | 03 e8"));
      await until(() => got().endsWith(CLOSE), "the Close frame");
      end();
      assert.equal(await recorder.closed(), "close 1000 clean");
      await turns();
      assert.equal(recorder.count("close"), 1);
      assert.deepEqual(recorder.errors, []);
      assert.equal(near.destroyed, true);
    });
  }

  scene("one that answers within each write", async () => {
    const near = new MemoryDuplex();
    const recorder = echo();
    let echoes = 0;
    near.answer = (text) => {
      if (text.endsWith(CLOSE)) near.push(null);
      else near.push(echoes++ < 3 ? masked("81 01 | 'x'") : masked("88 02 | 03 e8"));
    };
    createWebSocketServer({}, recorder).upgrade(parsedRequest(), near, NOTHING);
    assert.equal(await recorder.closed(), "close 1000 clean");
    assert.deepEqual(recorder.messages, ["x", "x", "x"]);
    assert.deepEqual(recorder.errors, []);
  });

  scene("one whose peer answers within a handler, keeping the order", async () => {
    const near = new MemoryDuplex();
    const recorder = new Recorder({
      message(_, data) {
        if (data === "a") near.push(masked("81 01 | 'b'", "81 01 | 'c'"));
        if (data === "b") near.push(masked("81 01 | 'd'"));
        if (data === "d") near.push(null);
      },
    });
    createWebSocketServer({}, recorder).upgrade(parsedRequest(), near, NOTHING);
    near.push(masked("81 01 | 'a'"));
    assert.equal(await recorder.closed(), "close 1006");
    assert.deepEqual(recorder.messages, ["a", "b", "c", "d"]);
    assert.deepEqual(recorder.errors, []);
  });

  scene("an HTTP/2 tunnel, with the address of its session's peer", async (scene) => {
    const server = createHttp2Server();
    const recorder = echo();
    server.on("stream", (stream) => {
      stream.respond({ ":status": 200 });
      createWebSocketServer({}, recorder).upgrade(parsedRequest(), stream, NOTHING);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    const session = connectHttp2(`http://127.0.0.1:${address.port}`);
    scene.after(() => {
      session.destroy();
      server.close();
    });
    const tunnel = session.request({ ":method": "CONNECT", ":authority": "localhost" });
    const got = gather(tunnel);
    tunnel.write(masked("81 02 | 'hi'"));
    await until(() => got().endsWith("\x81\x02hi"), "the echo");
    assert.equal(recorder.socket.remoteAddress, "127.0.0.1");
    tunnel.write(masked("88 02 | 03 e8"));
    await until(() => got().endsWith(CLOSE), "the Close frame");
    tunnel.end();
    assert.equal(await recorder.closed(), "close 1000 clean");
    assert.deepEqual(recorder.errors, []);
  });

  scene("a net.Socket that is none, and keeps what is written to it", async () => {
    const kept: Buffer[] = [];
    class Keeping extends Socket {
      override _write(chunk: Buffer, _: BufferEncoding, callback: () => void): void {
        kept.push(chunk);
        callback();
        happened();
      }
      override _writev(chunks: { chunk: Buffer }[], callback: () => void): void {
        kept.push(...chunks.map(({ chunk }) => chunk));
        callback();
        happened();
      }
    }
    const near = new Keeping();
    const recorder = echo();
    createWebSocketServer({ internals: "off" }, recorder).upgrade(parsedRequest(), near, NOTHING);
    for (let i = 0; i < 100; i++) {
      near.push(masked(`82 01 | ${i.toString(16).padStart(2, "0")}`));
      await recorder.until("message", i + 1);
    }
    const frames = Array.from({ length: 100 }, (_, i) => [0x82, 1, i]).flat();
    await until(
      () => Buffer.concat(kept).subarray(-300).equals(Buffer.from(frames)),
      "the echoes, unchanged",
    );
    recorder.socket.terminate();
    assert.equal(await recorder.closed(), "close 1006");
  });

  scene("TLS through a stream", async () => {
    const tls = certificate();
    const inward = new PassThrough();
    const outward = new PassThrough();
    const near = Duplex.from({ readable: inward, writable: outward });
    const far = Duplex.from({ readable: outward, writable: inward });
    const recorder = echo();
    createWebSocketServer({}, recorder).upgrade(
      parsedRequest(),
      new TLSSocket(near, { isServer: true, ...tls }),
      NOTHING,
    );
    const client = connectTls({ socket: far, ca: tls.cert, servername: "localhost" });
    const got = gather(client);
    client.write(masked("81 02 | 'hi'"));
    await until(() => got().endsWith("\x81\x02hi"), "the echo");
    client.write(masked("88 02 | 03 e8"));
    await until(() => got().endsWith(CLOSE), "the Close frame");
    client.end();
    assert.equal(await recorder.closed(), "close 1000 clean");
  });

  scene("a connection that was injected into an HTTP server", async (scene) => {
    const server = createServer();
    const recorder = echo();
    const attached = attach(server, { path: "/chat" }, recorder);
    scene.after(() => attached.close({ timeoutMs: 1 }));
    const near = Object.assign(new MemoryDuplex(), { remoteAddress: "192.0.2.1" });
    server.emit("connection", near);
    near.push(Buffer.from(request(), "latin1"));
    near.push(masked("81 02 | 'hi'"));
    await until(() => near.written.endsWith("\x81\x02hi"), "the echo");
    assert.equal(recorder.socket.remoteAddress, "192.0.2.1");
  });
});

describe("back-pressure of a stream", () => {
  scene("is told, counted, and over with what waits", async () => {
    const near = new MemoryDuplex();
    const recorder = new Recorder();
    createWebSocketServer({}, recorder).upgrade(parsedRequest(), near, NOTHING);
    await until(() => near.written !== "", "the answer");
    near.slow = true;
    const { socket } = recorder;
    assert.equal(socket.send(new Uint8Array(100_000)), "buffered");
    await turns();
    assert.ok(socket.bufferedAmount >= 100_000);
    assert.equal(socket.send("more"), "buffered");
    assert.equal(recorder.count("drain"), 0);
    near.settle();
    await recorder.until("drain");
    assert.equal(socket.bufferedAmount, 0);
    assert.ok(near.written.endsWith("\x81\x04more"));
    near.push(null);
    await recorder.closed();
  });

  scene("is the peer's as well, while the option upgrade is thinking and much comes", async () => {
    const near = new MemoryDuplex();
    const recorder = new Recorder();
    let accept = (): void => {};
    const verify = () => new Promise<undefined>((resolve) => (accept = () => resolve(undefined)));
    createWebSocketServer({ upgrade: verify }, recorder).upgrade(parsedRequest(), near, NOTHING);
    for (let i = 0; i < 40; i++) near.push(masked("82 7e 04 00 | 07*1024"));
    await turns();
    assert.equal(near.isPaused(), true);
    accept();
    await recorder.until("message", 40);
    near.push(null);
    await recorder.closed();
  });
});

describe("an error of a stream ends its connection and no other", () => {
  const breaks: Record<string, (near: MemoryDuplex) => unknown> = {
    "by which it is destroyed": (near) => near.destroy(new Error("boom")),
    "that it emits": (near) => near.emit("error", new Error("boom")),
    "that a write calls back with": (near) => {
      near._write = (_, __, callback) => callback(new Error("boom"));
      near.push(masked("89 00 |"));
    },
    "that a write throws": (near) => {
      near._write = () => {
        throw new Error("boom");
      };
      near.push(masked("89 00 |"));
    },
  };
  for (const [name, broken] of Object.entries(breaks)) {
    for (const options of [
      {},
      { emitClose: false },
      { autoDestroy: false },
      { autoDestroy: false, emitClose: false },
    ]) {
      scene(`${name}, ${JSON.stringify(options)}`, async () => {
        const near = new MemoryDuplex(options);
        const recorder = new Recorder();
        createWebSocketServer({}, recorder).upgrade(parsedRequest(), near, NOTHING);
        await until(() => near.written !== "", "the answer");
        broken(near);
        assert.equal(await recorder.closed(), "close 1006");
        await turns();
        assert.equal(recorder.count("close"), 1);
        assert.equal(String(recorder.closes[0]?.cause), "Error: boom");
        assert.deepEqual(recorder.errors, []);
        assert.equal(near.destroyed, true);
      });
    }
  }

  scene("that is none: strings, because an encoding was set too late", async () => {
    const near = new MemoryDuplex();
    const recorder = new Recorder();
    createWebSocketServer({}, recorder).upgrade(parsedRequest(), near, NOTHING);
    near.setEncoding("utf8");
    near.push(masked("81 01 | 'x'"));
    assert.equal(await recorder.closed(), "close 1006");
    assert.match(String(recorder.closes[0]?.cause), /^TypeError: .*setEncoding/);
  });
});

describe("what is no stream of bytes", () => {
  const sockets = createWebSocketServer({}, {});
  const wrong: Record<string, () => unknown> = {
    nothing: () => undefined,
    "an object": () => ({ on() {}, write() {} }),
    "a PassThrough of objects": () => new PassThrough({ objectMode: true }),
    "a Duplex that reads objects": () => new MemoryDuplex({ readableObjectMode: true }),
    "a Duplex that writes objects": () => new MemoryDuplex({ writableObjectMode: true }),
    "a Duplex with an encoding": () => new MemoryDuplex().setEncoding("latin1"),
  };
  for (const [name, make] of Object.entries(wrong)) {
    scene(`${name} is refused by upgrade(), untouched, and ended by attach()`, async () => {
      const stream = make();
      const before = stream instanceof Duplex ? stream.eventNames() : [];
      assert.throws(() => Reflect.apply(sockets.upgrade, sockets, [parsedRequest(), stream, NOTHING]), {
        name: "TypeError",
        message: /^the upgraded stream must /,
      });
      if (!(stream instanceof Duplex)) return;
      assert.deepEqual(stream.eventNames(), before);
      assert.equal(stream.destroyed, false);
      const server = createServer();
      const recorder = new Recorder();
      attach(server, {}, recorder);
      server.emit("upgrade", parsedRequest(), stream, NOTHING);
      assert.equal(stream.destroyed, true);
      assert.match(String(recorder.errors), /^TypeError: the upgraded stream must /);
    });
  }

  scene("a request of another kind is refused by upgrade(), and its stream untouched", async () => {
    for (const odd of [{}, { rawHeaders: ["a"] }, { rawHeaders: [1, 2] }, new Request("http://a/")]) {
      const near = new MemoryDuplex();
      const before = near.eventNames();
      assert.throws(() => Reflect.apply(sockets.upgrade, sockets, [odd, near, NOTHING]), TypeError);
      assert.deepEqual(near.eventNames(), before);
    }
  });

  scene("a stream that is over already calls no handler", async () => {
    const recorder = new Recorder();
    const destroyed = new MemoryDuplex();
    destroyed.destroy();
    const answered = new MemoryDuplex();
    answered.end("HTTP/1.1 418 Mine\r\n\r\n");
    const left = new MemoryDuplex();
    left.resume();
    left.push(null);
    await once(left, "end");
    for (const near of [destroyed, answered, left])
      createWebSocketServer({}, recorder).upgrade(parsedRequest(), near, NOTHING);
    await eventually(() => answered.ended && left.destroyed, "the ends");
    assert.equal(answered.written, "HTTP/1.1 418 Mine\r\n\r\n");
    assert.deepEqual(recorder.log, []);
  });
});

describe("content that is announced with an upgrade", () => {
  // Node 26 gives a stream of another kind then, until the content is there.
  const requests: Record<string, [head: string, rest: string]> = {
    "and never comes": [request({ "Content-Length": "5" }), ""],
    "and comes later": [request({ "Content-Length": "5" }), "hello"],
    "in chunks": [request({ "Transfer-Encoding": "chunked" }), "5\r\nhello\r\n0\r\n\r\n"],
    "in no chunk": [request({ "Transfer-Encoding": "chunked" }), "0\r\n\r\n"],
    "and is expected to be asked for": [request({ "Content-Length": "5", Expect: "100-continue" }), ""],
  };
  for (const [name, [head, rest]] of Object.entries(requests)) {
    for (const how of ["attach", "attach to a path", "upgrade"] as const) {
      scene(`${name} gets 400 and the end by ${how}`, async (scene) => {
        const server = createServer();
        const recorder = new Recorder();
        const options = { timeouts: { closeMs: 200 } };
        if (how === "attach") attach(server, options, recorder);
        else if (how === "attach to a path") attach(server, { ...options, path: "/chat" }, recorder);
        else {
          const sockets = createWebSocketServer(options, recorder);
          server.on("upgrade", (...args: Parameters<typeof sockets.upgrade>) => sockets.upgrade(...args));
        }
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
        scene.after(() => {
          server.closeAllConnections();
          server.close();
        });
        const address = server.address();
        assert.ok(address !== null && typeof address === "object");
        const peer = await scene.raw({ port: address.port });
        await peer.write(head);
        assert.match(await peer.head(), /^HTTP\/1\.1 400 /);
        if (rest !== "") await peer.write(rest).catch(() => {});
        await until(() => peer.ended || peer.closed, "the end");
        assert.deepEqual(recorder.log, []);
      });
    }
  }
});
