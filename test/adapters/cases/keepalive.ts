// Cases: pings to a silent peer, and the end of a connection whose peer stays silent.
import assert from "node:assert/strict";
import { masked } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case } from "../scene.js";
import { onlyClose, pair } from "./pair.js";

export const keepaliveCases: readonly Case[] = [
  {
    name: "silence is answered by a ping, a second silence by the end (keepalive)",
    async run(scene) {
      const { peer, recorder } = await pair(scene, { timeouts: { pingIntervalMs: 100, pingTimeoutMs: 100 } });
      await peer.expect("89 00");
      assert.equal(recorder.count("close"), 0);
      await onlyClose(recorder, "close 1006");
      await peer.gone();
    },
  },
  {
    name: "a pong, or anything else, shows that the peer is alive (keepalive)",
    async run(scene) {
      const { peer, recorder } = await pair(scene, { timeouts: { pingIntervalMs: 100, pingTimeoutMs: 400 } });
      await peer.expect("89 00");
      await peer.write(masked("8a 00 |"));
      await peer.expect("89 00");
      await peer.write(masked("81 01 | 'x'"));
      await peer.expect("89 00");
      assert.equal(recorder.count("close"), 0);
      assert.deepEqual(recorder.log, ["open", "pong", 'text "x"']);
    },
  },
  {
    name: "a peer that is heard from is not pinged (keepalive)",
    async run(scene) {
      const { peer, recorder } = await pair(scene, { timeouts: { pingIntervalMs: 200 } });
      const silent = await pair(scene, { timeouts: { pingIntervalMs: 200 } });
      const talk = setInterval(() => void peer.write(masked("8a 00 |")), 10);
      scene.after(() => clearInterval(talk));
      for (let i = 0; i < 3; i++) {
        await silent.peer.expect("89 00");
        await silent.peer.write(masked("8a 00 |"));
      }
      assert.equal(peer.byteLength, 0);
      assert.ok(recorder.count("pong") > 0);
    },
  },
  {
    name: "a client keeps its connection alive, too",
    async run(scene) {
      const raw = await scene.wsServer();
      const recorder = new Recorder();
      await scene.connect(raw.url, { timeouts: { pingIntervalMs: 100, pingTimeoutMs: 100 } }, recorder);
      const [ping] = (await raw.peers[0]?.frames(1)) ?? [];
      assert.equal(ping?.opcode, 9);
      await onlyClose(recorder, "close 1006");
    },
  },
  {
    name: "a paused socket is not given up for its silence",
    needs: ["pause"],
    async run(scene) {
      const { peer, recorder } = await pair(scene, { timeouts: { pingIntervalMs: 40, pingTimeoutMs: 40 } });
      const other = await pair(scene, { timeouts: { pingIntervalMs: 150, pingTimeoutMs: 150 } });
      recorder.socket.pause();
      // By then the paused one has been silent for more than both of its times.
      await other.recorder.closed();
      assert.equal(recorder.count("close"), 0);
      recorder.socket.resume();
      await peer.frames(1);
      await peer.write(masked("8a 00 |"));
      await recorder.until("pong");
    },
  },
];
