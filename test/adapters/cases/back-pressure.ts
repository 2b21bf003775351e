// Cases: a peer that reads slowly or not at all, and each policy of back-pressure.
import assert from "node:assert/strict";
import type { SendResult, Socket } from "../../../src/adapter/socket/handlers.js";
import type { ListenOptions } from "../adapter.js";
import { masked, type RawPeer } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case, Scene } from "../scene.js";
import { eventually, turns } from "../until.js";

/** Messages of 1 KiB that the system takes of one write, even from a peer that has not read yet. */
const BURST = 700;
const CHUNK = new Uint8Array(256 << 10).fill(0xaa);

/** A socket whose peer reads nothing. */
async function stuck(
  scene: Scene,
  options: ListenOptions = {},
  recorder = new Recorder(),
): Promise<{ peer: RawPeer; recorder: Recorder; socket: Socket }> {
  const server = await scene.serve(options, recorder);
  const peer = await scene.client(server);
  peer.stopReading();
  return { peer, recorder, socket: recorder.socket };
}

/** Sends until the operating system takes no more. @returns how often, and what the calls said */
async function fill(socket: Socket, least: number): Promise<SendResult[]> {
  const results: SendResult[] = [];
  while (socket.bufferedAmount < least && results.length < 400) {
    results.push(socket.send(CHUNK));
    await turns(1);
  }
  return results;
}

/** Sends until it is told that something was dropped. @returns what the calls said */
async function untilDropped(send: () => SendResult): Promise<SendResult[]> {
  const results: SendResult[] = [];
  while (results.at(-1) !== "dropped" && results.length < 400) {
    results.push(send());
    await turns(1);
  }
  return results;
}

export const backPressureCases: readonly Case[] = [
  {
    name: "a slow reader is seen in what send() says and in bufferedAmount, and drain ends it",
    async run(scene) {
      const { peer, recorder, socket } = await stuck(scene, { limits: { maxBackpressureBytes: 1 << 30 } });
      assert.equal(socket.send("small"), "sent");
      assert.equal(socket.bufferedAmount, 7, "it leaves at the end of the tick");
      await turns();
      assert.equal(socket.bufferedAmount, 0);
      const results = await fill(socket, 4 << 20);
      assert.equal(results.at(-1), "buffered");
      const drains = recorder.count("drain");
      const buffered = socket.bufferedAmount;
      assert.ok(buffered >= 4 << 20);
      socket.send("more");
      assert.equal(socket.bufferedAmount, buffered + 6);
      await turns();
      assert.equal(recorder.count("drain"), drains, "not before it was read");
      peer.read();
      await recorder.until("drain", drains + 1);
      await eventually(() => socket.bufferedAmount === 0, "all to be taken");
      const frames = await peer.frames(results.length + 2);
      assert.equal(frames.length, results.length + 2);
    },
  },
  {
    name: "drain may send more, and comes again",
    async run(scene) {
      let rounds = 0;
      const recorder = new Recorder({
        drain(socket) {
          if (++rounds > 5) return;
          while (socket.send(CHUNK) === "sent");
        },
      });
      const { peer, socket } = await stuck(scene, { limits: { maxBackpressureBytes: 1 << 30 } }, recorder);
      const sent = await fill(socket, 1 << 20);
      peer.read();
      await recorder.until("drain", 6);
      await peer.frames(sent.length + 5);
    },
  },
  {
    name: "backpressure limit, policy close: the connection fails with 1013",
    async run(scene) {
      const options = { limits: { maxBackpressureBytes: 1 << 20 }, timeouts: { closeMs: 5_000 } };
      const { peer, recorder, socket } = await stuck(scene, options);
      const results = await untilDropped(() => socket.send(CHUNK));
      assert.equal(results.at(-1), "dropped");
      assert.ok(socket.bufferedAmount <= (1 << 20) + CHUNK.length + 200);
      assert.equal(socket.state, "closing");
      assert.equal(socket.send("more"), "dropped");
      peer.read();
      const frames = await peer.frames(results.length);
      assert.equal(frames.at(-1)?.opcode, 8);
      assert.equal(
        Buffer.from(frames.at(-1)?.payload ?? []).toString("latin1"),
        "\x03\xf5backpressure limit reached",
      );
      await peer.fin();
      peer.end();
      assert.equal(await recorder.closed(), "close 1006 BACKPRESSURE");
    },
  },
  {
    name: "backpressure limit, policy drop: messages are dropped until there is room",
    async run(scene) {
      const { peer, recorder, socket } = await stuck(scene, {
        backpressure: "drop",
        limits: { maxBackpressureBytes: 1 << 20 },
      });
      const results = await untilDropped(() => socket.send(CHUNK));
      assert.equal(socket.state, "open");
      assert.equal(socket.ping(), "dropped");
      peer.read();
      await recorder.until("drain");
      await eventually(() => socket.bufferedAmount === 0, "all to be taken");
      assert.notEqual(socket.send("again"), "dropped");
      const frames = await peer.frames(results.length);
      assert.equal(Buffer.from(frames.at(-1)?.payload ?? []).toString(), "again");
      assert.ok(frames.slice(0, -1).every((frame) => frame.payload.length === CHUNK.length));
    },
  },
  {
    name: "backpressure limit, policy queue: everything is queued",
    async run(scene) {
      const { peer, socket } = await stuck(scene, {
        backpressure: "queue",
        limits: { maxBackpressureBytes: 1024 },
      });
      for (let i = 0; i < 40; i++) assert.notEqual(socket.send(CHUNK), "dropped");
      assert.ok(socket.bufferedAmount > 1 << 20);
      peer.read();
      await peer.frames(40);
      assert.equal(socket.state, "open");
    },
  },
  {
    name: "a fragmented message is not dropped from its middle: over the limit the connection fails",
    async run(scene) {
      const { peer, recorder, socket } = await stuck(scene, {
        backpressure: "drop",
        limits: { maxBackpressureBytes: 1 << 20 },
      });
      const results = await untilDropped(() => socket.sendFragment("x".repeat(1 << 18), false));
      assert.equal(results.at(-1), "dropped");
      assert.equal(socket.state, "closing");
      assert.ok(socket.bufferedAmount <= (1 << 20) + (1 << 18) + 200);
      peer.read();
      const frames = await peer.frames(results.length);
      assert.equal(frames.at(-1)?.opcode, 8);
      peer.end();
      assert.equal(await recorder.closed(), "close 1006 BACKPRESSURE");
    },
  },
  {
    name: "a burst in one turn to a peer that reads is no backpressure",
    async run(scene) {
      const recorder = new Recorder({
        open(socket) {
          for (let i = 0; i < BURST; i++) assert.notEqual(socket.send(CHUNK.subarray(0, 1_024)), "dropped");
        },
        message(socket) {
          for (let i = 0; i < BURST; i++) assert.notEqual(socket.send(CHUNK.subarray(0, 1_024)), "dropped");
        },
      });
      // Far less than a burst, far more than the system leaves unread of a peer that reads.
      const server = await scene.serve({ limits: { maxBackpressureBytes: 128 << 10 } }, recorder);
      const peer = await scene.client(server);
      await peer.frames(BURST);
      await peer.write(masked("81 00 |"));
      const frames = await peer.frames(BURST);
      assert.ok(frames.every((frame) => frame.payload.length === 1_024));
      assert.equal(recorder.socket.state, "open");
    },
  },
  {
    name: "8 MB in one turn to a peer that reads: all of it arrives, whatever the backpressure limit is",
    async run(scene) {
      const message = CHUNK.subarray(0, 10_000);
      const burst = (socket: Socket): void => {
        for (let i = 0; i < 800; i++) assert.notEqual(socket.send(message), "dropped");
      };
      const recorder = new Recorder({ message: burst });
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      // From a handler, and from anywhere else.
      await peer.write(masked("81 00 |"));
      await peer.frames(800);
      burst(recorder.socket);
      const frames = await peer.frames(800);
      assert.ok(frames.every((frame) => frame.payload.length === message.length));
      assert.equal(recorder.socket.state, "open");
    },
  },
  {
    name: "a burst is no backpressure, but what is sent behind one that is not read is",
    async run(scene) {
      const options = { limits: { maxBackpressureBytes: 1 << 20 } };
      const { recorder, socket } = await stuck(scene, options);
      for (let i = 0; i < 40; i++) assert.notEqual(socket.send(CHUNK), "dropped");
      await turns(3);
      const burst = socket.bufferedAmount;
      assert.ok(burst > 4 << 20, `${burst} bytes`);
      const results = await untilDropped(() => socket.send(CHUNK));
      assert.ok(socket.bufferedAmount <= burst + (1 << 20) + CHUNK.length + 200);
      assert.equal(results.at(-1), "dropped");
      assert.equal(socket.state, "closing");
      assert.equal(recorder.errors.length, 0);
    },
  },
  {
    name: "a burst without end is backpressure at 16 times the limit",
    async run(scene) {
      const { socket } = await stuck(scene, {
        backpressure: "drop",
        limits: { maxBackpressureBytes: 1 << 20 },
      });
      let sent = 0;
      while (socket.send(CHUNK) !== "dropped") sent++;
      assert.ok(socket.bufferedAmount <= (16 << 20) + CHUNK.length + 200);
      assert.ok(sent >= 60, `${sent} were sent`);
    },
  },
  {
    name: "what was queued leaves before the end, when a peer closes and ends its side",
    async run(scene) {
      const { peer, recorder, socket } = await stuck(scene, { limits: { maxBackpressureBytes: 1 << 30 } });
      const sent = await fill(socket, 4 << 20);
      await peer.write(masked("88 02 | 03 e8"));
      peer.end();
      await eventually(() => socket.state !== "open", "the Close frame to be read");
      peer.read();
      const frames = await peer.frames(sent.length + 1);
      assert.equal(frames.at(-1)?.opcode, 8);
      await peer.fin();
      assert.equal(await recorder.closed(), "close 1000 clean");
    },
  },
  {
    name: "pings to a server whose answers are not read cost 1 KiB of pongs, and then the newest alone (section 5.5.3)",
    async run(scene) {
      const { peer, recorder, socket } = await stuck(scene, { limits: { maxBackpressureBytes: 1 << 30 } });
      await fill(socket, 1 << 20);
      const before = socket.bufferedAmount;
      let most = 0;
      const pings = masked(...Array.from({ length: 2_000 }, () => "89 7d | 50*125"));
      for (let i = 0; i < 12; i++) {
        await peer.write(pings);
        most = Math.max(most, socket.bufferedAmount - before);
      }
      await peer.write(masked("89 01 | 'n'"));
      await recorder.until("ping", 24_001);
      assert.ok(most <= 1024, `${most} bytes more than before 3 MB of pings`);
      assert.ok(socket.bufferedAmount - before <= 1024);
      peer.read();
      await eventually(() => socket.bufferedAmount === 0, "all to be taken");
      await peer.write(masked("81 00 |"));
      await recorder.until("message");
      await eventually(() => peer.bytes.subarray(-3).join() === "138,1,110", "the newest ping's pong");
    },
  },
  {
    name: "pings to a server that sends nothing else, from a peer that never reads, pile up nothing",
    async run(scene) {
      const { peer, recorder, socket } = await stuck(scene);
      const pings = masked(...Array.from({ length: 2_000 }, () => "89 7d | 50*125"));
      let most = 0;
      for (let i = 0; i < 12; i++) {
        await peer.write(pings);
        most = Math.max(most, socket.bufferedAmount);
      }
      await recorder.until("ping", 24_000);
      assert.ok(most <= 1024, `${most} bytes`);
    },
  },
  {
    name: "pause() makes the peer wait, resume() lets it go on",
    needs: ["pause"],
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      const { socket } = recorder;
      socket.pause();
      const message = masked(`82 7f 00 00 00 00 00 01 00 00 | ${"00"}*65536`);
      let taken = 0;
      for (let i = 0; i < 400; i++) void peer.write(message).then(() => taken++);
      await turns(100);
      assert.ok(recorder.count("message") <= 2, `${recorder.count("message")} came while paused`);
      assert.ok(taken < 400);
      assert.notEqual(socket.send("still writes"), "dropped");
      await peer.expect("81 0c 'still writes'");
      socket.resume();
      await recorder.until("message", 400);
    },
  },
  {
    name: "pause() in a handler: the messages of the same read still come, later ones do not",
    needs: ["pause"],
    async run(scene) {
      const recorder = new Recorder({ message: (socket, data) => void (data === "stop" && socket.pause()) });
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      await peer.write(masked("81 04 | 'stop'", "81 01 | 'a'"));
      await recorder.until("message", 2);
      await peer.write(masked("81 01 | 'b'"));
      await turns(20);
      assert.equal(recorder.count("message"), 2);
      recorder.socket.resume();
      await recorder.until("message", 3);
      assert.deepEqual(recorder.messages, ["stop", "a", "b"]);
    },
  },
  {
    name: "pause() from open() on holds, also for frames behind the request",
    needs: ["pause"],
    async run(scene) {
      const recorder = new Recorder({ open: (socket) => socket.pause() });
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      await peer.write(masked("81 01 | 'b'"));
      await turns(20);
      assert.equal(recorder.count("message"), 0);
      recorder.socket.resume();
      await recorder.until("message");
    },
  },
];
