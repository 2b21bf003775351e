// Cases: closed and idle connections hold no sockets, timers or memory.
import assert from "node:assert/strict";
import { masked, type RawPeer, request } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case, Scene } from "../scene.js";
import { eventually } from "../until.js";

export const leftoverCases: readonly Case[] = [
  {
    name: "handshakes that are given up at any byte leave no socket and no memory behind",
    needs: ["tcp"],
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const head = request();
      const round = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i++) {
          const peer = await scene.lone(server);
          const cut = (i * 13) % head.length;
          if (cut > 0) await peer.write(head.slice(0, cut));
          if (i % 2 === 0) peer.reset();
          else peer.end();
          await peer.gone();
        }
        // Those of the case before may have been about to be closed.
        await eventually(() => scene.adapter.openSockets() <= before, "the sockets to be closed");
      };
      const before = scene.adapter.openSockets();
      await round(50);
      // A leak grows the heap in each round. Other growth, mainly compiled code, does not.
      let least = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 20 && least >= 150 * 100; i++) {
        const used = memoryUsed(scene);
        await round(150);
        least = Math.min(least, memoryUsed(scene) - used);
      }
      assert.ok(least < 150 * 100, `${least} bytes for 150 handshakes`);
      assert.deepEqual(recorder.log, []);
    },
  },
  {
    name: "connections that are idle after a message hold none of its memory",
    async run(scene) {
      let received = 0;
      const server = await scene.serve({}, { message: () => void received++ });
      const peers: RawPeer[] = [];
      for (let i = 0; i < 100; i++) peers.push(await scene.client(server));
      const message = masked("82 7e ea 60 | 05*60000", "89 04 | 01 02 03 04");
      scene.adapter.collectGarbage();
      const before = process.memoryUsage().arrayBuffers;
      for (const peer of peers) {
        await peer.write(message.subarray(0, 20_000));
        await peer.write(message.subarray(20_000));
        await peer.expect("8a 04 01 02 03 04");
      }
      assert.equal(received, 100);
      await eventually(
        () => {
          scene.adapter.collectGarbage();
          return process.memoryUsage().arrayBuffers - before < 100 * 2_048;
        },
        () => `little memory, not ${process.memoryUsage().arrayBuffers - before} bytes`,
      );
    },
  },
  {
    name: "when all is closed, no socket and no timer is left",
    async run(scene) {
      const before = scene.adapter.openSockets();
      const server = await scene.serve({}, {});
      const ours = new Recorder();
      const sockets = [];
      for (let i = 0; i < 5; i++) sockets.push(await scene.connect(server.url, {}, ours));
      await scene.client(server).then((peer) => peer.reset());
      assert.ok(scene.adapter.openSockets() > before);
      for (const socket of sockets) socket.close(1000);
      await ours.until("close", 5);
      await server.close();
      await eventually(() => scene.adapter.openSockets() <= before, "the sockets to be closed");
      const timers = (): number =>
        process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
      // The test runner has its own for this test, which is there before as after.
      const left = timers();
      const again = await scene.serve({}, {});
      await scene.connect(again.url, {}, ours);
      await again.close();
      await ours.until("close", 6);
      await eventually(() => timers() <= left, "the timers to be cleared");
    },
  },
];

function memoryUsed(scene: Scene): number {
  scene.adapter.collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
