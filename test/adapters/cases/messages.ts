// Cases: messages of every type and length, there and back.
import assert from "node:assert/strict";
import { PreparedMessage } from "../../../src/protocol/prepared-message.js";
import { BYTES_OF_EVERY_KIND, PAYLOAD } from "../../support/bytes-of-every-kind.js";
import { concat, toHex } from "../../support/hex.js";
import { masked, request } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case } from "../scene.js";

/** Where the payload length takes more bytes, and beyond one read. */
const LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20];

/** The lowest and the highest of each length in UTF-8, and byte order marks, which are characters like others. */
const EDGES = "\ufeff\0\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}\ufeff";

const text = (length: number): string => "€uro ".repeat(length).slice(0, length);
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) & 0xff);

/** As for a worker, where the runtime lets it. */
function transferAway(data: Uint8Array): void {
  try {
    structuredClone(data.buffer, { transfer: [data.buffer] });
  } catch {
    // It says no.
  }
}

/** A byte stream takes over what it is given. */
function streamAway(data: Uint8Array): void {
  const { buffer, byteOffset, byteLength } = data;
  assert.ok(buffer instanceof ArrayBuffer);
  const view = new DataView(buffer, byteOffset, byteLength);
  try {
    new ReadableStream({ type: "bytes", start: (controller) => controller.enqueue(view) });
  } catch {
    // It says no.
  }
}

export const messageCases: readonly Case[] = [
  {
    name: "text and binary of every length come back as they were (section 5.2)",
    async run(scene) {
      const { server, recorder } = await scene.echo({ limits: { maxMessageBytes: 4 << 20 } });
      const client = new Recorder();
      const options = { limits: { maxMessageBytes: 4 << 20 } };
      const socket = await scene.connect(server.url, options, client);
      const lengths = LENGTHS.flatMap((length) => [text(length), bytes(length)]);
      const sent: (string | Uint8Array)[] = [EDGES, EDGES.repeat(9), ...lengths];
      for (const [i, message] of sent.entries()) {
        socket.send(message);
        await client.until("message", i + 1);
        const back = client.messages[i];
        if (typeof message === "string") {
          assert.equal(back, message);
          assert.equal(recorder.messages[i], message);
        } else {
          assert.ok(back instanceof Uint8Array);
          assert.ok(Buffer.from(message).equals(back), `${message.length} bytes came back different`);
        }
      }
      assert.equal(recorder.count("message"), sent.length);
    },
  },
  {
    name: "text comes as UTF-8 where that is asked for, and is sent on as text (section 8.1)",
    async run(scene) {
      const texts = [EDGES, text(0), text(200), text(40_000), text(300_000)];
      for (const borrow of [false, true]) {
        const recorder = new Recorder({ message: (socket, data, type) => void socket.send(data, { type }) });
        const server = await scene.serve({ textType: "bytes", borrow }, recorder);
        const client = new Recorder();
        const socket = await scene.connect(server.url, {}, client);
        for (const [i, each] of texts.entries()) {
          socket.send(Buffer.from(each), { type: "text" });
          await client.until("message", i + 1);
        }
        socket.send(bytes(3));
        await client.until("message", texts.length + 1);
        assert.deepEqual(client.messages.slice(0, texts.length), texts);
        assert.equal(client.log.at(-1), "binary 00 1f 3e");
        const got = recorder.calls.flatMap((call) => (call.type === "message" ? [call] : []));
        assert.ok(got.every(({ data }) => data instanceof Uint8Array));
        const reader = new Recorder();
        const other = await scene.connect(server.url, { textType: "bytes" }, reader);
        other.send("é");
        await reader.until("message");
        assert.deepEqual(reader.log, ["open", "text c3 a9"]);
        assert.deepEqual(
          got.map(({ messageType }) => messageType),
          [...texts.map(() => "text"), "binary"],
        );
      }
    },
  },
  {
    name: "text in fragments is sent on one by one (section 5.4)",
    async run(scene) {
      const recorder = new Recorder({
        fragment: (socket, payload, type, final) => void socket.sendFragment(payload, final, { type }),
      });
      const server = await scene.serve({ deliver: "fragment" }, recorder);
      const client = new Recorder();
      const socket = await scene.connect(server.url, {}, client);
      const sent = [EDGES, text(70_000), ""];
      for (const [i, each] of sent.entries()) {
        socket.send(each);
        await client.until("message", i + 1);
      }
      assert.deepEqual(client.messages, sent);
    },
  },
  {
    name: "UTF-8 is sent and broadcast as text if it is some; what it can't be is refused before anything is sent",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      const { socket } = recorder;
      for (const [message, type] of [
        [Uint8Array.of(0x61, 0xff), "text"],
        ["a", "binary"],
        ["a", { binary: false }],
        [Uint8Array.of(0x61), "utf8"],
      ]) {
        // An unknown word is out of the range of the option.
        const wrong = type === "utf8" ? RangeError : TypeError;
        assert.throws(() => Reflect.apply(socket.send, socket, [message, { type }]), wrong);
        assert.throws(() => Reflect.apply(server.broadcast, server, [message, { type }]), wrong);
      }
      assert.equal(socket.send(Uint8Array.of(0xc3, 0xa9), { type: "text" }), "sent");
      assert.equal(server.broadcast(Uint8Array.of(0x61), { type: "text" }), 1);
      assert.equal(server.broadcast(Uint8Array.of(0x62), { type: "binary" }), 1);
      assert.equal(socket.send("c", { type: "text" }), "sent");
      await peer.expect("81 02 c3 a9  81 01 61  82 01 62  81 01 63");
      socket.close();
      assert.equal(socket.send(Uint8Array.of(0xff), { type: "text" }), "dropped");
      assert.throws(() => socket.send("a", { type: "binary" }), TypeError);
    },
  },
  {
    name: "options of a message that make no sense are refused, open or closed, and say what to write",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      const { socket } = recorder;
      const prepared = new PreparedMessage("a");
      const object = { name: "TypeError", message: 'options must be an object, such as { type: "text" }' };
      const name = { name: "TypeError", message: "there is no option binary, only compress, type" };
      const refused = (message: unknown, options: unknown, error: object): void => {
        assert.throws(() => Reflect.apply(socket.send, socket, [message, options]), error);
        if (message === prepared) return;
        assert.throws(() => Reflect.apply(socket.sendFragment, socket, [message, true, options]), error);
        assert.throws(() => Reflect.construct(PreparedMessage, [message, options]), error);
      };
      for (const end of [() => {}, () => socket.close(1000)]) {
        end();
        for (const message of ["a", Uint8Array.of(1), new ArrayBuffer(1), prepared]) {
          for (const wrong of ["text", "", null, 0, true, [], () => {}]) refused(message, wrong, object);
          refused(message, { binary: true }, name);
        }
        assert.throws(() => socket.send(prepared, { type: "text" }), TypeError);
      }
      await peer.expect("88 02 03 e8");
    },
  },
  {
    name: "options of a message are its own properties only, each read once",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      const { socket } = recorder;
      let reads = 0;
      const counted = {
        get type() {
          return reads++ === 0 ? ("text" as const) : undefined;
        },
      };
      socket.send(Uint8Array.of(0x61), counted);
      assert.equal(reads, 1);
      socket.send(Uint8Array.of(0x62), Object.create({ type: "text", wrong: true }));
      socket.send(new PreparedMessage("c"), { type: undefined });
      await peer.expect("81 01 'a'  82 01 'b'  81 01 'c'");
    },
  },
  {
    name: "bytes of every kind are sent, whole, prepared, in fragments and as pings",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      const { socket } = recorder;
      const payload = toHex(PAYLOAD);
      const frames = ["82", "81", "82", "81", "02", "80", "89"].map((first) => `${first} 08 ${payload}`);
      for (const [, kind] of BYTES_OF_EVERY_KIND.flatMap(([, kinds]) => kinds)) {
        socket.send(kind);
        socket.send(kind, { type: "text" });
        server.broadcast(kind);
        socket.send(new PreparedMessage(kind, { type: "text" }));
        socket.sendFragment(kind, false);
        socket.sendFragment(kind, true);
        socket.ping(kind);
        await peer.expect(frames.join(" "));
      }
    },
  },
  {
    name: "an application that transfers the memory of a message away harms no other",
    async run(scene) {
      const got: Uint8Array[] = [];
      const server = await scene.serve(
        {},
        {
          message(socket, data) {
            assert.ok(data instanceof Uint8Array);
            socket.send(data);
            if (got.push(data) === 2) transferAway(data);
          },
        },
      );
      const peer = await scene.client(server);
      await peer.write(masked("82 01 | 01", "82 01 | 02", "82 01 | 03"));
      await peer.expect("82 01 01  82 01 02  82 01 03");
      await peer.write(masked("82 01 | 04", "82 7e 01 01 | aa*257"));
      await peer.expect("82 01 04  82 7e 01 01 aa*257");
      assert.deepEqual(
        [0, 2, 3].map((i) => Array.from(got[i] ?? [])),
        [[1], [3], [4]],
      );
    },
  },
  {
    name: "messages go on whole when an application has given the memory of one to a byte stream",
    async run(scene) {
      const server = await scene.serve(
        {},
        {
          message(socket, data) {
            assert.ok(data instanceof Uint8Array);
            socket.send(data);
            streamAway(data);
          },
        },
      );
      const peer = await scene.client(server);
      for (const frame of ["82 01 | 01", "82 28 | 02*40", "82 7e 01 01 | 03*257", "82 7e 13 88 | 04*5000"]) {
        await peer.write(masked(frame, frame));
        const plain = frame.replace(" |", "");
        await peer.expect(`${plain} ${plain}`);
      }
    },
  },
  {
    name: "frames of each length form have the shortest header on the wire (section 5.2)",
    async run(scene) {
      const server = await scene.serve(
        { limits: { maxBackpressureBytes: 4 << 20 } },
        {
          open(socket) {
            for (const length of LENGTHS) socket.send(new Uint8Array(length).fill(0xaa));
          },
        },
      );
      const peer = await scene.client(server);
      await peer.expect("82 00  82 01 aa  82 7d aa*125  82 7e 00 7e aa*126  82 7e 00 7f aa*127");
      await peer.expect("82 7e ff ff aa*65535  82 7f 00 00 00 00 00 01 00 00 aa*65536");
      await peer.expect("82 7f 00 00 00 00 00 10 00 00 aa*1048576");
    },
  },
  {
    name: "a client masks each frame with a key of its own (section 5.3)",
    async run(scene) {
      const server = await scene.wsServer();
      const socket = await scene.connect(server.url);
      for (let i = 0; i < 50; i++) socket.send("same");
      const frames = (await server.peers[0]?.frames(50)) ?? [];
      const keys = new Set(frames.map((frame) => toHex(Uint8Array.from(frame.mask ?? []))));
      assert.deepEqual(
        frames.map((frame) => Buffer.from(frame.payload).toString()),
        Array.from({ length: 50 }, () => "same"),
      );
      assert.ok(keys.size >= 49, `${keys.size} different keys`);
      assert.ok(!keys.has(""), "every frame is masked");
    },
  },
  {
    name: "many messages of one segment are answered by one write",
    async run(scene) {
      const { server, recorder } = await scene.echo();
      const peer = await scene.client(server);
      const before = peer.reads;
      // No more messages than a turn handles without regard to time.
      await peer.write(masked(...Array.from({ length: 32 }, (_, i) => `82 01 | ${hexByte(i)}`)));
      await peer.expect(Array.from({ length: 32 }, (_, i) => `82 01 ${hexByte(i)}`).join(" "));
      assert.equal(recorder.count("message"), 32);
      assert.equal(peer.reads - before, 1);
    },
  },
  {
    name: "what is sent outside of a read leaves in one write at the end of the tick",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      const before = peer.reads;
      for (let i = 0; i < 100; i++) recorder.socket.send(Uint8Array.of(i));
      await peer.expect(Array.from({ length: 100 }, (_, i) => `82 01 ${hexByte(i)}`).join(" "));
      assert.equal(peer.reads - before, 1);
    },
  },
  {
    name: "messages keep their order, however they were queued",
    async run(scene) {
      const sizes = [1, 70_000, 2, 20_000, 40_000, 3, 140, 300_000, 4, 5];
      const send = (socket: { send(bytes: Uint8Array): unknown }, tag: number): void => {
        for (const [i, size] of sizes.entries()) socket.send(new Uint8Array(size).fill(tag * 16 + i));
      };
      const server = await scene.serve(
        { limits: { maxBackpressureBytes: 16 << 20 } },
        {
          open: (socket) => send(socket, 1),
          message(socket) {
            send(socket, 2);
            queueMicrotask(() => send(socket, 3));
            setImmediate(() => send(socket, 4));
            send(socket, 5);
          },
        },
      );
      const peer = await scene.client(server);
      await peer.write(masked("81 01 | 'x'"));
      const frames = await peer.frames(5 * sizes.length);
      const order = [1, 2, 5, 3, 4].flatMap((tag) => sizes.map((size, i) => `${tag * 16 + i}:${size}`));
      assert.deepEqual(
        frames.map((frame) => `${frame.payload[0]}:${frame.payload.length}`),
        order,
      );
      assert.ok(frames.every((frame) => frame.payload.every((byte) => byte === frame.payload[0])));
    },
  },
  {
    name: "messages cut at every byte of the stream arrive whole",
    async run(scene) {
      const { server, recorder } = await scene.echo();
      const peer = await scene.client(server);
      const stream = masked(
        "81 06 | '€uro'",
        "89 01 | 'p'",
        "82 7e 00 80 | ab*128",
        "01 01 | 'a'",
        "80 01 | 'b'",
      );
      for (const byte of stream) await peer.write(Uint8Array.of(byte));
      const frames = (await peer.frames(4)).map((frame) => `${frame.opcode} ${frame.payload.length}`);
      assert.deepEqual(frames, ["1 6", "10 1", "2 128", "1 2"]);
      assert.deepEqual(recorder.log.slice(0, 3), ["open", 'text "€uro"', "ping 70"]);
    },
  },
  {
    name: "pings are answered, pongs reported, on both sides (sections 5.5.2 and 5.5.3)",
    async run(scene) {
      const ours = new Recorder();
      const theirs = new Recorder();
      const server = await scene.serve({}, theirs);
      const socket = await scene.connect(server.url, {}, ours);
      socket.ping(Uint8Array.of(1, 2));
      await ours.until("pong");
      theirs.socket.ping(new Uint8Array(125).fill(3));
      theirs.socket.ping();
      await theirs.until("pong");
      assert.deepEqual(ours.log.slice(0, 2), ["open", "pong 01 02"]);
      assert.equal(ours.log[3], "ping");
      assert.deepEqual(theirs.log.slice(0, 2), ["open", "ping 01 02"]);
      assert.throws(() => socket.ping(new Uint8Array(126)), RangeError);
      assert.throws(() => theirs.socket.ping(new Uint8Array(126)), RangeError);
    },
  },
  {
    name: "frames in the same segment as the request come after the 101",
    async run(scene) {
      const { server, recorder } = await scene.echo();
      const peer = await scene.raw(server);
      await peer.write(
        request(),
        masked("81 01 | 'a'", "82 01 | 62", "89 00 |", "81 01 | 'c'").subarray(0, -1),
      );
      assert.match(await peer.head(), /^HTTP\/1\.1 101 Switching Protocols\r\n/);
      await peer.expect("81 01 'a' 82 01 62 8a 00");
      await peer.write(masked("81 01 | 'c'").subarray(-1));
      await peer.expect("81 01 'c'");
      assert.deepEqual(recorder.log, ["open", 'text "a"', "binary 62", "ping", 'text "c"']);
    },
  },
  {
    name: "frames in the same segment as the request are under the same rules and limits",
    async run(scene) {
      const { server, recorder } = await scene.echo({ limits: { maxMessageBytes: 10 } });
      const peer = await scene.raw(server);
      await peer.write(request(), masked("82 0b |"));
      await peer.head();
      await peer.expect("88 02 03 f1");
      await peer.fin();
      peer.end();
      assert.equal(await recorder.closed(), "close 1006 MESSAGE_TOO_LONG");
      const other = await scene.raw(server);
      await other.write(request(), "81 00");
      await other.head();
      await other.expect("88 02 03 ea");
    },
  },
  {
    name: "frames in the same segment as the 101 reach a client",
    async run(scene) {
      const frames = concat([
        Uint8Array.of(0x81, 1, 0x61),
        Uint8Array.of(0x82, 1, 0x62),
        Uint8Array.of(0x81, 1),
      ]);
      const raw = await scene.wsServer(undefined, frames);
      const recorder = new Recorder();
      await scene.connect(raw.url, {}, recorder);
      await recorder.until("message", 2);
      await raw.peers[0]?.write("c");
      await recorder.until("message", 3);
      assert.deepEqual(recorder.log, ["open", 'text "a"', "binary 62", 'text "c"']);
    },
  },
];

function hexByte(value: number): string {
  return (value & 0xff).toString(16).padStart(2, "0");
}
