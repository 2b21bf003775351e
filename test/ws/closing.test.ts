// The end of a connection: close codes, reasons, who ends what, and ends without a Close frame.
import { expect } from "vitest";
import { masked, unmasked } from "../adapters/raw-peer.js";
import { eventually, turns, until } from "../adapters/until.js";
import { suite } from "./suite.js";
import type { Bytes, CloseEvent } from "./surface.js";

const VALID = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];
const INVALID = [0, 999, 1004, 1005, 1006, 1015, 1016, 1999, 2000, 2999, 5000, -1, Number.NaN];

suite("closing", "connections", (test) => {
  test("close() without a code is 1005 on both sides", async (scene) => {
    const { server, client } = await scene.pair();
    client.ws.close();
    expect(client.ws.readyState).toBe(2);
    expect(await client.log.closed()).toBe('close 1005 ""');
    expect(await server.log.closed()).toBe('close 1005 ""');
    expect([client.ws.readyState, server.ws.readyState]).toEqual([3, 3]);
  });

  for (const code of VALID)
    test(`close(${code}) is ${code} on both sides`, async (scene) => {
      const { server, client } = await scene.pair();
      server.ws.close(code, "why");
      expect(await client.log.closed()).toBe(`close ${code} "why"`);
      expect(await server.log.closed()).toBe(`close ${code} "why"`);
      expect([...client.log.errors, ...server.log.errors]).toEqual([]);
    });

  for (const code of [...INVALID, "1000", null, {}])
    test(`close(${typeof code === "number" ? code : JSON.stringify(code)}) throws, and the connection goes on`, async (scene) => {
      const { server, client } = await scene.pair();
      expect(() => Reflect.apply(client.ws.close, client.ws, [code])).toThrow(
        new TypeError("First argument must be a valid error code number"),
      );
      expect(client.ws.readyState).toBe(1);
      client.ws.send("x");
      await server.log.until("message");
    });

  for (const [what, reason] of [
    ["text", "bye €"],
    ["an empty text", ""],
    ["a Buffer", Buffer.from("bye €")],
    ["a Uint8Array", new Uint8Array(Buffer.from("bye €"))],
    ["123 bytes", "x".repeat(123)],
  ] as const satisfies readonly (readonly [string, Bytes])[])
    test(`a reason may be ${what}`, async (scene) => {
      const { server, client } = await scene.pair();
      client.ws.close(1000, reason);
      expect(await server.log.closed()).toBe(`close 1000 ${JSON.stringify(Buffer.from(reason).toString())}`);
      expect(await client.log.closed()).toBe(`close 1000 ${JSON.stringify(Buffer.from(reason).toString())}`);
    });

  for (const reason of ["x".repeat(124), "€".repeat(42), Buffer.alloc(124)])
    test(`a reason of ${Buffer.byteLength(reason)} bytes throws`, async (scene) => {
      const { client } = await scene.pair();
      expect(() => client.ws.close(1000, reason)).toThrow(
        new RangeError("The message must not be greater than 123 bytes"),
      );
      expect(client.ws.readyState).toBe(1);
    });

  test("a reason without a code is not sent", async (scene) => {
    const { ws, peer } = await scene.served();
    ws.close(undefined, "why");
    await peer.expect("88 00");
  });

  test("the reason of a close event is a Buffer", async (scene) => {
    const { server, client } = await scene.pair();
    const seen: unknown[] = [];
    client.ws.on("close", (...args) => seen.push(args));
    server.ws.close(4000, "why");
    await client.log.closed();
    expect(seen).toEqual([[4000, Buffer.from("why")]]);
  });

  for (const role of ["server", "client"] as const) {
    const write = role === "server" ? masked : unmasked;

    test(`a ${role} echoes the code and the reason`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      await peer.write(write("88 05 | 0f a0 'bye'"));
      const [frame] = await peer.frames(1);
      expect([frame?.opcode, ...(frame?.payload ?? [])]).toEqual([8, 0x0f, 0xa0, ...Buffer.from("bye")]);
      await peer.fin();
      peer.end();
      expect(await log.closed()).toBe('close 4000 "bye"');
    });

    test(`a ${role} answers an empty Close frame with an empty one`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      await peer.write(write("88 00 |"));
      const [frame] = await peer.frames(1);
      expect([frame?.opcode, frame?.payload.length]).toEqual([8, 0]);
      await peer.fin();
      peer.end();
      expect(await log.closed()).toBe('close 1005 ""');
    });

    test(`a ${role} ends its side when both Close frames have passed, and waits for the other's end`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      ws.close(1000);
      await peer.frames(1);
      expect(peer.ended).toBe(false);
      await peer.write(write("88 02 | 03 e8"));
      await peer.fin();
      await turns();
      expect(log.count("close")).toBe(0);
      expect(ws.readyState).toBe(2);
      peer.end();
      expect(await log.closed()).toBe('close 1000 ""');
    });

    test(`messages to a ${role} that is closing are delivered`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      ws.close();
      await peer.frames(1);
      await peer.write(write("81 01 | 'a'"));
      await log.until("message");
      await peer.write(write("88 00 |"));
      await peer.fin();
      peer.end();
      await log.closed();
      expect(log.words.filter((each) => each !== "open")).toEqual(['text "a"', 'close 1005 ""']);
    });

    test(`what comes to a ${role} behind a Close frame is not looked at`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      await peer.write(write("88 00 |", "81 01 | 'a'", "85 00 |"));
      await peer.frames(1);
      await peer.fin();
      peer.end();
      await log.closed();
      expect(log.words.filter((each) => each !== "open")).toEqual(['close 1005 ""']);
    });

    test(`an end without a Close frame is 1006 for a ${role}`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      peer.end();
      expect(await log.closed()).toBe('close 1006 ""');
      expect(ws.readyState).toBe(3);
      expect(log.count("error")).toBe(0);
      await peer.gone();
    });

    test(`an end in the middle of a frame is 1006 for a ${role}`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      await peer.write(write("81 05 | 'ab'"));
      peer.end();
      expect(await log.closed()).toBe('close 1006 ""');
      expect(log.words.filter((each) => each !== "open")).toEqual(['close 1006 ""']);
    });

    test(`messages before an end without a Close frame are delivered to a ${role}`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      await peer.write(write("81 01 | 'a'", "81 01 | 'b'"));
      peer.end();
      await log.closed();
      expect(log.words.filter((each) => each !== "open")).toEqual(['text "a"', 'text "b"', 'close 1006 ""']);
    });

    test(`a reset is 1006 for a ${role}, and no error`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      peer.reset();
      expect(await log.closed()).toBe('close 1006 ""');
      expect(log.count("error")).toBe(0);
    });

    test(`an end after the Close frame of the peer, before the answer is read, keeps the code for a ${role}`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      await peer.write(write("88 02 | 03 e9"));
      peer.end();
      expect(await log.closed()).toBe('close 1001 ""');
    });

    test(`terminate() of a ${role} is 1006 at once, and ends the connection`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      ws.terminate();
      expect(ws.readyState).toBe(2);
      expect(log.count("close")).toBe(0);
      expect(await log.closed()).toBe('close 1006 ""');
      expect(ws.readyState).toBe(3);
      await peer.gone();
      expect(peer.byteLength).toBe(0);
    });

    test(`terminate() of a ${role} behind close() is 1006, and the Close frame is sent`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      ws.close(1001);
      ws.terminate();
      const [frame] = await peer.frames(1);
      expect([...(frame?.payload ?? [])]).toEqual([0x03, 0xe9]);
      expect(await log.closed()).toBe('close 1006 ""');
    });

    test(`closeTimeout of a ${role} ends what the peer does not`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role, { closeTimeout: 20 });
      ws.close(1000);
      await peer.frames(1);
      expect(await log.closed()).toBe('close 1006 ""');
      await peer.gone();
    });

    test(`closeTimeout of a ${role} ends what the peer closed and did not end`, async (scene) => {
      const { peer, log } = await scene.raws(role, { closeTimeout: 20 });
      await peer.write(write("88 02 | 03 e8"));
      await peer.frames(1);
      await peer.fin();
      expect(await log.closed()).toBe('close 1000 ""');
    });

    test(`close() of a ${role} twice sends one Close frame`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      ws.close(1000);
      ws.close(1001);
      ws.close();
      await peer.frames(1);
      await peer.write(write("88 02 | 03 e8"));
      await peer.fin();
      peer.end();
      expect(await log.closed()).toBe('close 1000 ""');
    });

    test(`close() of a ${role} in a listener for a message lets the rest of the read through`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      ws.once("message", () => ws.close(1000));
      await peer.write(write("81 01 | 'a'", "81 01 | 'b'", "88 02 | 03 e8"));
      await peer.frames(1);
      await peer.fin();
      peer.end();
      await log.closed();
      expect(log.words.filter((each) => each !== "open")).toEqual(['text "a"', 'text "b"', 'close 1000 ""']);
    });

    test.differs("nothing after terminate", `terminate() of a ${role} in a listener for a message`, {
      async ws(scene) {
        const { ws, peer, log } = await scene.raws(role);
        ws.once("message", () => ws.terminate());
        await peer.write(write("81 01 | 'a'", "81 01 | 'b'"));
        await log.closed();
        expect(log.words.filter((each) => each !== "open")).toEqual([
          'text "a"',
          'text "b"',
          'close 1006 ""',
        ]);
      },
      async wsimd(scene) {
        const { ws, peer, log } = await scene.raws(role);
        ws.once("message", () => ws.terminate());
        await peer.write(write("81 01 | 'a'", "81 01 | 'b'"));
        await log.closed();
        expect(log.words.filter((each) => each !== "open")).toEqual(['text "a"', 'close 1006 ""']);
      },
    });

    test(`close() and terminate() of a ${role} that is closed do nothing`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      peer.end();
      await log.closed();
      ws.close();
      ws.close(1000, "x");
      ws.terminate();
      await turns();
      expect(log.count("close")).toBe(1);
      expect(ws.readyState).toBe(3);
    });
  }

  test("both sides may close at once, each with its own code", async (scene) => {
    const { server, client } = await scene.pair();
    client.ws.close(4001, "client");
    server.ws.close(4002, "server");
    expect(await client.log.closed()).toBe('close 4002 "server"');
    expect(await server.log.closed()).toBe('close 4001 "client"');
  });

  for (const [what, closeIt, wasClean] of [
    ["close()", "close", true],
    ["terminate()", "terminate", false],
  ] as const)
    test(`wasClean is ${wasClean} after ${what}`, async (scene) => {
      const { server, client } = await scene.pair();
      const events: CloseEvent[] = [];
      for (const { ws } of [server, client]) ws.addEventListener("close", (event) => events.push(event));
      server.ws[closeIt]();
      await Promise.all([server.log.closed(), client.log.closed()]);
      expect(events.map((each) => each.wasClean)).toEqual([wasClean, wasClean]);
    });

  test("a close event comes once, last of all", async (scene) => {
    const { server, client } = await scene.pair();
    server.ws.send("a");
    server.ws.ping();
    server.ws.close(1000);
    await client.log.closed();
    await server.log.closed();
    await turns();
    expect(client.log.words).toEqual(["open", 'text "a"', 'ping ""', 'close 1000 ""']);
  });

  test("an empty reason is the same Buffer for all", async (scene) => {
    const reasons: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const { client, server } = await scene.pair();
      client.ws.on("close", (_: number, reason: Buffer) => reasons.push(reason));
      server.ws.terminate();
      await client.log.closed();
    }
    expect(reasons[0]).toEqual(Buffer.alloc(0));
    expect(reasons[0]).toBe(reasons[1]);
  });

  test("the default closeTimeout is 30 s", async (scene) => {
    const { client, server } = await scene.pair();
    expect([Reflect.get(client.ws, "_closeTimeout"), Reflect.get(server.ws, "_closeTimeout")]).toEqual([
      30_000, 30_000,
    ]);
  });

  test("a client that the server destroyed has nothing left on the socket", async (scene) => {
    const { client, server } = await scene.pair();
    const { _socket } = client.ws;
    server.ws._socket.destroy();
    await client.log.closed();
    await eventually(() => _socket.destroyed, "the socket's end");
    await until(() => server.log.count("close") === 1, "the server's end");
    expect(server.log.words).toEqual(['close 1006 ""']);
  });
});
