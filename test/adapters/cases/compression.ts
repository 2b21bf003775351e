// Cases: messages that are compressed, both ways (RFC 7692).
import assert from "node:assert/strict";
import { PreparedMessage } from "../../../src/protocol/prepared-message.js";
import { compressibleText, incompressibleBytes } from "../../support/compressible.js";
import { concat } from "../../support/hex.js";
import { ZlibStream } from "../../support/zlib-deflate.js";
import type { ListenOptions } from "../adapter.js";
import { masked, type RawPeer, request, unmasked } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import { type Case, type Scene, switching } from "../scene.js";

const encoder = new TextEncoder();

/** What Chromium offers. */
export const OFFER = "permessage-deflate; client_max_window_bits";

/** A server with compression, and a raw client that has offered it. */
export async function compressedPeer(
  scene: Scene,
  recorder: Recorder,
  options: ListenOptions = {},
  offer = OFFER,
): Promise<RawPeer> {
  const server = await scene.serve({ compression: true, ...options }, recorder);
  const peer = await scene.raw(server);
  await peer.write(request({ "Sec-WebSocket-Extensions": offer }));
  assert.match(await peer.head(), /\r\nSec-WebSocket-Extensions: permessage-deflate/);
  return peer;
}

/** Frames as `opcode`, a `+` if RSV1 is set, and a `…` if FIN is not. */
async function heard(peer: RawPeer, count: number): Promise<{ words: string[]; payloads: Uint8Array[] }> {
  const frames = await peer.frames(count);
  const words = frames.map(({ opcode, rsv, fin }) => `${opcode}${rsv === 4 ? "+" : ""}${fin ? "" : "…"}`);
  return { words, payloads: frames.map(({ payload }) => payload) };
}

/** The examples of section 7.2.3: each is a message "Hello". */
const HELLO: Readonly<Record<string, readonly string[]>> = {
  "one block": ["c1 07 | f2 48 cd c9 c9 07 00"],
  "one block in two frames": ["41 03 | f2 48 cd", "80 04 | c9 c9 07 00"],
  "with the window of the one before": ["c1 05 | f2 00 11 00 00"],
  "a block that is not compressed": ["c1 0b | 00 05 00 fa ff 48 65 6c 6c 6f 00"],
  "the bit BFINAL": ["c1 08 | f3 48 cd c9 c9 07 00 00"],
  "two blocks": ["c1 0d | f2 48 05 00 00 00 ff ff ca c9 c9 07 00"],
  "empty fragments around it": ["41 00 |", "00 00 |", "00 07 | f2 48 cd c9 c9 07 00", "80 00 |"],
  "a ping between its fragments": ["41 03 | f2 48 cd", "89 01 | '!'", "80 04 | c9 c9 07 00"],
  "no compression": ["81 05 | 'Hello'"],
};

/** What both sides ask for. */
const CHOICES: readonly ListenOptions["compression"][] = [
  true,
  { takeover: false },
  { threshold: 0, windowBits: 8 },
  { threshold: 0, windowBits: 9, effort: "fast" },
  { windowBits: 15 },
  { memoryBudget: 0, threshold: 1 },
  // Two windows: those of most connections are given up.
  { threshold: 0, memoryBudget: 20_000 },
];

const LENGTHS = [0, 1, 63, 64, 255, 256, 1_000, 4_000, 70_000, 300_000];

export const compressionCases: readonly Case[] = [
  {
    name: "compression is off unless it is asked for",
    async run(scene) {
      const { server, recorder } = await scene.echo();
      const peer = await scene.raw(server);
      await peer.write(request({ "Sec-WebSocket-Extensions": OFFER }));
      assert.doesNotMatch(await peer.head(), /Sec-WebSocket-Extensions/);
      assert.equal(recorder.socket.extensions, "");
      // Without negotiation RSV1 breaks a rule.
      await peer.write(masked("c1 07 | f2 48 cd c9 c9 07 00"));
      await peer.gone();
      assert.equal(await recorder.closed(), "close 1006 RESERVED_BITS");
      const client = await scene.connect(server.url, { compression: true });
      assert.equal(client.extensions, "");
    },
  },
  {
    name: "both sides know what was agreed on",
    async run(scene) {
      const { server, recorder } = await scene.echo({ compression: { windowBits: 10 } });
      const ours = await scene.connect(server.url, { compression: { takeover: false } });
      await recorder.until("open");
      assert.equal(
        recorder.socket.extensions,
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=10",
      );
      assert.equal(ours.extensions, recorder.socket.extensions);
      const plain = await scene.connect(server.url);
      assert.equal(plain.extensions, "");
    },
  },
  {
    name: "a server takes the examples of section 7.2.3, and text, bytes and control frames between them",
    async run(scene) {
      const recorder = new Recorder();
      const peer = await compressedPeer(scene, recorder);
      for (const frames of Object.values(HELLO)) await peer.write(masked(...frames));
      await peer.write(masked("c2 01 | 00", "c2 00 |"));
      await recorder.until("message", 11);
      const texts = Object.keys(HELLO).map(() => "Hello");
      assert.deepEqual(recorder.messages.slice(0, texts.length), texts);
      assert.deepEqual(recorder.messages.slice(texts.length).map(Number), [0, 0]);
      assert.equal(recorder.count("ping"), 1);
    },
  },
  {
    name: "a client takes the examples of section 7.2.3",
    async run(scene) {
      const frames = Object.values(HELLO).flat();
      const server = await scene.rawServer(async (peer) => {
        const head = await peer.head();
        assert.match(head, /\r\nSec-WebSocket-Extensions: permessage-deflate; /);
        await peer.write(
          switching(head, "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
          unmasked(...frames),
        );
      });
      const recorder = new Recorder();
      const socket = await scene.connect(server.url, { compression: true }, recorder);
      assert.equal(socket.extensions, "permessage-deflate");
      await recorder.until("message", Object.keys(HELLO).length);
      assert.deepEqual(new Set(recorder.messages), new Set(["Hello"]));
    },
  },
  ...CHOICES.map(
    (compression): Case => ({
      name: `messages of all lengths come back as they were sent, with ${JSON.stringify(compression)}`,
      async run(scene) {
        const { server } = await scene.echo({ compression });
        for (const other of [compression, true]) {
          const recorder = new Recorder();
          const socket = await scene.connect(server.url, { compression: other }, recorder);
          const sent: (string | Uint8Array)[] = [];
          for (const length of LENGTHS) {
            const text = compressibleText(length);
            sent.push(text, encoder.encode(text), incompressibleBytes(Math.min(length, 5_000)), text);
          }
          for (const message of sent) {
            socket.send(message);
            // One at a time, so that back-pressure drops nothing.
            await recorder.until("message", sent.indexOf(message) + 1);
          }
          await recorder.until("message", sent.length);
          for (const [i, message] of sent.entries()) {
            const came = recorder.messages[i];
            if (typeof message === "string") assert.ok(came === message, `text ${i}`);
            else assert.deepEqual(new Uint8Array(Buffer.from(came ?? "")), new Uint8Array(message), `${i}`);
          }
          socket.close(1000);
          assert.equal(await recorder.closed(), "close 1000 clean");
        }
      },
    }),
  ),
  {
    name: "what leaves compressed is what is long enough, may be, and becomes shorter",
    async run(scene) {
      const recorder = new Recorder();
      const peer = await compressedPeer(scene, recorder);
      const { socket } = recorder;
      const text = compressibleText(500);
      const payload = encoder.encode(text);
      socket.send(text);
      socket.send(text.slice(0, 63));
      socket.send(text, { compress: false });
      socket.send(incompressibleBytes(1_000));
      socket.send(payload);
      socket.send(payload, { type: "text" });
      socket.send(new PreparedMessage(text));
      socket.send(new PreparedMessage(text), { compress: false });
      socket.send(new PreparedMessage(text, { compress: false }));
      socket.send(text);
      const { words, payloads } = await heard(peer, 10);
      assert.deepEqual(words, ["1+", "1", "1", "2", "2+", "1+", "1+", "1", "1", "1+"]);
      const compressed = payloads.filter((_, i) => words[i]?.endsWith("+"));
      assert.deepEqual(socket.compression?.sent, {
        payloadBytes: compressed.length * payload.length,
        wireBytes: compressed.reduce((sum, { length }) => sum + length, 0),
      });
      const stream = new ZlibStream();
      const bytes = payloads.map((each, i) => (words[i]?.endsWith("+") ? stream.inflate(each) : each));
      const [, short, , random] = bytes;
      assert.deepEqual(Buffer.from(short ?? "").toString(), text.slice(0, 63));
      assert.deepEqual(new Uint8Array(random ?? []), incompressibleBytes(1_000));
      for (const i of [0, 2, 4, 5, 6, 7, 8, 9]) assert.equal(Buffer.from(bytes[i] ?? "").toString(), text);
      // With a window, a message that was there before is a reference.
      assert.ok((payloads[4]?.length ?? 99) < 30, `${payloads[4]?.length} bytes`);
    },
  },
  {
    name: "what was compressed is counted on both sides, and not what was not",
    async run(scene) {
      const { server, recorder } = await scene.echo({ compression: true });
      const ours = new Recorder();
      const socket = await scene.connect(server.url, { compression: true }, ours);
      const text = compressibleText(500);
      const payloadBytes = encoder.encode(text).length;
      for (const message of [text, text.slice(0, 40), text]) socket.send(message);
      await ours.until("message", 3);
      const { sent, received } = socket.compression ?? assert.fail();
      assert.deepEqual([sent.payloadBytes, received.payloadBytes], [2 * payloadBytes, 2 * payloadBytes]);
      assert.ok(sent.wireBytes > 0 && sent.wireBytes < payloadBytes, `${sent.wireBytes} bytes`);
      assert.deepEqual(recorder.socket.compression, { sent: received, received: sent });
      assert.equal((await scene.connect(server.url, {})).compression, undefined);
      socket.close(1000);
      await recorder.closed();
      assert.deepEqual(recorder.socket.compression, { sent: received, received: sent });
    },
  },
  {
    name: "without takeover each message stands by itself, and the threshold is higher",
    async run(scene) {
      const recorder = new Recorder();
      const peer = await compressedPeer(scene, recorder, { compression: { takeover: false } });
      const { socket } = recorder;
      const text = compressibleText(500);
      for (let i = 0; i < 3; i++) socket.send(text);
      socket.send(text.slice(0, 255));
      const { words, payloads } = await heard(peer, 4);
      assert.deepEqual(words, ["1+", "1+", "1+", "1"]);
      for (const each of payloads.slice(0, 3))
        assert.equal(Buffer.from(new ZlibStream(true).inflate(each)).toString(), text);
    },
  },
  {
    name: "messages that are sent in fragments, from a stream or split by maxFrameBytes are one compressed message each",
    async run(scene) {
      const recorder = new Recorder();
      const compression = { threshold: 0 };
      const peer = await compressedPeer(scene, recorder, { compression, maxFrameBytes: 125 });
      const { socket } = recorder;
      const text = compressibleText(900);
      const expected: string[] = [];
      socket.sendFragment(text.slice(0, 10), false);
      socket.ping();
      socket.sendFragment("", false);
      socket.sendFragment(text.slice(10, 40), true);
      expected.push(text.slice(0, 40));
      async function* parts() {
        yield "one, ";
        yield "one, ";
        yield "one";
      }
      await socket.sendStream(parts());
      expected.push("one, one, one");
      socket.send(text);
      expected.push(text);
      socket.sendFragment(text.slice(0, 300), false, { compress: false });
      socket.sendFragment("", true);
      await socket.sendStream(parts(), { compress: false });
      expected.push(text.slice(0, 300), "one, one, one");
      const stream = new ZlibStream();
      const found: string[] = [];
      let payload: Uint8Array = new Uint8Array();
      let compressed = false;
      while (found.length < expected.length) {
        const [frame] = await peer.frames(1);
        if (frame === undefined || frame.opcode === 9) continue;
        assert.ok(frame.payload.length <= 125);
        if (frame.opcode > 0) compressed = frame.rsv === 4;
        else assert.equal(frame.rsv, 0, "RSV1 is on the first frame alone");
        payload = concat([payload, frame.payload]);
        if (!frame.fin) continue;
        found.push(Buffer.from(compressed ? stream.inflate(payload) : payload).toString());
        payload = new Uint8Array();
      }
      assert.deepEqual(found, expected);
    },
  },
  {
    name: "a broadcast reaches those with compression, those without, and those with other windows",
    async run(scene) {
      const server = await scene.serve({ compression: true }, {});
      const text = compressibleText(2_000);
      const choices = [
        { compression: true },
        {},
        { compression: { windowBits: 9 } },
        { compression: { takeover: false } },
      ];
      const recorders: Recorder[] = [];
      for (const choice of choices) {
        for (let i = 0; i < 2; i++) {
          const recorder = new Recorder();
          recorders.push(recorder);
          await scene.connect(server.url, choice, recorder);
        }
      }
      await scene.connections(server, recorders.length);
      for (const options of [{}, { compress: false }, { compress: true }])
        assert.equal(server.broadcast(text, options), recorders.length);
      for (const { id } of server.connections.values()) server.connections.get(id)?.send(`${id} ${text}`);
      server.broadcast(new PreparedMessage(text));
      for (const recorder of recorders) {
        await recorder.until("message", 5);
        const { messages } = recorder;
        assert.deepEqual([messages[0], messages[1], messages[2], messages[4]], [text, text, text, text]);
        assert.match(String(messages[3]), /^\d+ \{/);
      }
    },
  },
];
