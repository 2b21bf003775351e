// pause() and resume().
import { expect } from "vitest";
import { masked, unmasked } from "../adapters/raw-peer.js";
import { turns } from "../adapters/until.js";
import { suite } from "./suite.js";

suite("pausing", "connections", (test) => {
  for (const role of ["server", "client"] as const) {
    const write = role === "server" ? masked : unmasked;

    test(`a ${role} that is paused gets nothing until it is resumed`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      ws.pause();
      expect(ws.isPaused).toBe(true);
      await peer.write(write("81 01 | 'a'", "81 01 | 'b'"));
      await turns(20);
      expect(log.count("message")).toBe(0);
      ws.resume();
      expect(ws.isPaused).toBe(false);
      await log.until("message", 2);
      expect(log.words.filter((each) => each !== "open")).toEqual(['text "a"', 'text "b"']);
    });

    test(`a ${role} may be paused and resumed many times`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      for (let i = 1; i <= 20; i++) {
        ws.pause();
        ws.pause();
        await peer.write(write("81 01 | 'a'"));
        await turns(1);
        ws.resume();
        ws.resume();
        await log.until("message", i);
      }
    });

    test(`pause() of a ${role} in a listener lets the rest of the read through`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      ws.once("message", () => ws.pause());
      await peer.write(write("81 01 | 'a'", "81 01 | 'b'"));
      await log.until("message", 2);
      expect(ws.isPaused).toBe(true);
      await peer.write(write("81 01 | 'c'"));
      await turns(20);
      expect(log.count("message")).toBe(2);
      ws.resume();
      await log.until("message", 3);
    });

    test(`a ${role} that is paused sends`, async (scene) => {
      const { ws, peer } = await scene.raws(role);
      ws.pause();
      ws.send("x");
      ws.ping();
      expect((await peer.frames(2)).map(({ opcode }) => opcode)).toEqual([1, 9]);
    });

    test(`a ${role} that is paused does not see the peer's end`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      ws.pause();
      await peer.write(write("81 01 | 'a'"));
      peer.end();
      await turns(20);
      expect(log.words.filter((each) => each !== "open")).toEqual([]);
      ws.resume();
      await log.closed();
      expect(log.words.filter((each) => each !== "open")).toEqual(['text "a"', 'close 1006 ""']);
    });

    test.differs("reading while paused", `the peer's end comes to a ${role} that is paused`, {
      async ws(scene) {
        const { ws, peer, log } = await scene.raws(role);
        ws.pause();
        peer.end();
        expect(await log.closed()).toBe('close 1006 ""');
        expect(ws.isPaused).toBe(true);
      },
      async wsimd(scene) {
        const { ws, peer, log } = await scene.raws(role);
        ws.pause();
        peer.end();
        await turns();
        ws.resume();
        expect(await log.closed()).toBe('close 1006 ""');
      },
    });

    test(`terminate() of a ${role} that is paused ends it, and it stays paused`, async (scene) => {
      const { ws, log } = await scene.raws(role);
      ws.pause();
      ws.terminate();
      expect(await log.closed()).toBe('close 1006 ""');
      expect(ws.isPaused).toBe(true);
      ws.resume();
      expect(ws.isPaused).toBe(true);
    });

    test(`pause() of a ${role} does nothing when it is closed`, async (scene) => {
      const { ws, log } = await scene.raws(role);
      ws.terminate();
      await log.closed();
      ws.pause();
      expect(ws.isPaused).toBe(false);
    });

    test(`pause() of a ${role} pauses the socket`, async (scene) => {
      const { ws } = await scene.raws(role);
      expect(ws._socket.isPaused()).toBe(false);
      ws.pause();
      expect(ws._socket.isPaused()).toBe(true);
      ws.resume();
      expect(ws._socket.isPaused()).toBe(false);
    });

    test(`a ${role} is not paused when it is closing by a Close frame in the same read`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      ws.once("message", () => ws.pause());
      await peer.write(write("81 01 | 'a'", "88 02 | 03 e8"));
      await peer.frames(1);
      peer.end();
      expect(await log.closed()).toBe('close 1000 ""');
    });
  }
});
