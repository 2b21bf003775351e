// Cases: messages in fragments, and borrowed payloads.
import assert from "node:assert/strict";
import type { CloseEvent } from "../../../src/protocol/events.js";
import { PreparedMessage } from "../../../src/protocol/prepared-message.js";
import { toHex } from "../../support/hex.js";
import type { ListenOptions } from "../adapter.js";
import { masked } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case } from "../scene.js";
import { until } from "../until.js";

export const fragmentCases: readonly Case[] = [
  {
    name: "fragments that come in make one message, control frames between them (section 5.4)",
    async run(scene) {
      const { server, recorder } = await scene.echo();
      const peer = await scene.client(server);
      await peer.write(masked("01 02 | 'He'", "89 01 | '!'", "00 00 |", "00 02 | 'll'", "80 01 | 'o'"));
      await peer.write(masked("02 01 | 01", "80 01 | 02"));
      const frames = (await peer.frames(3)).map((frame) => `${frame.opcode} ${toHex(frame.payload)}`);
      // The ping stood before the end of the message.
      assert.deepEqual(frames, ["10 21", "1 48 65 6c 6c 6f", "2 01 02"]);
      assert.deepEqual(recorder.log, ["open", "ping 21", 'text "Hello"', "binary 01 02"]);
    },
  },
  {
    name: "fragments that are sent go out one by one, a character cut between two strings whole (section 5.4)",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      const { socket } = recorder;
      socket.sendFragment("a", false);
      socket.sendFragment("\u{1f600}".slice(0, 1), false);
      assert.equal(socket.send("waits"), "sent");
      assert.throws(() => socket.sendFragment(Uint8Array.of(1), false), TypeError);
      socket.ping(Uint8Array.of(7));
      socket.sendFragment("\u{1f600}".slice(1), false);
      socket.sendFragment("z", true);
      socket.sendFragment(Uint8Array.of(1), false);
      socket.sendFragment(Uint8Array.of(2), true);
      socket.send("after");
      await peer.expect("01 01 'a'  00 00  89 01 07  00 04 f0 9f 98 80  80 01 'z'");
      await peer.expect("81 05 'waits'  02 01 01  80 01 02  81 05 'after'");
    },
  },
  {
    name: "whole messages wait behind the last fragment, in order and counted, and are the caller's again (section 5.4)",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      const { socket } = recorder;
      socket.sendFragment("a", false);
      await peer.expect("01 01 'a'");
      const bytes = Uint8Array.of(0x62);
      assert.equal(socket.send(bytes), "sent");
      assert.equal(socket.send(bytes, { type: "text" }), "sent");
      bytes.fill(0);
      assert.equal(socket.send("c"), "sent");
      assert.equal(socket.send(new PreparedMessage("d")), "sent");
      assert.equal(server.broadcast("e"), 1);
      assert.throws(() => socket.send(Uint8Array.of(0xff), { type: "text" }), TypeError);
      assert.equal(socket.bufferedAmount, 15);
      socket.ping();
      await peer.expect("89 00");
      assert.equal(socket.bufferedAmount, 15);
      socket.sendFragment("z", true);
      await peer.expect("80 01 'z'  82 01 'b'  81 01 'b'  81 01 'c'  81 01 'd'  81 01 'e'");
      await until(
        () => socket.bufferedAmount === 0,
        () => `0, it is ${socket.bufferedAmount}`,
      );
    },
  },
  {
    name: "whole messages that wait for a fragmented one are dropped when the connection closes, and count as unsent",
    async run(scene) {
      for (const ends of ["close", "terminate", "peer closes", "peer goes"]) {
        const events: CloseEvent[] = [];
        const recorder = new Recorder({ close: (_, event) => void events.push(event) });
        const server = await scene.serve({}, recorder);
        const peer = await scene.client(server);
        const { socket } = recorder;
        socket.sendFragment("a", false);
        await peer.expect("01 01 'a'");
        assert.equal(socket.send("lost"), "sent");
        if (ends === "close") {
          socket.close(1000);
          assert.equal(socket.send("late"), "dropped");
          await peer.expect("88 02 03 e8");
        }
        if (ends === "terminate") socket.terminate();
        else if (ends !== "peer goes") await peer.write(masked("88 02 | 03 e8"));
        if (ends === "peer closes") await peer.expect("88 02 03 e8");
        peer.end();
        await recorder.closed();
        assert.deepEqual(
          events.map(({ unsentBytes }) => unsentBytes),
          [6],
          ends,
        );
      }
    },
  },
  {
    name: "messages that wait for a fragmented one count as backpressure, the fragments do not",
    async run(scene) {
      const recorder = new Recorder();
      const limits = { maxBackpressureBytes: 1000 };
      const server = await scene.serve({ limits, backpressure: "drop" }, recorder);
      const peer = await scene.client(server);
      const { socket } = recorder;
      socket.sendFragment("a", false);
      await peer.expect("01 01 'a'");
      socket.send("b".repeat(1000));
      const beginsWaiting = socket.bufferedAmount;
      socket.ping();
      await peer.expect("89 00");
      // What was sent in one turn is a burst, behind which as much again may wait.
      assert.equal(beginsWaiting, 1004);
      assert.equal(socket.send("c".repeat(1000)), "sent");
      assert.equal(socket.send("d"), "dropped");
      assert.equal(socket.sendFragment("z", true), "sent");
      await peer.expect("80 01 'z'  81 7e 03 e8 62*1000  81 7e 03 e8 63*1000");
      assert.equal(socket.send("e"), "sent");
      await peer.expect("81 01 'e'");
    },
  },
  {
    name: "messages and fragments go out in frames of at most maxFrameBytes, however they are sent (section 5.4)",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({ maxFrameBytes: 200 }, recorder);
      const peer = await scene.client(server);
      const { socket } = recorder;
      const rest = "00 7e 00 c8 61*200  80 64 61*100";
      const whole = (opcode: number) => `0${opcode} 7e 00 c8 61*200  ${rest}`;
      const long = new Uint8Array(500).fill(0x61);
      socket.send("a".repeat(500));
      socket.send(long);
      socket.send(long, { type: "text" });
      server.broadcast(long);
      socket.sendFragment(long, false);
      socket.sendFragment(long, true);
      socket.send("a".repeat(200));
      await peer.expect(`${whole(1)} ${whole(2)} ${whole(1)} ${whole(2)}`);
      await peer.expect(`02 7e 00 c8 61*200  00 7e 00 c8 61*200  00 64 61*100  00 7e 00 c8 61*200  ${rest}`);
      await peer.expect("81 7e 00 c8 61*200");
      const client = new Recorder();
      const back = await scene.connect(server.url, { maxFrameBytes: 125 }, client);
      const text = "€uro ".repeat(10_000);
      back.send(text);
      await recorder.until("message");
      assert.deepEqual(recorder.messages, [text]);
      recorder.calls.length = 0;
    },
  },
  {
    name: "a message in fragments needs no memory of its length",
    async run(scene) {
      const total = 24 << 20;
      let received = 0;
      let largest = 0;
      let ended = false;
      const recorder = new Recorder({
        fragment(socket, payload, type, final) {
          // Not recorded: that would keep them all.
          assert.equal(type, "binary");
          recorder.calls.length = 0;
          received += payload.length;
          largest = Math.max(largest, payload.length);
          ended = final;
          if (final) socket.send("done");
        },
      });
      const options: ListenOptions = {
        deliver: "fragment",
        borrow: true,
        limits: { maxMessageBytes: total },
      };
      const server = await scene.serve(options, recorder);
      const peer = await scene.client(server);
      await peer.write(masked("02 7f 00 00 00 00 01 80 00 00 |").subarray(0, 14));
      const buffers = (): number => {
        scene.adapter.collectGarbage();
        return process.memoryUsage().arrayBuffers;
      };
      const before = buffers();
      const chunk = new Uint8Array(1 << 20);
      for (let sent = 0; sent < total; sent += chunk.length) {
        await peer.write(chunk);
        if (sent % (4 << 20) !== 0) continue;
        // What is still under way is the system's, or the stream's.
        const end = sent + chunk.length;
        await until(
          () => received === end,
          () => `${end} bytes, ${received} came`,
        );
        // A chunk that was just handled may outlive a turn and a collection of garbage; what the message needs outlives all.
        let held = buffers() - before;
        for (let turns = 0; held >= total / 3 && turns < 100; turns++) {
          await new Promise((resolve) => setImmediate(resolve));
          held = buffers() - before;
        }
        assert.ok(held < total / 3, `${held} bytes of buffers for a message of ${total}`);
      }
      await until(
        () => received === total,
        () => `${total} bytes, ${received} came`,
      );
      assert.equal(ended, false);
      await peer.write(masked("80 00 |"));
      await peer.expect("81 04 'done'");
      assert.ok(largest <= 1 << 20, `fragments of up to ${largest} bytes`);
    },
  },
  {
    name: "text in fragments arrives with its type, and what is not UTF-8 ends it (section 8.1)",
    async run(scene) {
      const recorder = new Recorder({ fragment() {} });
      const server = await scene.serve({ deliver: "fragment" }, recorder);
      const peer = await scene.client(server);
      await peer.write(masked("01 02 | 'H' c3"));
      await recorder.until("fragment");
      await peer.write(masked("00 01 | a9", "80 00 |"));
      await recorder.until("fragment", 3);
      assert.deepEqual(recorder.log, [
        "open",
        "text fragment 48 c3",
        "text fragment a9",
        "text fragment  final",
      ]);
      await peer.write(masked("01 01 | c3", "00 01 | 41"));
      await peer.expect("88 02 03 ef");
      peer.end();
      assert.equal(await recorder.closed(), "close 1006 INVALID_UTF8");
    },
  },
  {
    name: "a borrowed payload is right while the handler runs; an owned one stays right",
    async run(scene) {
      const seen: string[] = [];
      const kept: Uint8Array[] = [];
      const note = (_: unknown, data: string | Uint8Array): void => {
        if (typeof data === "string") return;
        seen.push(toHex(data));
        kept.push(data);
      };
      for (const borrow of [true, false]) {
        seen.length = 0;
        kept.length = 0;
        const recorder = new Recorder({ message: note });
        const server = await scene.serve({ borrow }, recorder);
        const peer = await scene.client(server);
        for (let i = 0; i < 20; i++) {
          await peer.write(masked(`82 03 | ${hexByte(i)}*3`));
          await recorder.until("message", i + 1);
        }
        const expected = Array.from({ length: 20 }, (_, i) => toHex(new Uint8Array(3).fill(i)));
        assert.deepEqual(seen, expected);
        if (!borrow) assert.deepEqual(kept.map(toHex), expected);
      }
    },
  },
  {
    name: "a borrowed payload can be sent on at once, large or small",
    async run(scene) {
      const recorder = new Recorder({ message: (socket, data) => void socket.send(data) });
      const server = await scene.serve({ borrow: true }, recorder);
      const peer = await scene.client(server);
      for (const length of [10, 40_000]) {
        const header =
          length < 126 ? `82 ${hexByte(length)}` : `82 7e ${hexByte(length >> 8)} ${hexByte(length & 255)}`;
        for (const byte of ["5a", "a5"]) {
          await peer.write(masked(`${header} | ${byte}*${length}`));
          await peer.expect(`${header} ${byte}*${length}`);
        }
      }
    },
  },
  {
    name: "bytes sent may be views of any part of any buffer, and change once they were copied",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      const whole = Uint8Array.from({ length: 32 }, (_, i) => i);
      recorder.socket.send(whole.subarray(3, 6));
      const shared = new Uint8Array(new SharedArrayBuffer(8), 2, 2).fill(9);
      recorder.socket.send(shared);
      whole.fill(0xee);
      shared.fill(0xee);
      await peer.expect("82 03 03 04 05 82 02 09 09");
      for (const wrong of [5, null, undefined, {}, [1, 2], { byteLength: 2 }]) {
        assert.throws(() => Reflect.apply(recorder.socket.send, recorder.socket, [wrong]), TypeError);
      }
      assert.equal(recorder.socket.bufferedAmount, 0);
    },
  },
];

function hexByte(value: number): string {
  return (value & 0xff).toString(16).padStart(2, "0");
}
