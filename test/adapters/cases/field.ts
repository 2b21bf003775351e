// What people report of other libraries' connections in public, tried on this one: docs/evidence.md has where.
import assert from "node:assert/strict";
import type { Socket } from "../../../src/adapter/socket/handlers.js";
import { masked, request } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import { type Case, switching } from "../scene.js";
import { turns, until } from "../until.js";
import { onlyClose, pair } from "./pair.js";
import { warnings } from "./warnings.js";

/** Keeps the event loop busy. What comes in the meantime waits in the system. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** Longer than all time-outs of a case together. */
const BLOCKED_MS = 500;
const SHORT_MS = 100;

export const fieldCases: readonly Case[] = [
  {
    name: "a process that is busy for longer than its time-outs finds the pong that waits",
    async run(scene) {
      const { peer, recorder } = await pair(scene, {
        timeouts: { pingIntervalMs: SHORT_MS, pingTimeoutMs: SHORT_MS },
      });
      for (let round = 0; round < 3; round++) {
        await peer.expect("89 00");
        const sent = peer.write(masked("8a 00 |"));
        block(BLOCKED_MS);
        await sent;
      }
      await recorder.until("pong", 3);
      assert.equal(recorder.count("close"), 0);
    },
  },
  {
    name: "a process that is busy for longer than its time-outs finds the Close that waits",
    async run(scene) {
      const { peer, recorder } = await pair(scene, { timeouts: { closeMs: SHORT_MS } });
      recorder.socket.close(1000);
      await peer.expect("88 02 03 e8");
      const sent = peer.write(masked("88 02 | 03 e8"));
      peer.end();
      block(BLOCKED_MS);
      await sent;
      await onlyClose(recorder, "close 1000 clean");
    },
  },
  {
    name: "a process that is busy for longer than its time-outs finds the request that waits",
    async run(scene) {
      const server = await scene.serve({ timeouts: { handshakeMs: SHORT_MS } }, {});
      const peer = await scene.raw(server);
      await peer.write("GET /chat HTTP/1.1\r\n");
      await turns();
      const sent = peer.write(request().slice("GET /chat HTTP/1.1\r\n".length));
      block(BLOCKED_MS);
      await sent;
      assert.match(await peer.head(), /^HTTP\/1\.1 101 /);
    },
  },
  {
    name: "a process that is busy for longer than its time-outs finds the answer that waits",
    async run(scene) {
      const server = await scene.rawServer(async (peer) => {
        const sent = peer.write(switching(await peer.head()));
        block(BLOCKED_MS);
        await sent;
      });
      const socket = await scene.connect(server.url, { timeouts: { handshakeMs: SHORT_MS } });
      assert.equal(socket.state, "open");
    },
  },
  {
    name: "the remote address is known from open to close, and after it",
    needs: ["tcp"],
    async run(scene) {
      const seen: string[] = [];
      const note = (socket: Socket) => void seen.push(socket.remoteAddress);
      const recorder = new Recorder({ open: note, close: note });
      const server = await scene.serve({}, recorder);
      const polite = await scene.client(server);
      await polite.write(masked("88 00 |"));
      polite.end();
      await recorder.until("close", 1);
      const lost = await scene.client(server);
      lost.reset();
      await recorder.until("close", 2);
      await scene.client(server);
      for (const socket of server.connections.values()) socket.terminate();
      await recorder.until("close", 3);
      assert.deepEqual(new Set(seen), new Set(["127.0.0.1"]));
      assert.equal(recorder.socket.remoteAddress, "127.0.0.1");
    },
  },
  ...[2 ** 31, 2 ** 32 + 1, 2 ** 40, Number.MAX_SAFE_INTEGER].map(
    (long): Case => ({
      name: `time-outs of ${long} ms do not fire at once`,
      async run(scene) {
        const seen = warnings(scene);
        const timeouts = { handshakeMs: long, pingIntervalMs: long, pingTimeoutMs: long, closeMs: long };
        const recorder = new Recorder();
        const server = await scene.serve({ timeouts }, recorder);
        await scene.raw(server);
        const peer = await scene.client(server);
        const ours = new Recorder();
        await scene.connect(server.url, { timeouts }, ours);
        // It measures the time in which what must not come would have come.
        const clock = await pair(scene, { timeouts: { pingIntervalMs: SHORT_MS } });
        await clock.peer.expect("89 00");
        assert.equal(peer.byteLength, 0);
        assert.equal(recorder.count("close") + ours.count("close") + ours.count("ping"), 0);
        assert.deepEqual(seen, []);
      },
    }),
  ),
  {
    name: "a relay that hands on the code of a connection that broke gets a RangeError, and nobody else does",
    needs: ["tcp"],
    async run(scene) {
      const others: Socket[] = [];
      const recorder = new Recorder({
        open: (socket) => void others.push(socket),
        close: (_, event) => others[1]?.close(event.code, event.reason),
      });
      const server = await scene.serve({}, recorder);
      const lost = await scene.client(server);
      const peer = await scene.client(server);
      lost.reset();
      const refusals = () => recorder.errors.filter((error) => error instanceof RangeError).length;
      await until(() => refusals() > 0, "the RangeError");
      assert.equal(refusals(), 1);
      assert.equal(others[1]?.state, "open", "misuse changes nothing");
      others[1]?.close();
      await peer.expect("88 00");
      await scene.client(server);
    },
  },
  ...(["terminate", "close"] as const).map(
    (how): Case => ({
      name: `connections may ${how} while an application walks over them`,
      async run(scene) {
        const recorder = new Recorder();
        const server = await scene.serve({}, recorder);
        const peers = [];
        for (let i = 0; i < 8; i++) peers.push(await scene.client(server));
        let walked = 0;
        for (const [, socket] of server.connections) {
          walked++;
          server.broadcast("bye");
          socket[how]();
          for (const other of server.connections.values()) if (other.id % 2 === 0) other[how]();
        }
        assert.ok(walked >= 1 && walked <= 8);
        for (const peer of peers) {
          if (how === "close") await until(() => peer.byteLength >= 2, "a Close");
          peer.end();
        }
        await recorder.until("close", 8);
        await scene.connections(server, 0);
        assert.equal(recorder.count("error"), 0);
      },
    }),
  ),
  {
    name: "handlers of close may close again, close others and connect anew",
    async run(scene) {
      const server = await scene.serve({}, {});
      const all: Socket[] = [];
      const connect = async (): Promise<void> => void all.push(await scene.connect(server.url, {}, ours));
      const ours: Recorder = new Recorder({
        async close(socket) {
          socket.close(1000, "again");
          socket.terminate();
          assert.equal(socket.send("no"), "dropped");
          for (const other of all) other.close(4000);
          if (ours.count("open") >= 16) return;
          await connect();
          all.at(-1)?.close(1000);
        },
      });
      await connect();
      all[0]?.close(1000);
      await ours.until("close", 16);
      await scene.connections(server, 0);
      assert.deepEqual(ours.errors, []);
    },
  },
  ...(["ended", "reset"] as const).map(
    (how): Case => ({
      name: `a peer that has ${how} while its socket was paused is found gone when it is resumed`,
      needs: ["pause", "tcp"],
      async run(scene) {
        const { peer, recorder } = await pair(scene);
        recorder.socket.pause();
        await turns();
        if (how === "ended") peer.end();
        else peer.reset();
        await turns(20);
        recorder.socket.resume();
        await onlyClose(recorder, "close 1006");
      },
    }),
  ),
  ...(["ended", "reset", "there"] as const).flatMap((how) =>
    (["close", "terminate"] as const).map(
      (end): Case => ({
        name: `${end}() of a paused socket whose peer is ${how} leaves no descriptor`,
        needs: ["pause", "tcp"],
        async run(scene) {
          const recorder = new Recorder();
          const server = await scene.serve({ timeouts: { closeMs: SHORT_MS } }, recorder);
          const before = scene.adapter.openSockets();
          const peer = await scene.client(server);
          await recorder.until("open");
          recorder.socket.pause();
          await turns();
          if (how === "ended") peer.end();
          if (how === "reset") peer.reset();
          await turns(20);
          recorder.socket[end]();
          await recorder.until("close");
          peer.destroy();
          await scene.eventually(
            () => scene.adapter.openSockets() <= before,
            () => `${before} descriptors, there are ${scene.adapter.openSockets()}`,
          );
        },
      }),
    ),
  ),
  {
    name: "a client that pauses and closes leaves no descriptor",
    needs: ["pause", "tcp"],
    async run(scene) {
      const server = await scene.serve({}, {});
      const before = scene.adapter.openSockets();
      const ours = new Recorder();
      const sockets = await Promise.all(
        Array.from({ length: 20 }, () => scene.connect(server.url, {}, ours)),
      );
      for (const socket of sockets) {
        socket.pause();
        socket.close();
      }
      await ours.until("close", 20);
      await scene.eventually(
        () => scene.adapter.openSockets() <= before,
        () => `${before} descriptors, there are ${scene.adapter.openSockets()}`,
      );
    },
  },
];
