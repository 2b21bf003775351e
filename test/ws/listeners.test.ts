// Listeners: the order of events, those that throw, and how many events a turn has.
import { expect } from "vitest";
import { masked, unmasked } from "../adapters/raw-peer.js";
import { eventually, turns } from "../adapters/until.js";
import type { RawPair, Scene } from "./scene.js";
import { suite } from "./suite.js";

suite("listeners", "connections", (test) => {
  for (const role of ["server", "client"] as const) {
    const write = role === "server" ? masked : unmasked;
    const READ = ["81 01 | 'a'", "89 01 | 'p'", "82 01 | 'b'", "8a 01 | 'q'", "81 01 | 'c'"];
    const EVENTS = ['text "a"', 'ping "p"', "binary 62", 'pong "q"', 'text "c"'];

    test(`the events of a read come to a ${role} in order, in one turn`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      let turn = 0;
      const seen: number[] = [];
      const count = (): void => {
        turn++;
        setImmediate(count).unref();
      };
      for (const type of ["message", "ping", "pong"]) ws.on(type, () => seen.push(turn));
      setImmediate(count);
      await peer.write(write(...READ));
      await log.until("message", 3);
      expect(log.words.filter((each) => each !== "open")).toEqual(EVENTS);
      expect(new Set(seen).size).toBe(1);
    });

    test(`with allowSynchronousEvents: false each event of a ${role} has a turn of its own`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role, { allowSynchronousEvents: false });
      const seen: string[] = [];
      for (const type of ["message", "ping", "pong"])
        ws.on(type, () => {
          seen.push("event");
          queueMicrotask(() => seen.push("microtask"));
        });
      await peer.write(write(...READ));
      await log.until("message", 3);
      await turns();
      expect(log.words.filter((each) => each !== "open")).toEqual(EVENTS);
      expect(seen).toEqual(EVENTS.flatMap(() => ["event", "microtask"]));
    });

    test(`with allowSynchronousEvents: false a Close frame to a ${role} comes behind the messages`, async (scene) => {
      const { peer, log } = await scene.raws(role, { allowSynchronousEvents: false });
      await peer.write(write("81 01 | 'a'", "81 01 | 'b'", "88 02 | 03 e8"));
      peer.end();
      await log.closed();
      expect(log.words.filter((each) => each !== "open")).toEqual(['text "a"', 'text "b"', 'close 1000 ""']);
    });

    test(`a listener of a ${role} that throws is an uncaught exception, and no failure of the peer's`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      const error = new Error("thrown by a listener");
      ws.once("message", () => {
        throw error;
      });
      await peer.write(write("81 01 | 'a'"));
      const caught: unknown[] = [];
      await eventually(() => {
        caught.push(...scene.uncaught());
        return caught.length > 0;
      }, "the exception");
      expect(caught).toEqual([error]);
      expect(log.count("error")).toBe(0);
      expect(ws.readyState).toBe(1);
      ws.send("x");
      expect((await peer.frames(1))[0]?.opcode).toBe(1);
    });

    const thrown = async (scene: Scene): Promise<RawPair> => {
      const end = await scene.raws(role);
      end.ws.once("message", () => {
        throw new Error("thrown by a listener");
      });
      await end.peer.write(write("81 01 | 'a'"));
      await eventually(() => scene.uncaught().length > 0, "the exception");
      await end.peer.write(write("81 01 | 'b'"));
      return end;
    };
    test.differs("after an exception", `a message behind one whose listener of a ${role} threw`, {
      async ws(scene) {
        const { log } = await thrown(scene);
        await turns(20);
        expect(log.words).not.toContain('text "b"');
      },
      async wsimd(scene) {
        const { log } = await thrown(scene);
        await log.until("message", 2);
        expect(log.words).toContain('text "b"');
      },
    });

    test(`a listener that a ${role} adds in an event gets the next one`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      const seen: string[] = [];
      ws.once("message", () => ws.on("message", (data: Buffer) => seen.push(data.toString())));
      await peer.write(write("81 01 | 'a'", "81 01 | 'b'"));
      await log.until("message", 2);
      expect(seen).toEqual(["b"]);
    });

    test(`listeners of a ${role} are called with the WebSocket as this`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      const seen: unknown[] = [];
      for (const type of ["message", "ping", "close"])
        ws.on(type, function (this: unknown) {
          seen.push(this === ws);
        });
      await peer.write(write("81 01 | 'a'", "89 00 |"));
      peer.end();
      await log.closed();
      expect(seen).toEqual([true, true, true]);
    });

    test(`messages to a ${role} without a listener are dropped`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      ws.removeAllListeners("message");
      await peer.write(write("81 01 | 'a'", "89 00 |"));
      await log.until("ping");
      expect(log.count("message")).toBe(0);
    });

    test(`the microtasks of a listener of a ${role} run after the read`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      const seen: string[] = [];
      ws.on("message", (data: Buffer) => {
        seen.push(data.toString());
        queueMicrotask(() => seen.push(`after ${data.toString()}`));
      });
      await peer.write(write("81 01 | 'a'", "81 01 | 'b'"));
      await log.until("message", 2);
      expect(seen).toEqual(["a", "b", "after a", "after b"]);
    });

    test(`messages are still delivered to a ${role} when all but its listeners is forgotten`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      for (let i = 0; i < 10; i++) {
        await peer.write(write("81 01 | 'a'"));
        await turns(1);
      }
      await log.until("message", 10);
    });
  }
});
