// What people report of other libraries' messages and output in public, tried on this one: docs/evidence.md has where.
import assert from "node:assert/strict";
import type { Socket } from "../../../src/adapter/socket/handlers.js";
import { masked, type RawPeer } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case } from "../scene.js";
import { turns } from "../until.js";
import { pair } from "./pair.js";

const CHUNK = new Uint8Array(256 << 10).fill(0xaa);
const ROOMY = { maxBackpressureBytes: 1 << 30 };
const TIGHT = { maxBackpressureBytes: 1 << 20 };

/** Sends until a call says so. @returns how many messages were taken */
async function sendUntil(socket: Socket, end: "buffered" | "dropped"): Promise<number> {
  for (let taken = 0; taken < 400; taken++) {
    const result = socket.send(CHUNK);
    if (result === end) return end === "dropped" ? taken : taken + 1;
    await turns(1);
  }
  throw new Error(`no call says ${end}`);
}

/** Strings that are no text, with what goes out for them: U+FFFD for each half of a pair. */
const TORN: readonly (readonly [string, string])[] = [
  ["\ud800", "\ufffd"],
  ["a\udc00b", "a\ufffdb"],
  ["\udc00\ud800", "\ufffd\ufffd"],
  ["é\ud83d", "é\ufffd"],
  [`${"x".repeat(70_000)}\ud83d`, `${"x".repeat(70_000)}\ufffd`],
];

export const fieldOutputCases: readonly Case[] = [
  {
    name: "drain comes also where a read sends what waited",
    async run(scene) {
      const recorder = new Recorder({ message: (socket) => void socket.send("small") });
      const server = await scene.serve({ limits: ROOMY }, recorder);
      const peer = await scene.client(server);
      for (let round = 0; round < 10; round++) {
        peer.stopReading();
        const taken = await sendUntil(recorder.socket, "buffered");
        const owed = recorder.count("drain") + 1;
        peer.read();
        for (let i = 0; i < 5; i++) await peer.write(masked("81 01 | 'x'"));
        await recorder.until("drain", owed);
        await peer.frames(taken + 5);
      }
    },
  },
  {
    name: "after the message that was one too many, nothing but the Close leaves, however much room there is",
    async run(scene) {
      const { peer, recorder } = await pair(scene, { limits: TIGHT });
      peer.stopReading();
      const taken = await sendUntil(recorder.socket, "dropped");
      peer.read();
      for (let i = 0; i < 20; i++) {
        assert.equal(recorder.socket.send("late"), "dropped");
        await turns(1);
      }
      const frames = await peer.frames(taken + 1);
      assert.deepEqual(
        frames.map((frame) => frame.opcode),
        [...new Array(taken).fill(2), 8],
      );
      await peer.fin();
    },
  },
  {
    name: "a ping gets its pong also where messages are dropped",
    async run(scene) {
      const { peer, recorder } = await pair(scene, { backpressure: "drop", limits: TIGHT });
      peer.stopReading();
      const taken = await sendUntil(recorder.socket, "dropped");
      await peer.write(masked("89 02 | 'hi'"));
      await recorder.until("ping");
      peer.read();
      const frames = await peer.frames(taken + 1);
      assert.equal(frames.at(-1)?.opcode, 10);
      assert.equal(Buffer.from(frames.at(-1)?.payload ?? []).toString(), "hi");
    },
  },
  {
    name: "a broadcast that closes slow readers on its way reaches all the others",
    async run(scene) {
      const opened: Socket[] = [];
      const recorder = new Recorder({ open: (socket) => void opened.push(socket) });
      const server = await scene.serve({ limits: TIGHT }, recorder);
      const peers: RawPeer[] = [];
      for (let i = 0; i < 6; i++) peers.push(await scene.client(server));
      await recorder.until("open", 6);
      for (const [i, peer] of peers.entries()) {
        if (i % 2 === 0) peer.stopReading();
      }
      const healthy = opened.filter((_, i) => i % 2 === 1);
      for (let i = 0; i < 400 && server.broadcast(CHUNK) > 3; i++) {
        await scene.eventually(
          () => healthy.every((socket) => socket.bufferedAmount === 0),
          "all to be read",
        );
      }
      assert.equal(server.broadcast("last"), 3);
      for (const [i, socket] of opened.entries()) {
        assert.equal(socket.state, i % 2 === 0 ? "closing" : "open");
        if (i % 2 === 1) await scene.eventually(() => peers[i]?.text.endsWith("\x81\x04last") === true, "it");
      }
    },
  },
  ...TORN.map(
    ([torn, whole]): Case => ({
      name: `half of a surrogate pair is sent as U+FFFD: ${JSON.stringify(torn.slice(-3))} of ${torn.length}`,
      async run(scene) {
        const { server, recorder } = await scene.echo();
        const ours = new Recorder();
        const socket = await scene.connect(server.url, {}, ours);
        socket.send(torn);
        socket.sendFragment(torn, false);
        socket.sendFragment("", true);
        await ours.until("message", 2);
        server.broadcast(torn);
        await ours.until("message", 3);
        assert.deepEqual(ours.messages, [whole, whole, whole]);
        if (torn.length < 40) socket.close(1000, torn);
        else socket.close();
        await recorder.closed();
        assert.equal(recorder.closes[0]?.reason, torn.length < 40 ? whole : "");
        assert.equal(recorder.closes[0]?.wasClean, true);
      },
    }),
  ),
  ...(["text", "binary"] as const).map(
    (type): Case => ({
      name: `empty ${type} messages arrive, each, however they are cut`,
      async run(scene) {
        const { server, recorder } = await scene.echo();
        const peer = await scene.client(server);
        const code = type === "text" ? "81" : "82";
        await peer.write(masked(`${code} 00 |`, `${code} 00 |`));
        for (const byte of masked(`${code} 00 |`, `0${code[1]} 00 |`, "00 00 |", "80 00 |", `${code} 00 |`)) {
          await peer.write(Uint8Array.of(byte));
        }
        await peer.expect(`${code} 00 `.repeat(5));
        assert.equal(recorder.count("message"), 5);
        const ours = new Recorder();
        const socket = await scene.connect(server.url, {}, ours);
        socket.send(type === "text" ? "" : new Uint8Array(0));
        await ours.until("message");
        assert.equal(ours.messages[0]?.length, 0);
      },
    }),
  ),
];
