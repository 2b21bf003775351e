// Cases: asynchronous handlers that are awaited before the next event, and messages behind the own close().
import assert from "node:assert/strict";
import type { Handlers, Socket } from "../../../src/adapter/socket/handlers.js";
import type { ListenOptions } from "../adapter.js";
import { masked, type RawPeer, request } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case, Scene } from "../scene.js";
import { eventually, turns } from "../until.js";

/** A server with sequential handlers, and a raw client. */
async function sequential(
  scene: Scene,
  handlers: Handlers,
  options: ListenOptions = {},
): Promise<{ peer: RawPeer; recorder: Recorder; server: Awaited<ReturnType<Scene["serve"]>> }> {
  const recorder = new Recorder(handlers);
  const server = await scene.serve({ sequential: true, ...options }, recorder);
  return { peer: await scene.client(server), recorder, server };
}

/** Doors that a handler waits at, one for each call. */
class Doors {
  readonly #doors: (() => void)[] = [];
  /** How many have come to their door. */
  get count(): number {
    return this.#doors.length;
  }
  wait(): Promise<void> {
    return new Promise((resolve) => this.#doors.push(resolve));
  }
  open(index: number): void {
    this.#doors[index]?.();
  }
}

export const sequentialCases: readonly Case[] = [
  {
    name: "a message is delivered when the handler of the one before has settled, with all that is behind it",
    async run(scene) {
      const doors = new Doors();
      const { peer, recorder } = await sequential(scene, {
        async message(socket, data) {
          await doors.wait();
          socket.send(data);
        },
      });
      await peer.write(masked("81 01 | 'a'", "89 01 | 'p'", "81 01 | 'b'"));
      await peer.write(masked("81 01 | 'c'", "88 02 | 03 e8"));
      await eventually(() => doors.count === 1, "the first message");
      await turns(20);
      assert.deepEqual(recorder.log, ["open", 'text "a"']);
      assert.equal(peer.byteLength, 0);
      doors.open(0);
      await peer.expect("81 01 'a' 8a 01 'p'");
      await eventually(() => doors.count === 2, "the second message");
      doors.open(1);
      await peer.expect("81 01 'b'");
      await eventually(() => doors.count === 3, "the third message");
      doors.open(2);
      await peer.expect("81 01 'c' 88 02 03 e8");
      await peer.fin();
      peer.end();
      assert.equal(await recorder.closed(), "close 1000 clean");
    },
  },
  {
    name: "without the option, handlers overlap",
    async run(scene) {
      const doors = new Doors();
      const { peer } = await sequential(
        scene,
        {
          async message(socket, data) {
            await doors.wait();
            socket.send(data);
          },
        },
        { sequential: false },
      );
      await peer.write(masked("81 01 | 'a'", "81 01 | 'b'"));
      await eventually(() => doors.count === 2, "both messages");
      doors.open(1);
      await peer.expect("81 01 'b'");
      doors.open(0);
      await peer.expect("81 01 'a'");
    },
  },
  ...(
    [
      ["message", {}, "81 01 | 'x'"],
      ["fragment", { deliver: "fragment" }, "01 01 | 'x'"],
      ["stream", { deliver: "stream" }, "81 01 | 'x'"],
    ] as const
  ).map(
    ([name, options, frame]): Case => ({
      name: `thousands of calls of ${name} that wait for a while are in order, in reads of any kind`,
      async run(scene) {
        const seen: number[] = [];
        let running = 0;
        const handle = async (_: Socket, payload: unknown): Promise<void> => {
          assert.equal(running++, 0);
          seen.push(seen.length);
          const length = seen.length;
          if (length % 7 === 0) await turns(1);
          else if (length % 3 === 0) await undefined;
          if (typeof payload === "object" && payload !== null && "text" in payload) {
            for await (const _piece of Object(payload)) await undefined;
          }
          running--;
        };
        const handlers: Handlers =
          name === "message"
            ? { message: handle }
            : name === "fragment"
              ? { fragment: handle }
              : { stream: handle };
        const { peer, recorder } = await sequential(scene, handlers, options);
        const one = Buffer.from(masked(frame));
        const rest = Buffer.from(masked("00 01 | 'x'"));
        const unit = name === "fragment" ? rest : one;
        const many = Buffer.alloc(unit.length * 3_000, unit);
        if (name === "fragment") await peer.write(one);
        for (let at = 0; at < many.length; at += 5_003) await peer.write(many.subarray(at, at + 5_003));
        await peer.write(masked(name === "fragment" ? "80 00 |" : "81 00 |", "88 02 | 03 e8"));
        peer.end();
        assert.equal(await recorder.closed(), "close 1000 clean");
        assert.equal(seen.length, name === "fragment" ? 3_002 : 3_001);
        assert.equal(running, 0);
      },
    }),
  ),
  {
    name: "messages wait until the promise of open has settled, those behind the handshake too",
    async run(scene) {
      const doors = new Doors();
      const recorder = new Recorder({
        open: () => doors.wait(),
        message: (socket, data) => void socket.send(data),
      });
      const server = await scene.serve({ sequential: true }, recorder);
      const peer = await scene.raw(server);
      await peer.write(request(), masked("81 01 | 'a'"));
      assert.match(await peer.head(), /^HTTP\/1\.1 101 /);
      await peer.write(masked("81 01 | 'b'"));
      await turns(20);
      assert.deepEqual(recorder.log, ["open"]);
      doors.open(0);
      await peer.expect("81 01 'a' 81 01 'b'");
    },
  },
  {
    name: "a handler that rejects fails the connection, and what is behind is not delivered",
    async run(scene) {
      const { peer, recorder } = await sequential(scene, {
        async message() {
          await turns(1);
          throw new Error("mine");
        },
      });
      await peer.write(masked("81 01 | 'a'", "81 01 | 'b'"));
      await peer.expect("88 02 03 f3");
      await peer.write(masked("81 01 | 'c'"));
      await peer.fin();
      peer.end();
      assert.equal(await recorder.closed(), "close 1006 INTERNAL");
      assert.deepEqual(recorder.log, ["open", 'text "a"', "error Error: mine", "close 1006 INTERNAL"]);
    },
  },
  {
    name: "a peer that goes on is held back while a handler runs",
    needs: ["pause"],
    async run(scene) {
      const doors = new Doors();
      let bytes = 0;
      const { peer } = await sequential(
        scene,
        {
          async message(_, data) {
            if (bytes === 0) await doors.wait();
            bytes += data.length;
          },
        },
        { limits: { maxMessageBytes: 1 << 20 } },
      );
      const message = masked(`82 7f 00 00 00 00 00 10 00 00 | 5a*${1 << 20}`);
      let written = 0;
      const writing = (async () => {
        for (; written < 32; written++) await peer.write(message);
      })();
      await eventually(() => doors.count === 1 && peer.socket.writableLength > 0, "a full pipe");
      await turns(20);
      assert.ok(written < 32, "the peer has to wait");
      doors.open(0);
      await writing;
      await eventually(() => bytes === 32 << 20, "all messages");
    },
  },
  {
    name: "a long handler is no silence of the peer",
    async run(scene) {
      const doors = new Doors();
      const { peer, recorder } = await sequential(
        scene,
        { message: () => doors.wait() },
        { timeouts: { pingIntervalMs: 40, pingTimeoutMs: 40 } },
      );
      const silent = new Recorder();
      const other = await scene.serve({ timeouts: { pingIntervalMs: 150, pingTimeoutMs: 150 } }, silent);
      await scene.client(other);
      await peer.write(masked("81 01 | 'a'"));
      await silent.closed();
      assert.equal(recorder.count("close"), 0);
      doors.open(0);
      // Silence counts again.
      await peer.expect("89 00");
    },
  },
  {
    name: "the close event comes behind the handlers of all messages that came before the end",
    async run(scene) {
      const doors = new Doors();
      const { peer, recorder } = await sequential(scene, {
        async message(_, data) {
          await doors.wait();
          recorder.calls.push({
            type: "message",
            socket: recorder.socket,
            data: `${data} done`,
            messageType: "text",
          });
        },
      });
      await peer.write(masked("81 01 | 'a'", "81 01 | 'b'"));
      peer.end();
      await eventually(() => doors.count === 1, "the first message");
      await turns(20);
      doors.open(0);
      await eventually(() => doors.count === 2, "the second message");
      await turns(20);
      assert.equal(recorder.count("close"), 0);
      doors.open(1);
      await recorder.closed();
      assert.deepEqual(recorder.log, [
        "open",
        'text "a"',
        'text "a done"',
        'text "b"',
        'text "b done"',
        "close 1006",
      ]);
    },
  },
  {
    name: "handlers that never settle hold back no terminate(), nor the end of a reset connection",
    needs: ["tcp"],
    async run(scene) {
      const never = (): Promise<void> => new Promise(() => {});
      const ends: readonly ((peer: RawPeer, socket: Socket) => void)[] = [
        (_, socket) => socket.terminate(),
        (peer) => peer.reset(),
        (_, socket) => socket.close(1000),
      ];
      for (const end of ends) {
        const { peer, recorder } = await sequential(scene, { message: never }, { timeouts: { closeMs: 50 } });
        await peer.write(masked("81 01 | 'a'", "81 01 | 'b'", "88 00 |"));
        await recorder.until("message");
        end(peer, recorder.socket);
        assert.equal(await recorder.closed(), "close 1006");
        assert.equal(recorder.count("message"), 1);
        await turns();
        assert.equal(recorder.count("close"), 1);
      }
    },
  },
  {
    name: "a handler that sends a stream ends with its connection, and the close event follows",
    needs: ["tcp"],
    async run(scene) {
      const chunk = new Uint8Array(64 << 10);
      const endless = async function* (): AsyncGenerator<Uint8Array, void> {
        for (;;) yield chunk;
      };
      const errors: string[] = [];
      const { peer, recorder } = await sequential(scene, {
        message: (socket) => socket.sendStream(endless()),
        error: (_socket, error) => errors.push(String(error)),
      });
      peer.stopReading();
      await peer.write(masked("81 01 | 'a'", "81 01 | 'b'"));
      await eventually(() => (recorder.calls.at(-1)?.socket?.bufferedAmount ?? 0) > 0, "a full pipe");
      peer.reset();
      assert.equal(await recorder.closed(), "close 1006");
      assert.deepEqual(errors, []);
    },
  },
  {
    name: "handlers that never settle hold back no close() of the server",
    async run(scene) {
      for (const name of ["open", "message", "stream"] as const) {
        const { peer, recorder, server } = await sequential(
          scene,
          { [name]: () => new Promise(() => {}) },
          name === "stream" ? { deliver: "stream" } : {},
        );
        await peer.write(masked("81 01 | 'a'"));
        await recorder.until(name);
        await server.close({ timeoutMs: 50 });
        assert.equal(recorder.closes.length, 1);
        assert.equal(server.connections.size, 0);
      }
    },
  },
  {
    name: "pause() in a handler lasts beyond its promise",
    needs: ["pause"],
    async run(scene) {
      const doors = new Doors();
      const { peer, recorder } = await sequential(scene, {
        message(socket, data) {
          if (data !== "a") return undefined;
          socket.pause();
          return doors.wait();
        },
      });
      await peer.write(masked("81 01 | 'a'"));
      await recorder.until("message");
      doors.open(0);
      await turns();
      await peer.write(masked("81 01 | 'b'"));
      await turns(20);
      assert.equal(recorder.count("message"), 1);
      recorder.socket.resume();
      await recorder.until("message", 2);
    },
  },
  {
    name: "a connection whose handlers are quick promises does not keep the others waiting",
    async run(scene) {
      let handled = 0;
      const { peer, server } = await sequential(scene, {
        async message(socket, data) {
          handled++;
          if (data === "last" || data === "other") socket.send(String(handled));
        },
      });
      const other = await scene.client(server);
      const one = Buffer.from(masked("81 01 | 'a'"));
      const count = 30_000;
      const flood = peer.write(Buffer.alloc(one.length * count, one), masked("81 04 | 'last'"));
      await eventually(() => handled > 0, "the first message");
      await other.write(masked("81 05 | 'other'"));
      const [answer] = await other.frames(1);
      const at = Number(Buffer.from(answer?.payload ?? []).toString());
      assert.ok(at < count, `it was handled behind ${at} messages`);
      await flood;
      await peer.frames(1);
    },
  },
  {
    name: "messages behind the own close() are delivered, or discarded with discardAfterClose",
    async run(scene) {
      for (const discardAfterClose of [false, true]) {
        const recorder = new Recorder({ message: (socket) => socket.close(1000) });
        const server = await scene.serve({ discardAfterClose }, recorder);
        const peer = await scene.client(server);
        await peer.write(masked("81 01 | 'a'", "81 01 | 'b'", "89 00 |"));
        await peer.write(masked("01 01 | 'c'", "80 00 |", "88 02 | 03 e8"));
        peer.end();
        assert.equal(await recorder.closed(), "close 1000 clean");
        const kept = discardAfterClose ? [] : ['text "b"'];
        const later = discardAfterClose ? [] : ['text "c"'];
        assert.deepEqual(recorder.log, ["open", 'text "a"', ...kept, "ping", ...later, "close 1000 clean"]);
      }
    },
  },
  {
    name: "so are fragments and streams",
    async run(scene) {
      for (const deliver of ["fragment", "stream"] as const) {
        const recorder = new Recorder({
          [deliver]: (socket: Socket) => socket.close(1000),
        });
        const server = await scene.serve({ deliver, discardAfterClose: true }, recorder);
        const peer = await scene.client(server);
        await peer.write(masked("81 01 | 'a'", "81 01 | 'b'", "82 01 | 00"));
        await peer.write(masked("81 01 | 'c'", "88 02 | 03 e8"));
        peer.end();
        assert.equal(await recorder.closed(), "close 1000 clean");
        assert.equal(recorder.count(deliver), 1);
      }
    },
  },
];
