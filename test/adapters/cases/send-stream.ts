// Cases: messages that are sent from streams.
import assert from "node:assert/strict";
import type { Socket } from "../../../src/adapter/socket/handlers.js";
import { gate } from "../../support/gate.js";
import { masked, type RawPeer } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case } from "../scene.js";
import { eventually, soon, turns } from "../until.js";
import { onlyClose, pair } from "./pair.js";

/** Stands for an exception in {@link parts}. */
const failing = Symbol("failing");

async function* parts<Part>(...all: readonly Part[]): AsyncGenerator<Part, void> {
  for (const part of all) {
    await turns(1);
    if (part === failing) throw new Error("mine");
    yield part;
  }
}

/** A stream that gives one part, then waits; and whether it was cancelled. */
class Waiting {
  cancelled = 0;
  #given = 0;

  [Symbol.asyncIterator](): AsyncIterator<string, undefined> {
    return {
      next: () =>
        this.#given++ === 0 ? Promise.resolve({ done: false, value: "first" }) : new Promise(() => {}),
      return: async () => {
        this.cancelled++;
        return { done: true, value: undefined };
      },
    };
  }
}

/** As {@link Waiting}, as a `ReadableStream`. */
function waitingReadable(cancelled: () => void): ReadableStream<string> {
  return new ReadableStream({
    start: (controller) => controller.enqueue("first"),
    pull: () => new Promise(() => {}),
    cancel: cancelled,
  });
}

async function rejection(promise: Promise<unknown>): Promise<Error> {
  const error = await soon(
    promise.then(
      () => undefined,
      (reason: unknown) => reason,
    ),
    "the rejection",
  );
  assert.ok(error instanceof Error);
  return error;
}

export const sendStreamCases: readonly Case[] = [
  {
    name: "the parts of a stream are the fragments of one message, and send waits behind it",
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      const { socket } = recorder;
      const sent = socket.sendStream(parts("a", "\u{1f600}".slice(0, 1), "\u{1f600}".slice(1), ""));
      assert.notEqual(socket.send("b"), "dropped");
      assert.throws(() => socket.sendFragment("c", true), { name: "InvalidStateError" });
      socket.ping("p");
      await sent;
      socket.send("d");
      await peer.expect("89 01 'p' 01 01 'a' 00 00 00 04 f0 9f 98 80 00 00 80 00 81 01 'b' 81 01 'd'");
    },
  },
  {
    name: "streams of strings, bytes, text as bytes, and of no parts at all",
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      const { socket } = recorder;
      const readable = (...all: (string | Uint8Array)[]): ReadableStream<string | Uint8Array> =>
        new ReadableStream({
          start(controller) {
            for (const part of all) controller.enqueue(part);
            controller.close();
          },
        });
      await socket.sendStream(readable("a", "b"));
      await peer.expect("01 01 'a' 00 01 'b' 80 00");
      await socket.sendStream(readable(Uint8Array.of(1), Uint8Array.of(2)));
      await peer.expect("02 01 01 00 01 02 80 00");
      await socket.sendStream(parts(new Uint8Array([0xc3]), new Uint8Array([0xa9])), { type: "text" });
      await peer.expect("01 01 c3 00 01 a9 80 00");
      await socket.sendStream(parts());
      await socket.sendStream(parts(), { type: "text" });
      await peer.expect("82 00 81 00");
    },
  },
  {
    name: "a stream is asked for no more than the peer takes",
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      const { socket } = recorder;
      const total = 48 << 20;
      const chunk = new Uint8Array(64 << 10).fill(7);
      let given = 0;
      let most = 0;
      const generate = async function* (): AsyncGenerator<Uint8Array, void> {
        for (; given < total; given += chunk.length) {
          most = Math.max(most, socket.bufferedAmount);
          yield chunk;
        }
      };
      peer.stopReading();
      const sent = socket.sendStream(generate());
      let before = -1;
      await eventually(() => {
        const still = given === before && socket.bufferedAmount > 0;
        before = given;
        return still;
      }, "a full pipe");
      await turns(20);
      assert.ok(given < total, "it has to wait");
      // Other messages wait behind it, and do not keep it from going on.
      for (let i = 0; i < 4; i++) socket.send(new Uint8Array(100 << 10));
      peer.read();
      await soon(sent, "the message");
      let received = 0;
      for (let fin = false; !fin; ) {
        const [frame] = await peer.frames(1);
        received += frame?.payload.length ?? 0;
        fin = frame?.fin ?? true;
      }
      assert.equal(received, total);
      await peer.frames(4);
      assert.ok(most < 1 << 20, `${most} bytes waited`);
      assert.equal(recorder.count("close"), 0);
    },
  },
  {
    name: "a stream that is ready at all times leaves other connections their turns",
    async run(scene) {
      const { server } = await scene.echo();
      const other = await scene.client(server);
      const { peer, recorder } = await pair(scene);
      let ended = false;
      let given = 0;
      const endless = async function* (): AsyncGenerator<string, void> {
        for (; !ended; given++) yield "x".repeat(10_000);
      };
      const sent = recorder.socket.sendStream(endless());
      peer.socket.removeAllListeners("data");
      peer.socket.resume();
      await eventually(() => given > 100, "some parts");
      await other.write(masked("81 01 | 'a'"));
      await other.expect("81 01 'a'");
      ended = true;
      await soon(sent, "the end");
    },
  },
  {
    name: "no two messages are sent in parts at a time",
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      const { socket } = recorder;
      socket.sendFragment("a", false);
      const untouched = new Waiting();
      assert.equal((await rejection(socket.sendStream(untouched))).name, "InvalidStateError");
      socket.sendFragment("b", true);
      const door = gate();
      const first = socket.sendStream(
        (async function* () {
          yield "c";
          await door.promise;
        })(),
      );
      assert.equal((await rejection(socket.sendStream(untouched))).name, "InvalidStateError");
      assert.equal(untouched.cancelled, 0);
      door.resolve();
      await first;
      await socket.sendStream(parts("d"));
      await peer.expect("01 01 'a' 80 01 'b' 01 01 'c' 80 00 01 01 'd' 80 00");
    },
  },
  {
    name: "values that are no streams, locked streams and wrong options are refused, and nothing is sent",
    async run(scene) {
      const { peer, recorder } = await pair(scene);
      const { socket } = recorder;
      const locked = new ReadableStream();
      locked.getReader();
      for (const wrong of [undefined, null, 5, "text", ["a"], {}, locked])
        assert.ok((await rejection(Reflect.apply(socket.sendStream, socket, [wrong]))) instanceof TypeError);
      for (const options of [null, "text", { fin: true }, { type: 5 }])
        await assert.rejects(Reflect.apply(socket.sendStream, socket, [parts("a"), options]));
      socket.send("b");
      await peer.expect("81 01 'b'");
    },
  },
  ...(
    [
      ["throws after a part", ["a", failing], "Error: mine"],
      ["gives a number", ["a", 5], "TypeError: a message must be a string or bytes"],
      [
        "gives bytes behind text",
        ["a", Uint8Array.of(1)],
        "TypeError: this message is text; all of its fragments must be",
      ],
      [
        "gives text that is not UTF-8 behind text",
        [Uint8Array.of(0x61), Uint8Array.of(0xff)],
        "TypeError: text must be UTF-8",
      ],
    ] as const
  ).map(
    ([what, all, expected]): Case => ({
      name: `a stream that ${what} fails the connection with 1011, and rejects`,
      async run(scene) {
        const { peer, recorder } = await pair(scene);
        const { socket } = recorder;
        const stream = parts<unknown>(...all);
        const options = what.includes("UTF-8") ? { type: "text" } : {};
        const sent: Promise<void> = Reflect.apply(socket.sendStream, socket, [stream, options]);
        const error = String(await rejection(sent));
        assert.equal(error, expected);
        for (let last: number | undefined; last !== 8; ) last = (await peer.frames(1))[0]?.opcode;
        peer.end();
        assert.equal(await recorder.closed(), "close 1006 INTERNAL");
        assert.equal(String(recorder.closes[0]?.failure?.cause), error);
        assert.equal(recorder.count("error"), 0);
      },
    }),
  ),
  ...(
    [
      ["throws", [failing], "Error: mine"],
      ["gives a number", [5], "TypeError: a message must be a string or bytes"],
      ["gives text that is not UTF-8", [Uint8Array.of(0xff)], "TypeError: text must be UTF-8"],
    ] as const
  ).map(
    ([what, all, expected]): Case => ({
      name: `a stream that ${what} before a part was sent rejects, and the connection goes on`,
      async run(scene) {
        const { peer, recorder } = await pair(scene);
        const { socket } = recorder;
        const stream = parts<unknown>(...all);
        const sent: Promise<void> = Reflect.apply(socket.sendStream, socket, [stream, { type: "text" }]);
        assert.equal(socket.send("waited"), "sent");
        assert.equal(String(await rejection(sent)), expected);
        await peer.expect("81 06 'waited'");
        await socket.sendStream(parts("a"));
        await peer.expect("01 01 'a' 80 00");
        assert.equal(socket.state, "open");
      },
    }),
  ),
  ...(
    [
      ["the peer's FIN", (peer) => peer.end(), "close 1006"],
      ["a reset", (peer) => peer.reset(), "close 1006"],
      ["the peer's Close frame", (peer) => peer.write(masked("88 02 | 03 e8")), "close 1000 clean"],
      ["its own close()", (_, socket) => socket.close(1000), "close 1000 clean"],
      ["its own terminate()", (_, socket) => socket.terminate(), "close 1006"],
    ] as const satisfies readonly (readonly [string, (peer: RawPeer, socket: Socket) => unknown, string])[]
  ).map(
    ([what, end, expected]): Case => ({
      name: `${what} in the middle cancels the stream and rejects`,
      ...(what === "a reset" && { needs: ["tcp"] as const }),
      async run(scene) {
        for (const kind of ["iterable", "readable"]) {
          const { peer, recorder } = await pair(scene);
          const { socket } = recorder;
          const iterable = new Waiting();
          const readable = waitingReadable(() => iterable.cancelled++);
          const sent = socket.sendStream(kind === "iterable" ? iterable : readable);
          await peer.expect("01 05 'first'");
          // Nothing happens to a caller that does not look at the promise.
          void sent;
          end(peer, socket);
          const error = await rejection(sent);
          assert.equal(error.name, "IncompleteMessageError");
          await eventually(() => iterable.cancelled === 1, "the cancellation");
          if (what === "its own close()") await peer.write(masked("88 02 | 03 e8"));
          if (what.includes("close") || what.includes("Close")) peer.end();
          await onlyClose(recorder, expected);
          assert.equal((await rejection(socket.sendStream(iterable))).name, "IncompleteMessageError");
          assert.equal(iterable.cancelled, 2);
        }
      },
    }),
  ),
  {
    name: "a message is passed on from one connection to another, and holds its sender back",
    needs: ["pause"],
    async run(scene) {
      const sink = new Recorder();
      const to = await scene.serve({ limits: { maxMessageBytes: 64 << 20 } }, sink);
      const slow = await scene.client(to);
      const target = sink.socket;
      const recorder = new Recorder({
        async stream(socket, message) {
          await target.sendStream(message);
          socket.send("passed on");
        },
      });
      const from = await scene.serve({ deliver: "stream", limits: { maxMessageBytes: 64 << 20 } }, recorder);
      const peer = await scene.client(from);
      slow.stopReading();
      const chunk = masked(`00 7f 00 00 00 00 00 10 00 00 | 07*${1 << 20}`);
      let written = 0;
      const writing = (async () => {
        await peer.write(masked("02 00 |"));
        for (; written < 48; written++) await peer.write(chunk);
        await peer.write(masked("80 00 |"));
      })();
      await eventually(() => peer.socket.writableLength > 0 && target.bufferedAmount > 0, "a full pipe");
      await turns(20);
      assert.ok(written < 48, "the sender has to wait");
      slow.read();
      await writing;
      await peer.expect("81 09 'passed on'");
    },
  },
];
