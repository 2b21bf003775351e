// Cases: handlers that throw or reject, and the errors that the application is told of.
import assert from "node:assert/strict";
import type { Handlers, Socket } from "../../../src/adapter/socket/handlers.js";
import { masked, type RawPeer } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case, Scene } from "../scene.js";
import { turns } from "../until.js";

type Name = "open" | "message" | "fragment" | "stream" | "ping" | "pong" | "drain" | "close";
const NAMES: readonly Name[] = ["open", "message", "fragment", "stream", "ping", "pong", "drain", "close"];

/** The option that has the handler of this name be called, if it needs one. */
function delivery(name: Name): { readonly deliver?: "fragment" | "stream" } {
  return name === "fragment" || name === "stream" ? { deliver: name } : {};
}

/** Handlers of which one does something, the first time. */
function once(name: Name, act: (socket: Socket) => unknown): Handlers {
  let done = false;
  const handler = (socket: Socket): unknown => {
    if (done) return undefined;
    done = true;
    return act(socket);
  };
  return { [name]: handler };
}

/** Makes the handler of that name be called for a fresh client. */
async function provoke(scene: Scene, name: Name, handlers: Handlers): Promise<[RawPeer, Recorder]> {
  const recorder = new Recorder(handlers);
  const options = { ...delivery(name), limits: { maxBackpressureBytes: 1 << 30 } };
  const server = await scene.serve(options, recorder);
  const peer = await scene.client(server);
  if (name === "message" || name === "fragment" || name === "stream")
    await peer.write(masked("81 01 | 'x'", "81 01 | 'y'"));
  if (name === "ping") await peer.write(masked("89 00 |"));
  if (name === "pong") await peer.write(masked("8a 00 |"));
  if (name === "close") await peer.write(masked("88 00 |"));
  if (name === "drain") recorder.socket.send(new Uint8Array(100_000));
  if (name === "close") peer.end();
  await recorder.until(name);
  return [peer, recorder];
}

/** Reads frames up to the Close, and returns its payload in hex. */
async function closeFrame(peer: RawPeer): Promise<string> {
  for (;;) {
    const [frame] = await peer.frames(1);
    if (frame?.opcode === 8) return Buffer.from(frame.payload).toString("hex");
  }
}

const WAYS = [
  {
    how: "throws",
    fail: (): unknown => {
      throw new Error("mine");
    },
  },
  {
    how: "rejects",
    fail: async (): Promise<never> => {
      await turns(1);
      throw new Error("mine");
    },
  },
];

const quiet = (scene: Scene): unknown[] => {
  const written: unknown[] = [];
  const { error } = console;
  console.error = (...all: unknown[]) => void written.push(...all);
  scene.after(() => {
    console.error = error;
  });
  return written;
};

export const handlerCases: readonly Case[] = [
  ...WAYS.flatMap(({ how, fail }) =>
    NAMES.map(
      (name): Case => ({
        name: `${name} that ${how} ends its connection with 1011, and error() knows`,
        async run(scene) {
          const [peer, recorder] = await provoke(scene, name, once(name, fail));
          await recorder.until("error");
          assert.deepEqual(recorder.errors.map(String), ["Error: mine"]);
          if (name === "close") {
            await peer.expect("88 00");
          } else {
            assert.equal(await closeFrame(peer), "03f3");
            await peer.fin();
            peer.end();
            assert.equal(await recorder.closed(), "close 1006 INTERNAL");
          }
          await turns();
          assert.equal(recorder.count("close"), 1);
        },
      }),
    ),
  ),
  {
    name: "a handler that throws is nobody else's business",
    async run(scene) {
      const recorder = new Recorder({
        message(socket, data) {
          if (data === "throw") throw new Error("mine");
          socket.send(data);
        },
      });
      const server = await scene.serve({}, recorder);
      const bad = await scene.client(server);
      const good = await scene.client(server);
      await good.write(masked("81 02 | 'on'", "01 01 | 'o'"));
      await good.expect("81 02 'on'");
      await bad.write(masked("81 01 | 'a'", "81 05 | 'throw'", "81 01 | 'b'"));
      await bad.expect("81 01 'a' 88 02 03 f3");
      await bad.fin();
      await good.write(masked("80 01 | 'n'"));
      await good.expect("81 02 'on'");
      assert.deepEqual(recorder.messages, ["on", "a", "throw", "on"]);
      assert.equal(server.connections.size, 2, "the one that failed has not ended TCP yet");
    },
  },
  {
    name: "without error() an exception goes to console.error",
    async run(scene) {
      const written = quiet(scene);
      const server = await scene.serve(
        {},
        {
          message() {
            throw new Error("mine");
          },
        },
      );
      const peer = await scene.client(server);
      await peer.write(masked("81 00 |"));
      await peer.expect("88 02 03 f3");
      assert.deepEqual(written.map(String), ["Error: mine"]);
    },
  },
  ...WAYS.map(
    ({ how, fail }): Case => ({
      name: `error() that ${how} itself harms no other connection`,
      async run(scene) {
        const written = quiet(scene);
        const recorder = new Recorder({
          message() {
            throw new Error("first");
          },
          error: fail,
        });
        const server = await scene.serve({}, recorder);
        const peer = await scene.client(server);
        await peer.write(masked("81 00 |"));
        await peer.expect("88 02 03 f3");
        peer.end();
        await recorder.closed();
        await turns();
        assert.equal(recorder.count("error"), 1, "it is not called for its own exception");
        assert.deepEqual(written.map(String), ["Error: mine"]);
      },
    }),
  ),
  {
    name: "a handler that returns a thenable that throws is caught as well",
    async run(scene) {
      const thenable = {
        // biome-ignore lint/suspicious/noThenProperty: that is what it is about
        then(): never {
          throw new Error("mine");
        },
      };
      const recorder = new Recorder({ message: () => thenable });
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      await peer.write(masked("81 00 |"));
      await peer.expect("88 02 03 f3");
      assert.deepEqual(recorder.errors.map(String), ["Error: mine"]);
    },
  },
  ...NAMES.map(
    (name): Case => ({
      name: `close() from inside of ${name}`,
      async run(scene) {
        const [peer, recorder] = await provoke(
          scene,
          name,
          once(name, (socket) => socket.close(4000, "in")),
        );
        if (name === "close") await peer.expect("88 00");
        else {
          assert.equal(await closeFrame(peer), "0fa0696e");
          await peer.write(masked("88 02 | 0f a0"));
        }
        peer.end();
        await recorder.closed();
        await turns();
        assert.equal(recorder.count("close"), 1);
      },
    }),
  ),
  ...NAMES.map(
    (name): Case => ({
      name: `terminate() from inside of ${name}`,
      async run(scene) {
        const recorder = new Recorder(once(name, (socket) => socket.terminate()));
        const options = { ...delivery(name), limits: { maxBackpressureBytes: 1 << 30 } };
        const server = await scene.serve(options, recorder);
        // The 101 may not leave at all, from inside of open().
        const peer = await scene.raw(server);
        await peer.write(
          "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
          masked("81 01 | 'x'", "89 00 |", "8a 00 |", "81 01 | 'y'"),
        );
        await recorder.until("open");
        if (name === "drain") recorder.socket.send(new Uint8Array(100_000));
        if (name === "close") {
          await peer.write(masked("88 00 |"));
          peer.end();
        }
        await recorder.until("close");
        if (name !== "close") {
          await turns();
          assert.equal(recorder.closes[0]?.code, 1006);
        }
        await peer.gone();
        assert.equal(recorder.count("close"), 1);
        assert.equal(recorder.calls.at(-1)?.type, "close");
        if (name === "open") assert.deepEqual(recorder.log, ["open", "close 1006"]);
        if (name === "message") assert.deepEqual(recorder.log, ["open", 'text "x"', "close 1006"]);
        assert.equal(server.connections.size, 0);
      },
    }),
  ),
  ...NAMES.map(
    (name): Case => ({
      name: `send() from inside of ${name}`,
      async run(scene) {
        const [peer] = await provoke(
          scene,
          name,
          once(name, (socket) => assert.equal(socket.send("in"), name === "close" ? "dropped" : "sent")),
        );
        if (name === "close") {
          await peer.expect("88 00");
          await peer.fin();
          return;
        }
        const frames = await peer.frames(name === "drain" || name === "ping" ? 2 : 1);
        const text = frames.find((frame) => frame.opcode === 1);
        assert.equal(Buffer.from(text?.payload ?? []).toString(), "in");
      },
    }),
  ),
  {
    name: "a handler may connect to its own server and wait for an answer",
    async run(scene) {
      const recorder = new Recorder({
        async message(socket, data) {
          if (data !== "ask") {
            socket.send("answer");
            return;
          }
          const inner = new Recorder();
          const other = await scene.connect(server.url, {}, inner);
          other.send("inner");
          await inner.until("message");
          other.close(1000);
          socket.send(`got ${String(inner.messages[0])}`);
        },
      });
      const server = await scene.serve({}, recorder);
      const peer = await scene.client(server);
      await peer.write(masked("81 03 | 'ask'"));
      await peer.expect("81 0a 'got answer'");
    },
  },
];
