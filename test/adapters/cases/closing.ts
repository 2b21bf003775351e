// Cases: the closing handshake, and connections that end without one.
import assert from "node:assert/strict";
import { masked, request, unmasked } from "../raw-peer.js";
import { closeWords, Recorder } from "../recorder.js";
import type { Case } from "../scene.js";
import { soon, turns } from "../until.js";
import { onlyClose, pair } from "./pair.js";

export const closingCases: readonly Case[] = [
  {
    name: "Symbol.asyncDispose of a socket closes it, and resolves after the handler close",
    needs: ["tcp"],
    async run(scene) {
      const { server, recorder } = await scene.echo();
      const ours = new Recorder();
      const socket = await scene.connect(server.url, {}, ours);
      let over = 0;
      const disposed = [1, 2].map(async () => {
        await socket[Symbol.asyncDispose]();
        over++;
        assert.deepEqual(ours.log, ["open", "close 1005 clean"]);
      });
      assert.equal(socket.state, "closing");
      assert.equal(over, 0);
      await soon(Promise.all(disposed), "both");
      assert.equal(socket.state, "closed");
      await soon(socket[Symbol.asyncDispose](), "a third");
      assert.equal(await recorder.closed(), "close 1005 clean");
      // Also of a socket that is closing, and of one whose peer is silent.
      const server2 = await scene.serve({ timeouts: { closeMs: 50 } }, recorder);
      const peer = await scene.client(server2);
      await recorder.until("open", 2);
      const [held] = server2.connections.values();
      assert.ok(held);
      held.close(4000);
      await soon(held[Symbol.asyncDispose](), "the time-out");
      assert.equal(recorder.closes.at(-1)?.code, 1006);
      await peer.expect("88 02 0f a0");
    },
  },
  {
    name: "a peer that resets TCP behind the closing handshake: a clean close, and no error",
    needs: ["tcp"],
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      for (let i = 0; i < 5; i++) {
        const peer = await scene.lone(server);
        await peer.write(request());
        await peer.head();
        await peer.write(masked("88 02 | 03 e8"));
        await peer.expect("88 02 03 e8");
        peer.reset();
      }
      await recorder.until("close", 5);
      assert.deepEqual(recorder.closes.map(closeWords), Array(5).fill("close 1000 clean"));
      assert.ok(recorder.closes.every((event) => !("cause" in event)));
      assert.deepEqual(recorder.errors, []);
    },
  },
  {
    name: "a peer that resets TCP in the middle: 1006 with the cause, and no error",
    needs: ["tcp"],
    async run(scene) {
      const recorder = new Recorder({ message: (socket) => void socket.send("answer") });
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      await peer.write(masked("81 01 | 'x'"));
      await peer.expect("81 06 'answer'");
      peer.reset();
      assert.equal(await recorder.closed(), "close 1006");
      assert.deepEqual(recorder.errors, []);
    },
  },
  {
    name: "a client closes with code and reason, and both sides know (section 7.1.4)",
    async run(scene) {
      const theirs = new Recorder();
      const server = await scene.serve({}, theirs);
      const ours = new Recorder();
      const socket = await scene.connect(server.url, {}, ours);
      assert.equal(socket.state, "open");
      socket.close(3001, "bye €");
      assert.equal(socket.state, "closing");
      await onlyClose(theirs, 'close 3001 "bye €" clean');
      // The echo has the code alone.
      await onlyClose(ours, "close 3001 clean");
      assert.equal(server.connections.size, 0);
    },
  },
  {
    name: "a server closes with code and reason, and both sides know (section 7.1.4)",
    async run(scene) {
      const theirs = new Recorder({ open: (socket) => socket.close(1000, "enough") });
      const server = await scene.serve({}, theirs);
      const ours = new Recorder();
      await scene.connect(server.url, {}, ours);
      await onlyClose(ours, 'close 1000 "enough" clean');
      await onlyClose(theirs, "close 1000 clean");
    },
  },
  {
    name: "a Close is echoed, then the server ends TCP first (section 7.1.1)",
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      await peer.write(masked("88 05 | 03 e8 'bye'", "81 01 | 'x'"));
      await peer.expect("88 02 03 e8");
      await peer.fin();
      assert.equal(recorder.count("close"), 0, "TCP is not over yet");
      peer.end();
      await onlyClose(recorder, 'close 1000 "bye" clean');
      assert.deepEqual(recorder.log, ["open", 'close 1000 "bye" clean']);
    },
  },
  {
    name: "a client waits for the server to end TCP (section 7.1.1)",
    async run(scene) {
      const raw = await scene.wsServer();
      const recorder = new Recorder();
      const socket = await scene.connect(raw.url, {}, recorder);
      const [peer] = raw.peers;
      assert.ok(peer);
      socket.close(1000);
      await peer.frames(1);
      await peer.write(unmasked("88 02 | 03 e8"));
      await turns(20);
      assert.equal(peer.ended, false);
      assert.equal(recorder.count("close"), 0);
      peer.end();
      await peer.fin();
      await onlyClose(recorder, "close 1000 clean");
    },
  },
  {
    name: "a Close without a body is answered by one, and reported as 1005 (section 7.1.5)",
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      await peer.write(masked("88 00 |"));
      await peer.expect("88 00");
      await peer.fin();
      peer.end();
      await onlyClose(recorder, "close 1005 clean");
    },
  },
  {
    name: "close() without a code sends a Close without a body",
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      recorder.socket.close();
      await peer.expect("88 00");
      await peer.write(masked("88 00 |"));
      await peer.fin();
      peer.end();
      await onlyClose(recorder, "close 1005 clean");
    },
  },
  {
    name: "two Closes that cross are one closing handshake (section 7.1.2)",
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      recorder.socket.close(4001);
      await peer.write(masked("88 02 | 0f a2"));
      await peer.expect("88 02 0f a1");
      await peer.fin();
      peer.end();
      await onlyClose(recorder, "close 4002 clean");
    },
  },
  {
    name: "messages come until the peer's Close, and none is sent after close()",
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      recorder.socket.send("last");
      recorder.socket.close(1000);
      recorder.socket.close(4000, "too late");
      assert.equal(recorder.socket.send("no"), "dropped");
      assert.equal(recorder.socket.sendFragment("no", true), "dropped");
      assert.equal(recorder.socket.ping(), "dropped");
      await peer.expect("81 04 'last' 88 02 03 e8");
      await peer.write(masked("81 01 | 'm'", "88 00 |", "81 01 | 'n'"));
      await peer.fin();
      peer.end();
      await onlyClose(recorder, "close 1005 clean");
      assert.deepEqual(recorder.log, ["open", 'text "m"', "close 1005 clean"]);
      assert.equal(recorder.socket.send("no"), "dropped");
    },
  },
  {
    name: "close codes and reasons that must not be sent throw, and change nothing (section 7.4)",
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      const { socket } = recorder;
      for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 1000.5, Number.NaN]) {
        assert.throws(() => socket.close(code), RangeError, String(code));
      }
      assert.throws(() => socket.close(1000, "x".repeat(124)), RangeError);
      assert.throws(() => socket.close(1000, "€".repeat(42)), RangeError);
      assert.throws(() => socket.close(undefined, "a reason alone"), TypeError);
      assert.equal(socket.state, "open");
      socket.close(1000, "€".repeat(41));
      await peer.expect(`88 7d 03 e8 ${"e2 82 ac ".repeat(41)}`);
    },
  },
  {
    name: "TCP that ends without a Close is 1006, once (section 7.1.5)",
    needs: ["tcp"],
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      await peer.write(masked("81 05 | 'part'"));
      peer.end();
      await onlyClose(recorder, "close 1006");
      await peer.fin();
    },
  },
  {
    name: "TCP that is reset is 1006, once, and the error handler knows why",
    needs: ["tcp"],
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      peer.reset();
      await onlyClose(recorder, "close 1006");
      assert.ok(recorder.count("error") <= 1);
    },
  },
  {
    name: "TCP that is reset while much waits to be written is 1006, once",
    needs: ["tcp"],
    async run(scene) {
      const { peer, recorder } = await pair(scene, { backpressure: "queue" });
      peer.stopReading();
      for (let i = 0; i < 16; i++) recorder.socket.send(new Uint8Array(1 << 20));
      assert.ok(recorder.socket.bufferedAmount > 0);
      peer.reset();
      await onlyClose(recorder, "close 1006");
      assert.equal(recorder.socket.bufferedAmount, 0);
    },
  },
  {
    name: "a server that ends TCP without a Close is 1006 for a client",
    async run(scene) {
      const raw = await scene.wsServer((peer) => peer.end());
      const recorder = new Recorder();
      await scene.connect(raw.url, {}, recorder);
      await onlyClose(recorder, "close 1006");
      await raw.peers[0]?.fin();
    },
  },
  {
    name: "a peer that sends its Close and its FIN at once gets the echo",
    needs: ["tcp"],
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      await peer.write(masked("88 02 | 03 e9"));
      peer.end();
      await peer.expect("88 02 03 e9");
      await peer.fin();
      await onlyClose(recorder, "close 1001 clean");
    },
  },
  {
    name: "terminate() ends TCP at once, without a Close",
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      recorder.socket.send("never flushed");
      recorder.socket.terminate();
      assert.equal(recorder.socket.send("no"), "dropped");
      assert.equal(recorder.socket.bufferedAmount, 0);
      await onlyClose(recorder, "close 1006");
      await peer.gone();
      assert.equal(peer.byteLength, 0);
      recorder.socket.terminate();
      recorder.socket.close();
    },
  },
  {
    name: "a peer that never answers a Close is given up after the close time-out (section 7.1.1)",
    async run(scene) {
      const { peer, recorder } = await pair(scene, { timeouts: { closeMs: 100 } });
      recorder.socket.close(1000);
      await peer.expect("88 02 03 e8");
      await onlyClose(recorder, "close 1006");
      await peer.gone();
    },
  },
  {
    name: "a peer that never ends TCP is given up after the close time-out, the handshake still clean",
    needs: ["tcp"],
    async run(scene) {
      const { peer, recorder } = await pair(scene, { timeouts: { closeMs: 100 } });
      await peer.write(masked("88 02 | 03 e8"));
      await peer.expect("88 02 03 e8");
      await onlyClose(recorder, "close 1000 clean");
      await peer.gone();
    },
  },
  {
    name: "a server that never ends TCP is given up by a client after the close time-out",
    async run(scene) {
      const raw = await scene.wsServer(async (peer) => {
        await peer.frames(1);
        await peer.write(unmasked("88 02 | 03 e8"));
      });
      const recorder = new Recorder();
      const socket = await scene.connect(raw.url, { timeouts: { closeMs: 100 } }, recorder);
      socket.close(1000);
      await onlyClose(recorder, "close 1000 clean");
      await raw.peers[0]?.gone();
    },
  },
  {
    name: "a peer that keeps sending after its Close is not listened to, and given up",
    needs: ["tcp"],
    async run(scene) {
      const { peer, recorder } = await pair(scene, { timeouts: { closeMs: 100 } });
      await peer.write(masked("88 00 |"));
      for (let i = 0; i < 100 && !peer.closed; i++) {
        await Promise.race([peer.write(masked("89 00 |", "81 01 | 'x'")), peer.gone()]);
      }
      await onlyClose(recorder, "close 1005 clean");
      assert.deepEqual(recorder.log, ["open", "close 1005 clean"]);
    },
  },
  {
    name: "what waits to be written leaves before the Close, also to a peer that reads late",
    async run(scene) {
      const { peer, recorder } = await pair(scene, { backpressure: "queue" });
      peer.stopReading();
      const payload = new Uint8Array(1 << 20).fill(0xaa);
      for (let i = 0; i < 12; i++) recorder.socket.send(payload);
      recorder.socket.close(1000);
      await turns(20);
      assert.ok(recorder.socket.bufferedAmount > 0);
      peer.read();
      const frames = await peer.frames(13);
      assert.equal(frames.at(-1)?.opcode, 8);
      assert.ok(frames.slice(0, 12).every((frame) => frame.payload.length === 1 << 20));
      await peer.write(masked("88 02 | 03 e8"));
      await peer.fin();
      peer.end();
      await onlyClose(recorder, "close 1000 clean");
    },
  },
  {
    name: "a paused socket still makes the closing handshake",
    needs: ["pause"],
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      recorder.socket.pause();
      recorder.socket.close(1000);
      await peer.expect("88 02 03 e8");
      await peer.write(masked("88 02 | 03 e8"));
      await peer.fin();
      peer.end();
      await onlyClose(recorder, "close 1000 clean");
    },
  },
];
