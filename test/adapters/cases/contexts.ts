// The asynchronous contexts in which handlers run, as `AsyncLocalStorage` shows them.
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import type { Socket } from "../../../src/adapter/socket/handlers.js";
import { masked } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case } from "../scene.js";
import { turns } from "../until.js";

const storage = new AsyncLocalStorage<unknown>();

/** A recorder that also notes the store of each call. */
function noting(): { recorder: Recorder; stores: Map<string, Set<unknown>> } {
  const stores = new Map<string, Set<unknown>>();
  const note = (name: string) => (): void => {
    const seen = stores.get(name) ?? new Set();
    stores.set(name, seen.add(storage.getStore()));
  };
  const recorder = new Recorder({
    open: note("open"),
    message(_, data) {
      note("message")();
      if (data === "throw") throw new Error("mine");
    },
    ping: note("ping"),
    pong: note("pong"),
    drain: note("drain"),
    close: note("close"),
    error: note("error"),
  });
  return { recorder, stores };
}

const LARGE = new Uint8Array(4 << 20);

export const contextCases: readonly Case[] = [
  {
    name: "each handler of a client runs in the context in which it was connected",
    needs: ["tcp"],
    async run(scene) {
      const server = await scene.wsServer();
      const sides = ["one", "two", "three"].map((name) => ({ name, ...noting() }));
      const limits = { maxBackpressureBytes: 1 << 30 };
      const sockets: Socket[] = [];
      for (const { name, recorder } of sides) {
        sockets.push(await storage.run(name, () => scene.connect(server.url, { limits }, recorder)));
      }
      for (const peer of server.peers) peer.stopReading();
      // What all of them do in one turn, in a context of another owner, is flushed together.
      storage.run("stranger", () => {
        for (const socket of sockets) for (let i = 0; i < 4; i++) socket.send(LARGE);
      });
      await turns(2);
      for (const peer of server.peers) await peer.write(Buffer.from("89008a00810178", "hex"));
      for (const { recorder } of sides) await recorder.until("message");
      for (const peer of server.peers) peer.read();
      for (const { recorder } of sides) await recorder.until("drain");
      const throwing = Buffer.concat([Buffer.from([0x81, 5]), Buffer.from("throw")]);
      await server.peers[0]?.write(throwing);
      await sides[0]?.recorder.until("error");
      storage.run("stranger", () => {
        for (const socket of sockets.slice(1)) socket.terminate();
      });
      server.peers[0]?.destroy();
      for (const { recorder } of sides) await recorder.until("close");
      for (const { name, stores } of sides)
        for (const [handler, seen] of stores) assert.deepEqual([...seen], [name], `${handler} of ${name}`);
      assert.deepEqual([...(sides[0]?.stores.keys() ?? [])].sort(), [
        ...["close", "drain", "error", "message", "open", "ping", "pong"],
      ]);
    },
  },
  {
    name: "messages that wait for their turn come in the context of their socket",
    async run(scene) {
      const server = await scene.wsServer();
      const { recorder, stores } = noting();
      await storage.run("mine", () => scene.connect(server.url, {}, recorder));
      const [peer] = server.peers;
      const many = Buffer.concat(Array.from({ length: 60_000 }, () => Buffer.from("810178", "hex")));
      await peer?.write(many);
      await recorder.until("message", 60_000);
      assert.deepEqual([...(stores.get("message") ?? [])], ["mine"]);
    },
  },
  {
    name: "shared timers keep no context alive",
    async run(scene) {
      const server = await scene.serve({}, new Recorder());
      const references: WeakRef<object>[] = [];
      // The first connection with a duration starts its timer. It leaves, and the second keeps the timer going.
      for (let i = 0; i < 4; i++) {
        const timeouts = { pingIntervalMs: 1_234_567 + i };
        const store = { large: new Uint8Array(1 << 20) };
        references.push(new WeakRef(store));
        const first = await storage.run(store, () => scene.adapter.connect(server.url, { timeouts }));
        await scene.connect(server.url, { timeouts });
        first.terminate();
      }
      await scene.connections(server, 4);
      // One context may be the current one of the task that is under way, and a collector that scans the stack may take a number for
      // an address. A timer that kept contexts alive would keep all of them.
      await scene.eventually(() => {
        scene.adapter.collectGarbage();
        return references.filter((each) => each.deref() === undefined).length >= 3;
      }, "the stores to be collected");
    },
  },
  {
    name: "a console that throws in the middle of a turn silences no other socket",
    async run(scene) {
      // No error handler: exceptions of handlers go to the console.
      const server = await scene.serve(
        {},
        {
          message(socket) {
            socket.send("answer");
            throw new Error("mine");
          },
        },
      );
      const { error } = console;
      scene.after(() => {
        console.error = error;
      });
      console.error = () => {
        throw new Error("the console is broken");
      };
      const peers = [await scene.client(server), await scene.client(server), await scene.client(server)];
      await Promise.all(peers.map((peer) => peer.write(masked("81 01 | 'x'"))));
      for (const peer of peers) await peer.expect("81 06 'answer' 88 02 03 f3");
    },
  },
];
