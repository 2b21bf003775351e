// Cases: the handle of a server: its sockets, broadcasts and closing.
import assert from "node:assert/strict";
import type { Socket } from "../../../src/adapter/socket/handlers.js";
import { socketInternals } from "../../../src/adapter/socket/internals.js";
import { toHex } from "../../support/hex.js";
import { masked, RawPeer, request } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case } from "../scene.js";
import { eventually, soon, turns } from "../until.js";

export const serverCases: readonly Case[] = [
  {
    name: "the server knows each connection and can address it by its id",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const peers = [await scene.client(server), await scene.client(server), await scene.client(server)];
      const sockets = recorder.calls.flatMap((call) => (call.type === "open" ? [call.socket] : []));
      assert.deepEqual([...server.connections.values()], sockets);
      assert.equal(new Set(sockets.map((socket) => socket.id)).size, 3);
      const [, second] = sockets;
      assert.ok(second);
      assert.equal(second.remoteAddress, "127.0.0.1");
      assert.equal(second.role, "server");
      server.connections.get(second.id)?.send("you");
      await peers[1]?.expect("81 03 'you'");
      peers[1]?.destroy();
      await recorder.until("close");
      assert.equal(server.connections.has(second.id), false);
      assert.equal(server.connections.size, 2);
      assert.equal(peers[0]?.byteLength, 0);
    },
  },
  {
    name: "broadcast sends the same bytes to all but one",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const peers = [await scene.client(server), await scene.client(server), await scene.client(server)];
      const [first] = server.connections.values();
      assert.ok(first);
      assert.equal(server.broadcast("all"), 3);
      assert.equal(server.broadcast(new Uint8Array(200).fill(7), { except: first }), 2);
      for (const [i, peer] of peers.entries()) {
        await peer.expect("81 03 'all'");
        if (i > 0) await peer.expect("82 7e 00 c8 07*200");
      }
      await turns();
      assert.equal(peers[0]?.byteLength, 0);
    },
  },
  {
    name: "broadcast passes over who is closing or over its backpressure limit, and waits behind fragments",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve(
        { backpressure: "drop", limits: { maxBackpressureBytes: 1 << 20 } },
        recorder,
      );
      const peers: RawPeer[] = [];
      for (let i = 0; i < 4; i++) peers.push(await scene.client(server));
      const [closing, busy, slow] = [...server.connections.values()];
      assert.ok(closing && busy && slow);
      closing.close(1000);
      busy.sendFragment("a", false);
      peers[2]?.stopReading();
      while (slow.send(new Uint8Array(1 << 19)) !== "dropped") await turns(1);
      assert.equal(server.broadcast("x"), 2);
      await peers[3]?.expect("81 01 'x'");
      busy.sendFragment("b", true);
      await peers[1]?.expect("01 01 'a' 80 01 'b' 81 01 'x'");
    },
  },
  {
    name: "broadcast from inside of a handler reaches the others in the same turn",
    async run(scene) {
      const recorder = new Recorder({
        message: (socket, data) => void server.broadcast(data, { except: socket }),
      });
      const server = await scene.serve({}, recorder);
      const peers = [await scene.client(server), await scene.client(server), await scene.client(server)];
      const before = peers.map((peer) => peer.reads);
      await peers[0]?.write(masked("81 01 | 'a'", "82 01 | 62"));
      for (const [i, peer] of peers.entries()) {
        if (i === 0) continue;
        await peer.expect("81 01 'a' 82 01 62");
        assert.equal(peer.reads, (before[i] ?? 0) + 1);
      }
      assert.equal(peers[0]?.byteLength, 0);
    },
  },
  {
    name: "the bytes of one connection never reach another",
    async run(scene) {
      const { server } = await scene.echo();
      const peers: RawPeer[] = [];
      for (let i = 0; i < 64; i++) peers.push(await scene.client(server));
      // Each peer's frames are cut at another place, and all of them are under way at once.
      const streams = peers.map((_, i) =>
        masked(...[3, 130, 40_000].map((length) => `${header(length)} | ${hexByte(i)}*${length}`)),
      );
      for (const part of [0, 1, 2]) {
        for (const [i, peer] of peers.entries()) {
          const stream = streams[i] ?? new Uint8Array();
          const cut = [0, 5 + i, 20_000 + i, stream.length];
          void peer.write(stream.subarray(cut[part], cut[part + 1]));
        }
      }
      for (const [i, peer] of peers.entries()) {
        for (const frame of await peer.frames(3)) {
          assert.ok(
            frame.payload.every((byte) => byte === i),
            `a foreign byte: ${toHex(frame.payload.subarray(0, 20))}`,
          );
        }
      }
    },
  },
  {
    name: "close() says 1001 to all, resolves when they are gone, and frees the port",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const ours = new Recorder();
      await scene.connect(server.url, {}, ours);
      const peer = await scene.client(server);
      let resolved = false;
      const closed = server.close().then(() => {
        resolved = true;
      });
      await peer.expect("88 02 03 e9");
      assert.equal(await ours.closed(), "close 1001 clean");
      await turns();
      assert.equal(resolved, false, "one is still there");
      await assert.rejects(RawPeer.connect(server), { code: "ECONNREFUSED" });
      await peer.write(masked("88 02 | 03 e9"));
      await peer.fin();
      peer.end();
      await soon(closed, "close()");
      assert.equal(server.connections.size, 0);
      assert.equal(recorder.count("close"), 2);
      const again = await scene.serve({ port: server.port }, {});
      assert.equal(again.port, server.port);
    },
  },
  {
    name: "close() with code and reason; connections that stay are terminated after its time-out",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({ timeouts: { closeMs: 60_000 } }, recorder);
      const peer = await scene.client(server);
      const closed = server.close({ code: 1012, reason: "restart", timeoutMs: 50 });
      await peer.expect("88 09 03 f4 'restart'");
      await soon(closed, "close()");
      assert.deepEqual(recorder.log, ["open", "close 1006"]);
      await peer.gone();
    },
  },
  {
    name: "Symbol.asyncDispose of a server is close()",
    needs: ["port"],
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const ours = new Recorder();
      await scene.connect(server.url, {}, ours);
      const disposed = [server[Symbol.asyncDispose]?.(), server[Symbol.asyncDispose]?.(), server.close()];
      await soon(Promise.all(disposed), "all three");
      assert.equal(await ours.closed(), "close 1001 clean");
      assert.deepEqual(recorder.log, ["open", "close 1001 clean"]);
      await assert.rejects(RawPeer.connect(server), { code: "ECONNREFUSED" });
      await soon(Promise.resolve(server[Symbol.asyncDispose]?.()), "a fourth");
    },
  },
  {
    name: "close() called twice is one close",
    async run(scene) {
      const server = await scene.serve({}, {});
      const ours = new Recorder();
      await scene.connect(server.url, {}, ours);
      await soon(Promise.all([server.close(), server.close({ code: 1012 })]), "both");
      assert.equal(await ours.closed(), "close 1001 clean");
      await soon(server.close(), "a third");
    },
  },
  {
    name: "close() with a code that must not be sent changes nothing",
    async run(scene) {
      const { server } = await scene.echo();
      await assert.rejects(async () => server.close({ code: 1006 }), RangeError);
      await assert.rejects(async () => server.close({ reason: "x".repeat(124) }), RangeError);
      const peer = await scene.client(server);
      await peer.write(masked("81 01 | 'x'"));
      await peer.expect("81 01 'x'");
    },
  },
  {
    name: "close() while handshakes are pending ends them",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({ timeouts: { handshakeMs: 60_000 } }, recorder);
      const silent = await scene.raw(server);
      const half = await scene.raw(server);
      await half.write(request().slice(0, 50));
      await turns();
      await soon(server.close(), "close()");
      await silent.gone();
      await half.gone();
      assert.deepEqual(recorder.log, []);
    },
  },
  {
    name: "close() while a client that was refused lingers",
    async run(scene) {
      const server = await scene.serve({ timeouts: { closeMs: 60_000 } }, {});
      const peer = await scene.raw(server);
      await peer.write("nonsense\r\n\r\n");
      await peer.head();
      await soon(server.close({ timeoutMs: 50 }), "close()");
    },
  },
  {
    name: "close() from inside of a handler",
    async run(scene) {
      let closed: Promise<void> | undefined;
      const recorder = new Recorder({
        message() {
          closed = server.close({ timeoutMs: 50 });
        },
      });
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      await peer.write(masked("81 00 |"));
      await peer.expect("88 02 03 e9");
      await eventually(() => closed !== undefined, "close() to be called");
      await soon(closed ?? Promise.reject(new Error("not called")), "close()");
    },
  },
  {
    name: "a port in use is the system's error, and options that make no sense are refused",
    async run(scene) {
      const server = await scene.serve({}, {});
      await assert.rejects(scene.serve({ port: server.port }, {}), { code: "EADDRINUSE" });
      await assert.rejects(scene.serve({ limits: { maxMessageBytes: -1 } }, {}), RangeError);
      await assert.rejects(scene.serve({ limits: { maxBackpressureBytes: 0 } }, {}), RangeError);
      await assert.rejects(scene.serve({ limits: { maxHeadBytes: 0.5 } }, {}), RangeError);
      await assert.rejects(scene.serve({ timeouts: { pingIntervalMs: -1 } }, {}), RangeError);
      await assert.rejects(scene.serve({ timeouts: { closeMs: Number.NaN } }, {}), RangeError);
      const backpressure: "drop" = JSON.parse('"keep"');
      await assert.rejects(scene.serve({ backpressure }, {}), RangeError);
      const kernel: "js" = JSON.parse('"fast"');
      await assert.rejects(scene.serve({ kernel }, {}), RangeError);
      await assert.rejects(scene.serve({ protocols: ["a b"] }, {}), TypeError);
    },
  },
  {
    name: "messages need a handler: the one that the option deliver names",
    async run(scene) {
      const { server } = await scene.echo();
      const message = () => {};
      const fragment = () => {};
      const stream = () => {};
      for (const [deliver, handlers] of [
        ["fragment", { message }],
        ["fragment", {}],
        ["stream", { message, fragment }],
        ["message", { fragment }],
        ["message", {}],
        [undefined, { fragment }],
        [undefined, { stream }],
      ] as const) {
        const options = deliver === undefined ? {} : { deliver };
        await assert.rejects(scene.serve(options, handlers), TypeError);
        await assert.rejects(scene.connect(server.url, options, handlers), TypeError);
      }
      assert.equal(server.connections.size, 0);
      const all = { message, fragment, stream };
      for (const deliver of ["message", "fragment", "stream", undefined] as const)
        await scene.connect(server.url, { deliver }, all);
      // The hook may choose any handler.
      await scene.serve({ upgrade: () => undefined }, { stream });
      await assert.rejects(
        scene.serve({ upgrade: () => undefined, deliver: "message" }, { stream }),
        TypeError,
      );
    },
  },
  {
    name: "the kernel that was asked for is the one that decodes",
    async run(scene) {
      for (const kernel of ["simd", "scalar", "js"] as const) {
        const recorder = new Recorder({ message: (socket: Socket, data) => void socket.send(data) });
        const server = await scene.serve({ kernel }, recorder);
        const peer = await scene.client(server);
        await peer.write(masked("81 05 | 'Hello'"));
        await peer.expect("81 05 'Hello'");
        assert.equal(socketInternals(recorder.socket).kernel, kernel);
      }
    },
  },
];

function header(length: number): string {
  if (length < 126) return `82 ${hexByte(length)}`;
  return `82 7e ${hexByte(length >> 8)} ${hexByte(length & 0xff)}`;
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, "0");
}
