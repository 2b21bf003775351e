// Pings and pongs: those that a program sends, and those that the library sends by itself.
import { expect } from "vitest";
import { masked, unmasked } from "../adapters/raw-peer.js";
import { eventually, turns } from "../adapters/until.js";
import { suite } from "./suite.js";
import type { Sendable } from "./surface.js";

suite("control frames", "connections", (test) => {
  for (const method of ["ping", "pong"] as const) {
    for (const [what, data, arrives] of [
      ["nothing", undefined, ""],
      ["text", "hi €", "hi €"],
      ["an empty text", "", ""],
      ["bytes", Buffer.from("hi"), "hi"],
      ["an ArrayBuffer", Uint8Array.of(104, 105).buffer, "hi"],
      ["a number", 0, "0"],
      ["125 bytes", Buffer.alloc(125, "x"), "x".repeat(125)],
      ["a Blob", new Blob(["hi"]), "hi"],
    ] as const satisfies readonly (readonly [string, Sendable | undefined, string])[])
      test(`${method} carries ${what}`, async (scene) => {
        const { server, client } = await scene.pair();
        client.ws[method](data);
        await server.log.until(method);
        server.ws[method](data);
        await client.log.until(method);
        expect(server.log.words).toContain(`${method} ${JSON.stringify(arrives)}`);
        expect(client.log.words).toContain(`${method} ${JSON.stringify(arrives)}`);
      });

    test(`the data of a ${method} is a Buffer`, async (scene) => {
      const { server, client } = await scene.pair();
      const seen: unknown[] = [];
      client.ws.on(method, (data: unknown) => seen.push(data));
      server.ws[method]();
      server.ws[method]("x");
      await client.log.until(method, 2);
      expect(seen).toEqual([Buffer.alloc(0), Buffer.from("x")]);
    });

    test(`${method} takes 125 bytes and no more`, async (scene) => {
      const { client } = await scene.pair();
      const error = new RangeError("The data size must not be greater than 125 bytes");
      for (const data of [Buffer.alloc(126), "€".repeat(42), new Blob(["x".repeat(126)])])
        expect(() => client.ws[method](data)).toThrow(error);
      expect(client.ws.readyState).toBe(1);
    });

    test(`${method} has its callback as its first, second or third argument`, async (scene) => {
      const { client, server } = await scene.pair();
      let count = 0;
      const called = (): void => {
        count++;
      };
      client.ws[method](called);
      client.ws[method]("a", called);
      client.ws[method]("b", true, called);
      client.ws[method]("c", undefined, called);
      await eventually(() => count === 4, "the callbacks");
      await server.log.until(method, 4);
    });

    test(`${method} of a client is masked, unless its argument says no`, async (scene) => {
      const { ws, peer } = await scene.connected();
      ws[method]("a");
      ws[method]("b", false);
      ws[method]("c", true);
      const frames = await peer.frames(3);
      expect(frames.map(({ mask, payload }) => [mask?.length, Buffer.from(payload).toString()])).toEqual([
        [4, "a"],
        [undefined, "b"],
        [4, "c"],
      ]);
    });

    test(`${method} of a server is not masked`, async (scene) => {
      const { ws, peer } = await scene.served();
      ws[method]("a");
      await peer.expect(method === "ping" ? "89 01 61" : "8a 01 61");
    });

    test(`${method} does not change the caller's bytes`, async (scene) => {
      const { client, server } = await scene.pair();
      const bytes = Buffer.from("some bytes to mask");
      client.ws[method](bytes);
      await server.log.until(method);
      expect(bytes.toString()).toBe("some bytes to mask");
    });
  }

  for (const role of ["server", "client"] as const) {
    const write = role === "server" ? masked : unmasked;

    test(`a ${role} answers pings, with their data, before the event`, async (scene) => {
      const { ws, peer } = await scene.raws(role);
      const states: number[] = [];
      ws.on("ping", () => states.push(ws.readyState));
      await peer.write(write("89 02 | 'hi'"));
      const [frame] = await peer.frames(1);
      expect([frame?.opcode, Buffer.from(frame?.payload ?? []).toString()]).toEqual([10, "hi"]);
      expect(states).toEqual([1]);
    });

    test(`a ${role} answers each ping of a read`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      await peer.write(write("89 01 | 'a'", "89 01 | 'b'", "89 00 |"));
      const frames = await peer.frames(3);
      expect(frames.map(({ opcode, payload }) => [opcode, Buffer.from(payload).toString()])).toEqual([
        [10, "a"],
        [10, "b"],
        [10, ""],
      ]);
      expect(log.count("ping")).toBe(3);
    });

    test(`a ${role} with autoPong: false answers no ping`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role, { autoPong: false });
      await peer.write(write("89 01 | 'a'"));
      await log.until("ping");
      ws.send("x");
      const [frame] = await peer.frames(1);
      expect(frame?.opcode).toBe(1);
    });

    test(`a ${role} with autoPong: false may answer itself`, async (scene) => {
      const { ws, peer } = await scene.raws(role, { autoPong: false });
      ws.on("ping", (data: Buffer) => ws.pong(data));
      await peer.write(write("89 01 | 'a'"));
      const [frame] = await peer.frames(1);
      expect([frame?.opcode, Buffer.from(frame?.payload ?? []).toString()]).toEqual([10, "a"]);
    });

    test(`a ${role} whose pong is replaced does not answer by itself`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      const seen: unknown[] = [];
      ws.pong = (data?: unknown) => void seen.push(String(data));
      await peer.write(write("89 01 | 'a'"));
      await log.until("ping");
      await turns();
      expect(seen).toEqual(["a"]);
      expect(peer.byteLength).toBe(0);
    });

    test(`pings to a ${role} that is closing are events without an answer`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      ws.close();
      await peer.frames(1);
      await peer.write(write("89 01 | 'a'", "81 01 | 'm'", "88 00 |"));
      await peer.fin();
      expect(log.words.filter((each) => each !== "open").slice(0, 2)).toEqual(['ping "a"', 'text "m"']);
    });

    test(`a ${role} ends when more than maxPendingAutoPongs wait`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role, { maxPendingAutoPongs: 2 });
      peer.stopReading();
      ws.send(Buffer.alloc(32 << 20));
      await peer.write(write("89 01 | 'a'", "89 01 | 'b'", "89 01 | 'c'"));
      expect(await log.closed()).toBe('close 1006 ""');
      expect(log.count("error")).toBe(0);
    });

    test(`a ${role} with maxPendingAutoPongs: 0 has no limit`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role, { maxPendingAutoPongs: 0 });
      peer.stopReading();
      ws.send(Buffer.alloc(32 << 20));
      for (let i = 0; i < 100; i++) await peer.write(write("89 01 | 'a'"));
      await log.until("ping", 100);
      expect(ws.readyState).toBe(1);
    });

    test(`pongs that nobody asked for are events of a ${role}`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      await peer.write(write("8a 02 | 'hi'", "8a 00 |"));
      await log.until("pong", 2);
      expect(log.words.filter((each) => each !== "open")).toEqual(['pong "hi"', 'pong ""']);
    });
  }
});
