// Pongs stand where their pings stood, among the answers to messages.
import assert from "node:assert/strict";
import { concat, hex } from "../../support/hex.js";
import { masked } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case } from "../scene.js";

export const pingCases: readonly Case[] = [
  {
    name: "a ping may be a string, of at most 125 bytes in UTF-8 (section 5.5)",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      const { socket } = recorder;
      socket.ping("é");
      socket.ping("");
      for (const long of ["x".repeat(126), "é".repeat(63)]) {
        assert.throws(() => socket.ping(long), RangeError);
      }
      await peer.expect("89 02 c3 a9  89 00");
      assert.equal(socket.bufferedAmount, 0);
    },
  },
  {
    name: "with autoPong: false the application answers pings, or does not; keepalive goes on (section 5.5.2)",
    async run(scene) {
      const recorder = new Recorder({
        ping: (socket, payload) => {
          if (payload.length < 2) socket.pong(payload);
        },
      });
      const timeouts = { pingIntervalMs: 100 };
      const server = await scene.serve({ autoPong: false, timeouts }, recorder);
      const peer = await scene.client(server);
      await peer.write(masked("89 01 | 01", "89 02 | 01 02", "89 00 |"));
      await peer.expect("8a 01 01  8a 00");
      recorder.socket.pong("é");
      await peer.expect("8a 02 c3 a9");
      assert.throws(() => recorder.socket.pong("x".repeat(126)), RangeError);
      assert.equal(recorder.count("ping"), 3);
      // The keepalive's own ping.
      await peer.expect("89 00");
      recorder.socket.close();
      assert.equal(recorder.socket.pong(), "dropped");
    },
  },
  {
    name: "each of ten pings in one write has its pong, in its place among the answers (section 5.5.3)",
    async run(scene) {
      const { server, recorder } = await scene.echo();
      const peer = await scene.client(server);
      const numbers = Array.from({ length: 10 }, (_, i) => `0${i}`);
      await peer.write(masked(...numbers.flatMap((byte) => [`82 01 | ${byte}`, `89 01 | ${byte}`])));
      await peer.expect(numbers.map((byte) => `82 01 ${byte} 8a 01 ${byte}`).join(" "));
      // And without messages between them.
      await peer.write(masked(...numbers.map((byte) => `89 7d | ${byte}*64 ff*61`).slice(0, 8)));
      await peer.expect(
        numbers
          .map((byte) => `8a 7d ${byte}*64 ff*61`)
          .slice(0, 8)
          .join(" "),
      );
      assert.equal(recorder.count("ping"), 18);
    },
  },
  {
    name: "a pong leaves before what the ping's handler sends, and both before a Close behind them",
    async run(scene) {
      const recorder = new Recorder({ ping: (socket, payload) => void socket.send(payload) });
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      await peer.write(masked("89 01 | 01", "89 01 | 02", "88 02 | 03 e8"));
      await peer.expect("8a 01 01  82 01 01  8a 01 02  82 01 02  88 02 03 e8");
    },
  },
  {
    name: "a pong stands between the answers where the ping did, before a frame that breaks a rule",
    async run(scene) {
      const { server } = await scene.echo();
      const peer = await scene.client(server);
      await peer.write(
        concat([masked("81 01 | 'a'", "89 01 | 01", "81 01 | 'b'"), hex("83 80 00 00 00 00")]),
      );
      await peer.expect("81 01 'a'  8a 01 01  81 01 'b'  88 02 03 ea");
    },
  },
  {
    name: "of many pings in one write the first and the newest have their pongs, in order (section 5.5.3)",
    async run(scene) {
      const { server, recorder } = await scene.echo();
      const peer = await scene.client(server);
      const pings = Array.from({ length: 100 }, (_, i) => `89 7d | ${i.toString(16).padStart(2, "0")}*125`);
      await peer.write(masked(...pings, "88 02 | 03 e8"));
      const pongs: number[] = [];
      for (;;) {
        const [frame] = await peer.frames(1);
        if (frame?.opcode !== 10) break;
        pongs.push(frame.payload[0] ?? -1);
      }
      assert.equal(recorder.count("ping"), 100);
      assert.deepEqual(pongs.slice(0, 8), [0, 1, 2, 3, 4, 5, 6, 7]);
      assert.deepEqual(
        pongs,
        [...pongs].sort((a, b) => a - b),
      );
      assert.equal(pongs.at(-1), 99);
    },
  },
];
