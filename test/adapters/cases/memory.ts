// Cases: payloads whose memory is transferred or collected while it waits to be written.
import assert from "node:assert/strict";
import { frame, KEY } from "../../support/frame.js";
import { concat } from "../../support/hex.js";
import { Recorder } from "../recorder.js";
import type { Case } from "../scene.js";
import { turns, until } from "../until.js";

/** Long enough to go out as it is. */
const LONG = 100_000;

/** A frame as a client sends it. */
function client(opcode: number, payload: Uint8Array | string): Uint8Array {
  return frame({ opcode, mask: KEY, payload });
}

/** What takes the memory of a payload away from it, and keeps it alive elsewhere. */
const LOSSES: readonly { how: string; make(): { payload: Uint8Array; lose(): unknown } }[] = [
  {
    how: "transferred",
    make() {
      const payload = new Uint8Array(LONG).fill(1);
      return { payload, lose: () => structuredClone(payload.buffer, { transfer: [payload.buffer] }) };
    },
  },
  {
    how: "posted to another thread",
    make() {
      const payload = new Uint8Array(LONG).fill(1);
      return {
        payload,
        lose() {
          const { port1, port2 } = new MessageChannel();
          port1.postMessage(payload, [payload.buffer]);
          port1.close();
          port2.close();
        },
      };
    },
  },
  {
    how: "a WebAssembly.Memory's that grows",
    make() {
      const memory = new WebAssembly.Memory({ initial: 2, maximum: 3 });
      return { payload: new Uint8Array(memory.buffer, 8, LONG).fill(1), lose: () => memory.grow(1) };
    },
  },
];

const lost: readonly Case[] = LOSSES.map(({ how, make }) => ({
  name: `memory that is ${how} in the turn in which it was sent fails the connection with 1011`,
  async run(scene) {
    const kept: unknown[] = [];
    const recorder = new Recorder({
      message(socket) {
        const { payload, lose } = make();
        socket.send("before");
        socket.send(payload);
        socket.send("behind");
        kept.push(lose());
        assert.equal(payload.length, 0);
      },
    });
    const server = await scene.serve({}, recorder);
    const peer = await scene.client(server);
    await peer.write(client(1, "go"));
    await peer.expect("81 06 62 65 66 6f 72 65 88 02 03 f3");
    await peer.gone();
    await recorder.until("close");
    const closed = recorder.calls.find((call) => call.type === "close");
    assert.ok(closed?.type === "close");
    assert.equal(closed.event.code, 1006);
    assert.equal(closed.event.failure?.code, "INTERNAL");
    assert.ok(closed.event.failure?.cause instanceof TypeError);
  },
}));

export const memoryCases: readonly Case[] = [
  ...lost,
  {
    name: "memory that is transferred while it waits for a slow reader never becomes a false message",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({ limits: { maxBackpressureBytes: 1 << 30 } }, recorder);
      const peer = await scene.client(server);
      peer.stopReading();
      const { socket } = recorder;
      const payloads: Uint8Array[] = [];
      while (socket.bufferedAmount < 4 << 20 && payloads.length < 400) {
        const payload = new Uint8Array(256 << 10).fill(0xaa);
        payloads.push(payload);
        socket.send(payload);
        await turns(1);
      }
      const clones = payloads.map(({ buffer }) => structuredClone(buffer, { transfer: [buffer] }));
      socket.send("behind");
      peer.read();
      await peer.gone();
      await recorder.until("close");
      assert.equal(clones.length, payloads.length);
      // What was with the system already may still arrive, but nothing stands where it does not belong.
      let at = 0;
      const all = peer.bytes;
      for (; all[at] === 0x82 && at + 10 <= all.length; at += 10 + (256 << 10)) {
        assert.equal(all[at + 1], 127);
        const payload = all.subarray(at + 10, at + 10 + (256 << 10));
        assert.ok(
          Buffer.from(payload).equals(Buffer.alloc(payload.length, 0xaa)),
          "foreign bytes in a message",
        );
      }
      const end = Buffer.from(all.subarray(at)).toString("hex");
      assert.ok(end === "" || end === "880203f3", `these came as well: ${end.slice(0, 100)}`);
    },
  },
  {
    name: "memory that waits to be written is kept until it is, whatever is collected meanwhile",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({ backpressure: "queue" }, recorder);
      const peer = await scene.client(server);
      peer.stopReading();
      // Nothing else refers to these payloads.
      for (let i = 0; i < 12; i++) recorder.socket.send(new Uint8Array(1 << 20).fill(0xa0 + i));
      await turns(5);
      assert.ok(recorder.socket.bufferedAmount > 0);
      for (let i = 0; i < 10; i++) {
        scene.adapter.collectGarbage();
        new Uint8Array(1 << 20).fill(0x55);
        await turns(2);
      }
      peer.read();
      const frames = await peer.frames(12);
      for (const [i, { opcode, payload }] of frames.entries()) {
        assert.equal(opcode, 2);
        assert.ok(Buffer.from(payload).equals(Buffer.alloc(1 << 20, 0xa0 + i)), `message ${i}`);
      }
    },
  },
  {
    name: "nothing of others is in the memory of a payload",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const peers = [await scene.client(server), await scene.client(server), await scene.client(server)];
      const lengths = [5, 70, 99, 126, 3000];
      for (let read = 0; read < 3; read++) {
        for (const [i, peer] of peers.entries()) {
          const mark = 16 * (i + 1) + read;
          const messages = lengths.map((length) => client(2, new Uint8Array(length).fill(mark)));
          await peer.write(read === 0 ? (messages[1] ?? new Uint8Array()) : concat(messages));
          await recorder.until("message", read === 0 ? i + 1 : 3 + ((read - 1) * 3 + i + 1) * lengths.length);
        }
      }
      for (const message of recorder.messages) {
        assert.ok(message instanceof Uint8Array);
        const mark = message[0] ?? 0;
        const strangers = new Uint8Array(message.buffer).filter((byte) => byte !== 0 && byte !== mark);
        assert.deepEqual([...strangers], [], `of ${message.length} bytes`);
        assert.equal(message.byteOffset % 8, 0);
        if (recorder.messages.indexOf(message) < 3) assert.equal(message.buffer.byteLength, message.length);
      }
    },
  },
  {
    name: "nor in that of pings, pongs, fragments and text as bytes",
    async run(scene) {
      const payloads: Uint8Array[] = [];
      const keep = (data: unknown): void => {
        if (data instanceof Uint8Array) payloads.push(data);
      };
      for (const options of [{ textType: "bytes" }, { deliver: "fragment" }] as const) {
        const recorder = new Recorder({
          message: (_socket, data) => keep(data),
          ping: (_socket, data) => keep(data),
          pong: (_socket, data) => keep(data),
          ...("deliver" in options && { fragment: (_socket: unknown, data: Uint8Array) => keep(data) }),
        });
        const server = await scene.serve(options, recorder);
        for (const mark of [65, 66, 67]) {
          const peer = await scene.client(server);
          const before = payloads.length;
          const frames = [9, 10, 1, 2, 9].map((opcode) => client(opcode, new Uint8Array(100).fill(mark)));
          await peer.write(concat(frames));
          await until(() => payloads.length === before + frames.length, "all payloads");
        }
      }
      for (const payload of payloads) {
        const seen = new Set(new Uint8Array(payload.buffer));
        seen.delete(0);
        assert.deepEqual([...seen], [payload[0]]);
      }
    },
  },
];
