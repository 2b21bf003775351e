// Cases: compressed messages that come in: how they are delivered, and what a peer can do wrong (RFC 7692 sections 6 to 8).
import assert from "node:assert/strict";
import { compressibleText } from "../../support/compressible.js";
import { concat } from "../../support/hex.js";
import { masked as frameOf, inFrames } from "../../support/toy-extension.js";
import { ZlibStream } from "../../support/zlib-deflate.js";
import type { ListenOptions } from "../adapter.js";
import { masked } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import { type Case, switching } from "../scene.js";
import { compressedPeer, OFFER } from "./compression.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** A message of that many zeros, in about a thousandth of the bytes. */
const zeros = (length: number): Uint8Array => new ZlibStream(true).deflate(new Uint8Array(length));

interface Fault {
  readonly name: string;
  readonly frames: () => Uint8Array;
  readonly close: string;
  readonly options?: ListenOptions;
  readonly offer?: string;
}

const LIMITED: ListenOptions = { limits: { maxMessageBytes: 100_000 } };

/** What a peer can do wrong, and how its connection fails. */
const FAULTS: readonly Fault[] = [
  {
    name: "a message that inflates to one byte over the limit",
    frames: () => frameOf(2, zeros(100_001), 4),
    close: "close 1006 MESSAGE_TOO_LONG",
    options: LIMITED,
  },
  {
    name: "a message that inflates to a hundred times the limit",
    frames: () => frameOf(2, zeros(10_000_000), 4),
    close: "close 1006 MESSAGE_TOO_LONG",
    options: LIMITED,
  },
  {
    name: "a message whose compressed bytes are more than the limit allows, by its header alone",
    frames: () => frameOf(2, new Uint8Array(112_565), 4).subarray(0, 14),
    close: "close 1006 MESSAGE_TOO_LONG",
    options: LIMITED,
  },
  {
    name: "a message that is not compressed and longer than the limit, by its header alone",
    frames: () => frameOf(2, new Uint8Array(100_001), 0).subarray(0, 14),
    close: "close 1006 MESSAGE_TOO_LONG",
    options: LIMITED,
  },
  {
    name: "data of a block type that does not exist",
    frames: () => masked("c1 02 | 07 00"),
    close: "close 1006 EXTENSION_DATA",
  },
  {
    name: "a stored block whose lengths do not fit",
    frames: () => masked("c2 07 | 00 05 00 fa fe 48 00"),
    close: "close 1006 EXTENSION_DATA",
  },
  {
    name: "a reference to bytes that were never there",
    frames: () => masked("c1 05 | f2 00 11 00 00"),
    close: "close 1006 EXTENSION_DATA",
  },
  {
    name: "a message that ends inside of a block",
    frames: () => masked("c1 03 | f2 48 cd", "81 01 | 'a'"),
    close: "close 1006 EXTENSION_DATA",
  },
  {
    name: "text that is not UTF-8 once it is inflated",
    frames: () => frameOf(1, new ZlibStream(true).deflate(Uint8Array.of(0x61, 0xff, 0x61)), 4),
    close: "close 1006 INVALID_UTF8",
  },
  {
    name: "text that ends inside of a character once it is inflated",
    frames: () => frameOf(1, new ZlibStream(true).deflate(encoder.encode("€").subarray(0, 2)), 4),
    close: "close 1006 INVALID_UTF8",
  },
  {
    name: "RSV1 on a continuation",
    frames: () => masked("41 03 | f2 48 cd", "c0 04 | c9 c9 07 00"),
    close: "close 1006 RESERVED_BITS",
  },
  {
    name: "RSV1 on a continuation of a message that is not compressed",
    frames: () => masked("01 01 | 'a'", "c0 01 | 'b'"),
    close: "close 1006 RESERVED_BITS",
  },
  { name: "RSV1 on a ping", frames: () => masked("c9 00 |"), close: "close 1006 RESERVED_BITS" },
  { name: "RSV1 on a Close frame", frames: () => masked("c8 00 |"), close: "close 1006 RESERVED_BITS" },
  { name: "RSV2", frames: () => masked("a1 00 |"), close: "close 1006 RESERVED_BITS" },
  {
    name: "a reference to the message before, by a client that is bound not to make any",
    frames: () => masked("c1 07 | f2 48 cd c9 c9 07 00", "c1 05 | f2 00 11 00 00"),
    close: "close 1006 EXTENSION_DATA",
    offer: "permessage-deflate; client_no_context_takeover",
  },
];

/** The close codes that the peer gets. */
const CODES: Readonly<Record<string, number>> = {
  MESSAGE_TOO_LONG: 1009,
  EXTENSION_DATA: 1007,
  INVALID_UTF8: 1007,
  RESERVED_BITS: 1002,
};

/** How a text of 200,000 bytes is put together from what the handlers got. */
const DELIVERIES: readonly ListenOptions[] = [
  {},
  { borrow: true },
  { textType: "bytes" },
  { textType: "bytes", borrow: true },
  { deliver: "fragment" },
  { deliver: "fragment", borrow: true },
  { deliver: "stream" },
  { kernel: "scalar" },
];

export const compressionInputCases: readonly Case[] = [
  ...FAULTS.map(
    ({ name, frames, close, options, offer }): Case => ({
      name: `${name}: the connection fails, and no other`,
      async run(scene) {
        const recorder = new Recorder();
        const peer = await compressedPeer(scene, recorder, options, offer);
        await peer.write(masked("81 02 | 'ok'"), frames());
        const [frame] = await peer.frames(1);
        assert.equal(frame?.opcode, 8);
        const [high = 0, low = 0] = frame?.payload ?? [];
        assert.equal((high << 8) | low, CODES[close.split(" ")[2] ?? ""]);
        await peer.gone();
        assert.equal(await recorder.closed(), close);
        assert.equal(recorder.messages[0], "ok");
        assert.deepEqual(recorder.errors, []);
      },
    }),
  ),
  {
    name: "a message that inflates to exactly the limit is taken",
    async run(scene) {
      const recorder = new Recorder();
      const peer = await compressedPeer(scene, recorder, LIMITED);
      await peer.write(frameOf(2, zeros(100_000), 4), masked("81 00 |"));
      await recorder.until("message", 2);
      assert.deepEqual(new Uint8Array(Buffer.from(recorder.messages[0] ?? "")), new Uint8Array(100_000));
    },
  },
  ...DELIVERIES.map(
    (delivery): Case => ({
      name: `messages that were deflated elsewhere are delivered with ${JSON.stringify(delivery)}`,
      async run(scene) {
        const text = compressibleText(150_000);
        const expected = encoder.encode(text);
        const got: Uint8Array[] = [];
        let over = 0;
        const take = (data: string | Uint8Array): void =>
          void got.push(typeof data === "string" ? encoder.encode(data) : new Uint8Array(data));
        const recorder = new Recorder({
          message: (_, data) => {
            take(data);
            over++;
          },
          ...(delivery.deliver === "fragment" && {
            fragment: (_, data, __, final) => {
              take(data);
              if (final) over++;
            },
          }),
          ...(delivery.deliver === "stream" && {
            stream: async (_, message) => {
              for await (const part of message) take(part);
              over++;
            },
          }),
        });
        const peer = await compressedPeer(scene, recorder, delivery);
        const stream = new ZlibStream(false, 12);
        await peer.write(frameOf(1, stream.deflate(expected), 4));
        await peer.write(inFrames(1, stream.deflate(expected), 1, 0, 5_000, 17));
        // Byte by byte: the bits of a code may come in two reads.
        for (const byte of inFrames(1, stream.deflate(encoder.encode("abc€abc€")), 3))
          await peer.write(Uint8Array.of(byte));
        await scene.eventually(
          () => over === 3,
          () => `three messages; ${over} came, ${recorder.log.slice(-1)}`,
        );
        assert.ok(decoder.decode(concat(got)) === `${text}${text}abc€abc€`, "all of the text, in order");
      },
    }),
  ),
  {
    name: "the windows of many connections stay apart, and go with them",
    async run(scene) {
      const { server } = await scene.echo({ compression: { threshold: 0 } });
      const clients: { id: number; recorder: Recorder; socket: Awaited<ReturnType<typeof scene.connect>> }[] =
        [];
      for (let id = 0; id < 24; id++) {
        const recorder = new Recorder();
        clients.push({
          id,
          recorder,
          socket: await scene.connect(server.url, { compression: { threshold: 0 } }, recorder),
        });
      }
      for (let round = 0; round < 6; round++) {
        for (const { id, socket } of clients) socket.send(`${`client ${id}, `.repeat(20)}round ${round}`);
        if (round === 3) for (const { socket } of clients.splice(0, 4)) socket.terminate();
      }
      for (const { id, recorder } of clients) {
        await recorder.until("message", 6);
        const expected = Array.from(
          { length: 6 },
          (_, round) => `${`client ${id}, `.repeat(20)}round ${round}`,
        );
        assert.deepEqual(recorder.messages, expected);
      }
    },
  },
  {
    name: "the JavaScript kernel has no compression, and does without",
    async run(scene) {
      const { server, recorder } = await scene.echo({ compression: true, kernel: "js" });
      const ours = new Recorder();
      const socket = await scene.connect(server.url, { compression: true }, ours);
      assert.equal(socket.extensions, "");
      const plain = await scene.connect(server.url, { compression: true, kernel: "js" });
      assert.equal(plain.extensions, "");
      await recorder.until("open", 2);
      assert.equal(recorder.socket.extensions, "");
      socket.send(compressibleText(1_000));
      await ours.until("message");
      assert.deepEqual(ours.messages, [compressibleText(1_000)]);
    },
  },
  {
    name: "a client fails the handshake of a server that answers what was not offered",
    async run(scene) {
      for (const answer of [
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; x",
        OFFER,
      ]) {
        const server = await scene.rawServer(async (peer) => {
          await peer.write(switching(await peer.head(), `Sec-WebSocket-Extensions: ${answer}\r\n`));
        });
        await assert.rejects(scene.connect(server.url, { compression: true }), {
          code: "UNREQUESTED_EXTENSION",
        });
        await assert.rejects(scene.connect(server.url), { code: "UNREQUESTED_EXTENSION" });
      }
    },
  },
];
