// Cases: messages that are received as streams.
import assert from "node:assert/strict";
import type { Handlers, Socket } from "../../../src/adapter/socket/handlers.js";
import type { MessageStream } from "../../../src/adapter/socket/message-stream.js";
import { gate } from "../../support/gate.js";
import { toHex } from "../../support/hex.js";
import type { ListenOptions } from "../adapter.js";
import { masked, type RawPeer } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case, Scene } from "../scene.js";
import { eventually, soon, turns } from "../until.js";

const STREAM: ListenOptions = { deliver: "stream" };

/** A server whose messages are streams, and a raw client. */
async function streaming(
  scene: Scene,
  stream: (socket: Socket, message: MessageStream) => unknown,
  options: ListenOptions = {},
  others: Handlers = {},
): Promise<{ peer: RawPeer; recorder: Recorder }> {
  const recorder = new Recorder({ ...others, stream });
  const server = await scene.serve({ ...STREAM, ...options }, recorder);
  return { peer: await scene.client(server), recorder };
}

/** Reads a message in each of the ways that there are, and sends it back. */
const READERS: Readonly<Record<string, (message: MessageStream) => Promise<string>>> = {
  async "a loop"(message) {
    let hex = "";
    for await (const piece of message) hex += Buffer.from(piece).toString("hex");
    return hex;
  },
  async readable(message) {
    let hex = "";
    const reader = message.readable.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read())
      hex += Buffer.from(read.value).toString("hex");
    return hex;
  },
  text: async (message) => Buffer.from(await message.text()).toString("hex"),
  bytes: async (message) => Buffer.from(await message.bytes()).toString("hex"),
};

export const messageStreamCases: readonly Case[] = [
  ...Object.entries(READERS).map(
    ([name, read]): Case => ({
      name: `messages are read by ${name}, in their order, whole, in fragments and empty`,
      async run(scene) {
        const { peer } = await streaming(scene, async (socket, message) => {
          const hex = await read(message);
          socket.send(`${message.type} ${hex}`);
        });
        // A character is cut between two fragments, and between two segments.
        await peer.write(masked("81 02 | 'Hi'", "82 02 | 41 42", "01 02 | 'a' c3", "00 00 |"));
        await peer.write(masked("89 00 |", "00 01 | a9", "80 01 | 'z'", "81 00 |", "82 01 | 43"));
        const answers = (await peer.frames(6)).map(
          ({ opcode, payload }) => `${opcode} ${Buffer.from(payload).toString()}`,
        );
        assert.deepEqual(answers, [
          "1 text 4869",
          "1 binary 4142",
          // The ping stands between two fragments, and is answered as soon as it is reached.
          "10 ",
          "1 text 61c3a97a",
          "1 text ",
          "1 binary 43",
        ]);
      },
    }),
  ),
  {
    name: "the next message begins when the one before was read and its handler has settled",
    async run(scene) {
      const door = gate();
      const began: string[] = [];
      const { peer } = await streaming(scene, async (socket, message) => {
        began.push(message.type);
        const bytes = await message.bytes();
        if (message.type === "text") await door.promise;
        socket.send(bytes);
      });
      await peer.write(masked("81 01 | 'a'", "82 01 | 'b'", "88 00 |"));
      await eventually(() => began.length > 0, "the first message");
      await turns(20);
      assert.deepEqual(began, ["text"]);
      door.resolve();
      await peer.expect("82 01 'a' 82 01 'b' 88 00");
    },
  },
  {
    name: "a peer is held back while a message is not read, and a piece that is read makes room",
    needs: ["pause"],
    async run(scene) {
      const total = 32 << 20;
      const door = gate();
      let received = 0;
      let largest = 0;
      const { peer, recorder } = await streaming(
        scene,
        async (socket, message) => {
          await door.promise;
          for await (const piece of message) {
            received += piece.length;
            largest = Math.max(largest, piece.length);
          }
          socket.send(String(received));
        },
        { limits: { maxMessageBytes: total } },
      );
      const before = buffers(scene);
      await peer.write(masked("82 7f 00 00 00 00 02 00 00 00 |").subarray(0, 14));
      let written = 0;
      const writing = (async () => {
        const chunk = new Uint8Array(1 << 20);
        for (; written < total; written += chunk.length) await peer.write(chunk);
      })();
      await eventually(() => recorder.count("stream") === 1 && peer.socket.writableLength > 0, "a full pipe");
      // The peer's own chunks and those of the pipe count as well.
      for (let i = 0; i < 20; i++) await turns(5);
      assert.ok(written < total, "the peer has to wait");
      const held = buffers(scene) - before;
      assert.ok(held < 12 << 20, `${held} bytes are held`);
      door.resolve();
      await writing;
      await peer.expect(`81 08 '${total}'`);
      assert.ok(largest <= 1 << 20, `pieces of up to ${largest} bytes`);
    },
  },
  {
    name: "a peer that is held back is not given up for its silence, nor pinged",
    needs: ["pause"],
    async run(scene) {
      const door = gate();
      const { peer, recorder } = await streaming(
        scene,
        async (socket, message) => {
          await door.promise;
          socket.send(String((await message.bytes()).length));
        },
        { timeouts: { pingIntervalMs: 40, pingTimeoutMs: 40 } },
      );
      const silent = new Recorder();
      const other = await scene.serve({ timeouts: { pingIntervalMs: 150, pingTimeoutMs: 150 } }, silent);
      await scene.client(other);
      await peer.write(masked("82 03 | 010203"));
      // By then the first has been silent for more than both of its times.
      await silent.closed();
      assert.equal(recorder.count("close"), 0);
      door.resolve();
      await peer.expect("81 01 '3'");
    },
  },
  ...(["leaves its loop", "cancels the stream", "returns without reading"] as const).map(
    (way): Case => ({
      name: `a handler that ${way} has the rest of the message discarded`,
      async run(scene) {
        let messages = 0;
        let seen = 0;
        const { peer } = await streaming(
          scene,
          async (socket, message) => {
            messages++;
            if (messages === 2) socket.send(await message.text());
            else if (way === "leaves its loop") {
              for await (const piece of message) {
                seen += piece.length;
                break;
              }
            } else if (way === "cancels the stream") {
              const reader = message.readable.getReader();
              seen += (await reader.read()).value?.length ?? 0;
              await reader.cancel();
            }
          },
          { limits: { maxMessageBytes: 1 << 30 } },
        );
        await peer.write(masked("02 04 | 01020304"));
        const chunk = masked(`00 7f 00 00 00 00 00 01 00 00 | 5a*${1 << 16}`);
        for (let i = 0; i < 200; i++) await peer.write(chunk);
        await peer.write(masked("80 00 |", "81 02 | 'on'"));
        await peer.expect("81 02 'on'");
        assert.equal(seen, way === "returns without reading" ? 0 : 4);
      },
    }),
  ),
  {
    name: "a reader that comes too late, or second, is told",
    async run(scene) {
      const errors: string[] = [];
      const kept: MessageStream[] = [];
      const { peer } = await streaming(scene, (socket, message) => {
        kept.push(message);
        if (kept.length === 1) return undefined;
        return message.text().then((text) => void socket.send(text));
      });
      await peer.write(masked("81 01 | 'a'", "81 01 | 'b'"));
      await peer.expect("81 01 'b'");
      for (const message of kept) {
        await message.text().catch((error: Error) => errors.push(`${error.name}: ${error.message}`));
        assert.throws(() => message.readable, { name: "InvalidStateError" });
      }
      assert.deepEqual(errors, [
        "InvalidStateError: the message was discarded, because its handler has not read it",
        "InvalidStateError: the message has another reader",
      ]);
    },
  },
  {
    name: "a message may be read behind the handler's return, if that has begun",
    async run(scene) {
      const { peer } = await streaming(scene, (socket, message) => {
        void message.text().then((text) => socket.send(text));
      });
      await peer.write(masked("01 01 | 'a'"));
      await turns();
      await peer.write(masked("80 01 | 'b'", "81 01 | 'c'"));
      await peer.expect("81 02 'ab' 81 01 'c'");
    },
  },
  ...(
    [
      ["a FIN", (peer) => peer.end(), "close 1006"],
      ["a reset", (peer) => peer.reset(), "close 1006"],
      ["a violation", (peer) => peer.write(masked("00 01 | c3", "80 01 | 41")), "close 1006 INVALID_UTF8"],
      ["its own terminate()", (_, socket) => socket.terminate(), "close 1006"],
    ] as const satisfies readonly (readonly [string, (peer: RawPeer, socket: Socket) => unknown, string])[]
  ).map(
    ([what, end, expected]): Case => ({
      name: `${what} in the middle of a message ends its reader with the close event, and close comes`,
      ...(what === "a reset" && { needs: ["tcp"] as const }),
      async run(scene) {
        const pieces: string[] = [];
        const failed = gate<unknown>();
        const { peer, recorder } = await streaming(scene, async (_, message) => {
          try {
            for await (const piece of message) pieces.push(toHex(piece));
          } catch (error) {
            failed.resolve(error);
          }
        });
        await peer.write(masked("01 01 | 'a'"));
        await eventually(() => pieces.length === 1, "the first piece");
        end(peer, recorder.socket);
        const error = await soon(failed.promise, "the error");
        assert.ok(error instanceof Error);
        assert.equal(error.name, "IncompleteMessageError");
        const { code, failure } = Object(error.cause);
        assert.equal(code, 1006);
        assert.equal(failure?.code, what === "a violation" ? "INVALID_UTF8" : undefined);
        if (what === "a violation") peer.end();
        assert.equal(await recorder.closed(), expected);
      },
    }),
  ),
  {
    name: "text() and bytes() fail with the connection when a message is over maxMessageBytes",
    async run(scene) {
      const errors: unknown[] = [];
      const { peer, recorder } = await streaming(
        scene,
        (_, message) =>
          (message.type === "text" ? message.text() : message.bytes()).catch((error) => errors.push(error)),
        { limits: { maxMessageBytes: 3 } },
      );
      await peer.write(masked("01 02 | 'ab'", "80 02 | 'cd'"));
      await peer.expect("88 02 03 f1");
      peer.end();
      assert.equal(await recorder.closed(), "close 1006 MESSAGE_TOO_LONG");
      const [error] = errors;
      assert.ok(error instanceof Error);
      assert.equal(Object(error.cause).failure.code, "MESSAGE_TOO_LONG");
    },
  },
  {
    name: "pieces belong to the reader, also with borrow, and hold nothing of others",
    async run(scene) {
      const kept: Uint8Array[] = [];
      const { peer } = await streaming(
        scene,
        async (socket, message) => {
          for await (const piece of message) kept.push(piece);
          socket.send("ok");
        },
        { borrow: true },
      );
      for (let i = 1; i <= 20; i++) {
        await peer.write(masked(`02 02 | ${hexByte(i)}*2`, `80 01 | ${hexByte(i)}`));
        await peer.expect("81 02 'ok'");
      }
      const all = Buffer.concat(kept);
      assert.deepEqual(
        [...all],
        Array.from({ length: 60 }, (_, i) => 1 + Math.floor(i / 3)),
      );
      for (const piece of kept) {
        const others = new Set(new Uint8Array(piece.buffer));
        others.delete(0);
        assert.equal(others.size, 1);
      }
    },
  },
  {
    name: "many tiny fragments that nobody reads hold the peer back, too",
    needs: ["pause"],
    async run(scene) {
      const door = gate();
      let pieces = 0;
      const { peer } = await streaming(
        scene,
        async (socket, message) => {
          await door.promise;
          for await (const _ of message) pieces++;
          socket.send("ok");
        },
        { limits: { maxFragments: 1 << 30, maxMessageBytes: Number.POSITIVE_INFINITY } },
      );
      const tiny = Buffer.from(masked("00 01 | 5a"));
      const chunk = Buffer.alloc(tiny.length * 4_000, tiny);
      await peer.write(masked("02 01 | 5a"));
      let written = 0;
      const writing = (async () => {
        for (; written < 400; written++) await peer.write(chunk);
      })();
      await eventually(() => peer.socket.writableLength > 0, "a full pipe");
      await turns(20);
      assert.ok(written < 400, "the peer has to wait");
      door.resolve();
      await writing;
      await peer.write(masked("80 00 |"));
      await peer.expect("81 02 'ok'");
      assert.equal(pieces, 1 + 4_000 * 400);
    },
  },
  {
    name: "the hook upgrade chooses the handler for one connection",
    async run(scene) {
      const recorder = new Recorder({
        message: (socket) => void socket.send("message"),
        fragment: (socket) => void socket.send("fragment"),
        stream: async (socket, message) => void socket.send(`stream ${await message.text()}`),
      });
      const upgrade: ListenOptions["upgrade"] = ({ target }) => {
        const [, chosen] = target.split("?");
        return chosen === undefined ? undefined : { deliver: JSON.parse(`"${chosen}"`) };
      };
      const server = await scene.serve({ upgrade, deliver: "fragment" }, recorder);
      for (const [query, answer] of [
        ["", "fragment"],
        ["?message", "message"],
        ["?fragment", "fragment"],
        ["?stream", "stream x"],
      ] as const) {
        const client = new Recorder();
        const socket = await scene.connect(`${server.url.replace(/\/$/, "")}/${query}`, {}, client);
        socket.send("x");
        await client.until("message");
        assert.deepEqual(client.messages, [answer]);
      }
    },
  },
  {
    name: "a handler that is chosen and not there, and a delivery that does not exist, are errors: 500",
    async run(scene) {
      for (const deliver of ["stream", "whole"]) {
        const recorder = new Recorder();
        const server = await scene.serve(
          { upgrade: () => ({ deliver: JSON.parse(`"${deliver}"`) }) },
          recorder,
        );
        await assert.rejects(scene.connect(server.url), { status: 500 });
        await recorder.until("error");
        assert.match(String(recorder.errors[0]), /deliver/);
      }
    },
  },
  {
    name: "a client's messages are streams, too",
    async run(scene) {
      const { server } = await scene.echo();
      const texts: string[] = [];
      const socket = await scene.connect(
        server.url,
        { deliver: "stream" },
        { stream: async (_, message) => void texts.push(await message.text()) },
      );
      socket.send("a");
      socket.send("é".repeat(100_000));
      await eventually(() => texts.length === 2, "both messages");
      assert.deepEqual(texts, ["a", "é".repeat(100_000)]);
    },
  },
];

function buffers(scene: Scene): number {
  scene.adapter.collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

function hexByte(value: number): string {
  return (value & 0xff).toString(16).padStart(2, "0");
}
