// Test runners replace the global timers and queues by some that stand still: connections must not stop with them.
import assert from "node:assert/strict";
import { Recorder } from "../recorder.js";
import type { Case, Scene } from "../scene.js";

/** A timer of a clock that stands still. */
const TIMER = { ref: () => TIMER, unref: () => TIMER, refresh: () => TIMER, hasRef: () => false };

/** Puts what calls nothing in the place of each global timer and queue, until the case is over. */
function freeze(scene: Scene): void {
  const names = [
    "setTimeout",
    "setInterval",
    "setImmediate",
    "queueMicrotask",
    "clearTimeout",
    "clearInterval",
  ];
  const places: (readonly [object, string])[] = names.map((name) => [globalThis, name]);
  places.push([performance, "now"], [Date, "now"]);
  // Node's own sockets, where these streams lead to, stand still with it.
  if (!scene.adapter.name.startsWith("streams")) places.push([process, "nextTick"]);
  for (const [holder, name] of places) {
    const original: unknown = Reflect.get(holder, name);
    const calls: unknown[][] = [];
    Reflect.set(holder, name, (...args: unknown[]) => {
      calls.push(args);
      return TIMER;
    });
    scene.after(() => {
      Reflect.set(holder, name, original);
      // Of others: of the runtime, and of the runner of these tests.
      if (typeof original === "function" && !name.startsWith("clear")) {
        for (const args of calls) Reflect.apply(original, holder, args);
      }
    });
  }
}

export const frozenClockCases: readonly Case[] = [
  {
    name: "messages pass both ways while the global timers and queues stand still",
    async run(scene) {
      const { server, recorder } = await scene.echo();
      const ours = new Recorder();
      const socket = await scene.connect(server.url, {}, ours);
      socket.send("warm");
      await ours.until("message");
      freeze(scene);
      for (const message of ["one", "two", "three"]) socket.send(message);
      await ours.until("message", 4);
      // Outside of a read.
      recorder.socket.send("four");
      await ours.until("message", 5);
      assert.deepEqual(ours.messages, ["warm", "one", "two", "three", "four"]);
    },
  },
  {
    name: "time-outs run out while the global timers stand still",
    async run(scene) {
      const { server } = await scene.echo();
      const ours = new Recorder();
      const socket = await scene.connect(server.url, { timeouts: { pingIntervalMs: 40 } }, ours);
      socket.send("warm");
      await ours.until("message");
      freeze(scene);
      await ours.until("pong");
    },
  },
];
