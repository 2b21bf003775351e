// A connection that sends as much as it can must leave the others their turns.
import assert from "node:assert/strict";
import { masked, type RawPeer } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case, Scene } from "../scene.js";

/** More messages than a connection may have handled in one turn, however fast the machine is. */
const MANY = 60_000;

/** Messages of one byte, in one piece: their bytes count up. */
function flood(count: number): Uint8Array {
  const one = masked("82 01 | 00");
  const all = new Uint8Array(count * one.length);
  for (let i = 0; i < count; i++) {
    all.set(one, i * one.length);
    // The key of the raw peer's masks stays as it is.
    all[(i + 1) * one.length - 1] = (one.at(-1) ?? 0) ^ (i & 0xff);
  }
  return all;
}

/** Keeps a handler busy for so many microseconds. */
function spin(microseconds: number): void {
  const end = performance.now() + microseconds / 1_000;
  while (performance.now() < end);
}

async function flooder(scene: Scene, handle: () => void): Promise<{ peer: RawPeer; recorder: Recorder }> {
  const recorder = new Recorder({ message: handle });
  const server = await scene.serve({}, recorder);
  return { peer: await scene.client(server), recorder };
}

export const fairTurnCases: readonly Case[] = [
  {
    name: "a flood of messages is handled in many turns of the event loop, whole and in order",
    async run(scene) {
      let since = 0;
      let most = 0;
      const tick = (): void => {
        most = Math.max(most, since);
        since = 0;
        if (recorder.count("message") < MANY) setImmediate(tick);
      };
      const { peer, recorder } = await flooder(scene, () => {
        since++;
        spin(2);
      });
      setImmediate(tick);
      await peer.write(flood(MANY));
      await recorder.until("message", MANY);
      const bytes = recorder.messages.map((data) => (typeof data === "string" ? -1 : data[0]));
      assert.ok(bytes.every((byte, i) => byte === (i & 0xff)));
      // A read of the whole window has 37,449 of them, and the system would read up to 32 times in a row.
      assert.ok(most < 20_000, `${most} messages in one turn`);
    },
  },
  {
    name: "a connection that floods leaves the others their turns",
    async run(scene) {
      const served: string[] = [];
      const recorder = new Recorder({
        message(socket, data) {
          if (data === "polite") {
            served.push("polite");
            socket.send("served");
          } else {
            spin(2);
            served.push("flood");
          }
        },
      });
      const server = await scene.serve({}, recorder);
      const loud = await scene.client(server);
      const polite = await scene.client(server);
      const all = loud.write(flood(MANY));
      await recorder.until("message");
      await polite.write(masked("81 06 | 'polite'"));
      await polite.expect("81 06 'served'");
      assert.ok(served.indexOf("polite") < MANY - 1, "the polite client waited for all of the flood");
      await all;
      await recorder.until("message", MANY + 1);
    },
  },
  {
    name: "the end of a connection that floods comes behind its last message",
    needs: ["tcp"],
    async run(scene) {
      const { peer, recorder } = await flooder(scene, () => spin(2));
      await peer.write(flood(40_000), masked("88 02 | 03 e8"));
      peer.end();
      assert.equal(await recorder.closed(), "close 1000 clean");
      assert.equal(recorder.count("message"), 40_000);
    },
  },
  {
    name: "terminate() in the middle of a flood drops what waits for its turn",
    async run(scene) {
      const recorder = new Recorder({
        message(socket) {
          spin(2);
          if (recorder.count("message") === 5_000) socket.terminate();
        },
      });
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      void peer.write(flood(40_000)).catch(() => {});
      await recorder.until("close");
      assert.equal(recorder.count("message"), 5_000);
    },
  },
  {
    name: "pause() in the middle of a flood holds, and resume() goes on",
    needs: ["pause"],
    async run(scene) {
      const recorder = new Recorder({
        message(socket) {
          if (recorder.count("message") === 1_000) socket.pause();
        },
      });
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      void peer.write(flood(MANY));
      await recorder.until("message", 1_000);
      await scene.eventually(() => recorder.socket.state === "open", "an open socket");
      recorder.socket.resume();
      await recorder.until("message", MANY);
    },
  },
];
