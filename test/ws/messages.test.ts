// Messages: what can be sent, in which form it arrives, and what its frames are.
import { expect } from "vitest";
import { masked, unmasked } from "../adapters/raw-peer.js";
import { turns } from "../adapters/until.js";
import { toHex } from "../support/hex.js";
import type { Pair } from "./scene.js";
import { suite } from "./suite.js";
import type { Sendable, SendOptions } from "./surface.js";

const FLOATS = Float32Array.from([0, 0.5, 1, 1.5, 2]);

/** Both directions of a connection. */
function ways({ server, client }: Pair): readonly (readonly [from: Pair["server"], to: Pair["server"]])[] {
  return [
    [server, client],
    [client, server],
  ];
}

suite("messages", "connections", (test, library) => {
  const SENDABLE: readonly (readonly [what: string, data: Sendable, arrives: string])[] = [
    ["text", "hi €\u{1f600}", 'text "hi €\u{1f600}"'],
    ["empty text", "", 'text ""'],
    ["a Buffer", Buffer.from("foobar"), "binary 66 6f 6f 62 61 72"],
    ["an empty Buffer", Buffer.alloc(0), "binary"],
    ["a Uint8Array", Uint8Array.of(1, 2, 255), "binary 01 02 ff"],
    ["a part of a Uint8Array", Uint8Array.of(1, 2, 3, 4).subarray(1, 3), "binary 02 03"],
    ["a Float32Array", FLOATS.subarray(1, 3), "binary 00 00 00 3f 00 00 80 3f"],
    ["a DataView", new DataView(FLOATS.buffer, 4, 4), "binary 00 00 00 3f"],
    ["an ArrayBuffer", Uint8Array.of(7, 8).buffer, "binary 07 08"],
    ["a Blob", new Blob(["foo", "bar"]), "binary 66 6f 6f 62 61 72"],
    ["an empty Blob", new Blob([]), "binary"],
    ["a number", 42, 'text "42"'],
    ["zero", 0, 'text "0"'],
    ["an array of numbers", [1, 2, 3], "binary 01 02 03"],
  ];
  for (const [what, data, arrives] of SENDABLE)
    test(`${what} arrives`, async (scene) => {
      for (const [from, to] of ways(await scene.pair())) {
        from.ws.send(data);
        await to.log.until("message");
        expect(to.log.words.filter((each) => each !== "open")).toEqual([arrives]);
      }
    });

  test("a SharedArrayBuffer and a view of one arrive", async (scene) => {
    const shared = new SharedArrayBuffer(3);
    new Uint8Array(shared).set([1, 2, 3]);
    const { server, client } = await scene.pair();
    client.ws.send(new Uint8Array(shared, 1));
    Reflect.apply(client.ws.send, client.ws, [shared]);
    await server.log.until("message", 2);
    expect(server.log.words).toEqual(["binary 02 03", "binary 01 02 03"]);
  });

  for (const data of [undefined, null, false])
    test(`${data} is sent as an empty binary message`, async (scene) => {
      const { server, client } = await scene.pair();
      Reflect.apply(client.ws.send, client.ws, [data]);
      await server.log.until("message");
      expect(server.log.words).toEqual(["binary"]);
    });

  for (const [what, data] of [
    ["true", true],
    ["an object", {}],
    ["a symbol", Symbol("x")],
    ["a function", () => {}],
  ] as const)
    test(`${what} cannot be sent: a TypeError`, async (scene) => {
      const { server, client } = await scene.pair();
      // A function would be the callback, were it the second argument.
      expect(() => Reflect.apply(client.ws.send, client.ws, [data])).toThrow(TypeError);
      client.ws.send("after");
      await server.log.until("message");
      expect(server.log.words).toEqual(['text "after"']);
    });

  test("an object with a valueOf that is a string is sent as Buffer.from takes it", async (scene) => {
    const { server, client } = await scene.pair();
    Reflect.apply(client.ws.send, client.ws, [{ valueOf: () => "abc" }]);
    await server.log.until("message");
    expect(server.log.words).toEqual(["binary 61 62 63"]);
  });

  const OPTIONS: readonly (readonly [data: Sendable, options: SendOptions, arrives: string])[] = [
    ["hi", { binary: true }, "binary 68 69"],
    ["hi", { binary: false }, 'text "hi"'],
    [Buffer.from("hi"), { binary: false }, 'text "hi"'],
    [Buffer.from("hi"), { binary: true }, "binary 68 69"],
    [7, { binary: true }, "binary 37"],
    ["hi", { compress: true }, 'text "hi"'],
    ["hi", {}, 'text "hi"'],
    [new Blob(["hi"]), { binary: false }, 'text "hi"'],
  ];
  for (const [data, options, arrives] of OPTIONS)
    test(`${data instanceof Uint8Array ? "a Buffer" : String(data)} with ${JSON.stringify(options)} arrives as ${arrives}`, async (scene) => {
      for (const [from, to] of ways(await scene.pair())) {
        from.ws.send(data, options);
        await to.log.until("message");
        expect(to.log.words.filter((each) => each !== "open")).toEqual([arrives]);
      }
    });

  test("options that are undefined or null are none", async (scene) => {
    const { server, client } = await scene.pair();
    for (const options of [undefined, null]) Reflect.apply(client.ws.send, client.ws, ["x", options]);
    await server.log.until("message", 2);
    expect(server.log.words).toEqual(['text "x"', 'text "x"']);
  });

  for (const size of [125, 126, 127, 1_000, 65_535, 65_536, 65_537, 1_000_000])
    test(`${size} bytes arrive, as they are`, async (scene) => {
      const data = Buffer.alloc(size);
      for (let i = 0; i < size; i++) data[i] = (i * 7) & 255;
      for (const [from, to] of ways(await scene.pair())) {
        from.ws.send(data);
        from.ws.send(data.toString("latin1"));
        await to.log.until("message", 2);
        const [binary, text] = to.log.messages;
        expect(Buffer.isBuffer(binary) && binary.equals(data)).toBe(true);
        expect(Buffer.isBuffer(text) && text.toString() === data.toString("latin1")).toBe(true);
      }
    });

  test("a thousand messages arrive in order", async (scene) => {
    for (const [from, to] of ways(await scene.pair())) {
      for (let i = 0; i < 1_000; i++) from.ws.send(String(i));
      await to.log.until("message", 1_000);
      expect(to.log.messages.map(String)).toEqual(Array.from({ length: 1_000 }, (_, i) => String(i)));
    }
  });

  test("the caller's bytes are not changed by sending", async (scene) => {
    for (const [from, to] of ways(await scene.pair())) {
      const bytes = Buffer.from("some bytes that a client masks");
      from.ws.send(bytes);
      await to.log.until("message");
      expect(bytes.toString()).toBe("some bytes that a client masks");
    }
  });

  test("text with unpaired surrogates is sent with U+FFFD", async (scene) => {
    for (const [from, to] of ways(await scene.pair())) {
      from.ws.send("a\ud800b");
      await to.log.until("message");
      expect(to.log.words.at(-1)).toBe('text "a\ufffdb"');
    }
  });

  for (const role of ["server", "client"] as const) {
    const send = role === "server" ? masked : unmasked;

    test(`fragments to a ${role} are one message`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      await peer.write(
        send("01 01 | 'a'", "00 00 |", "00 01 | 'b'", "80 01 | 'c'", "02 01 | 'd'", "80 00 |"),
      );
      await log.until("message", 2);
      expect(log.words.filter((each) => each !== "open")).toEqual(['text "abc"', "binary 64"]);
    });

    test(`control frames to a ${role} come between fragments`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      await peer.write(send("01 01 | 'a'", "89 01 | 'p'", "8a 01 | 'q'", "80 01 | 'b'"));
      await log.until("message");
      expect(log.words.filter((each) => each !== "open")).toEqual(['ping "p"', 'pong "q"', 'text "ab"']);
    });

    test(`a character may be cut by fragments to a ${role}`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      await peer.write(send("01 01 | e2", "00 01 | 82", "80 01 | ac"));
      await log.until("message");
      expect(log.words.at(-1)).toBe('text "€"');
    });

    test(`bytes to a ${role} may come one by one`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      for (const byte of send("81 02 | 'hi'", "82 7e 00 7e | 61*126")) {
        await peer.write(Uint8Array.of(byte));
        await turns(1);
      }
      await log.until("message", 2);
      expect(log.words.filter((each) => each !== "open")).toEqual([
        'text "hi"',
        `binary ${"61 ".repeat(126).trim()}`,
      ]);
    });

    for (const [type, words] of [
      ["nodebuffer", "binary 61 62"],
      ["arraybuffer", "binary ArrayBuffer 61 62"],
      ["fragments", "binary [61 62]"],
      ["blob", "binary Blob of 2"],
    ] as const) {
      test(`binary messages to a ${role} come as ${type}`, async (scene) => {
        const { peer, ws, log } = await scene.raws(role);
        ws.binaryType = type;
        expect(ws.binaryType).toBe(type);
        await peer.write(send("82 02 | 'ab'", "81 02 | 'ab'"));
        await log.until("message", 2);
        expect(log.words.filter((each) => each !== "open")).toEqual([words, 'text "ab"']);
      });
    }

    test(`fragments to a ${role} are a list with "fragments", without the empty ones`, async (scene) => {
      const { peer, ws, log } = await scene.raws(role);
      ws.binaryType = "fragments";
      await peer.write(send("02 01 | 'a'", "00 00 |", "00 02 | 'bc'", "80 01 | 'd'"));
      await peer.write(send("82 00 |"));
      await log.until("message", 2);
      expect(log.words.filter((each) => each !== "open")).toEqual(["binary [61, 62 63, 64]", "binary []"]);
    });

    test(`fragments to a ${role} are joined with the other types`, async (scene) => {
      const { peer, ws, log } = await scene.raws(role);
      const frames = send("02 01 | 'a'", "00 02 | 'bc'", "80 01 | 'd'");
      for (const type of ["nodebuffer", "arraybuffer", "blob"]) {
        ws.binaryType = type;
        await peer.write(frames);
        await log.until("message", log.count("message") + 1);
      }
      const [, , blob] = log.messages;
      expect(log.words.slice(-3)).toEqual([
        "binary 61 62 63 64",
        "binary ArrayBuffer 61 62 63 64",
        "binary Blob of 4",
      ]);
      if (!(blob instanceof Blob)) throw new Error("no Blob");
      expect(await blob.text()).toBe("abcd");
    });

    test(`an ArrayBuffer that a ${role} gets holds the message and no more`, async (scene) => {
      const { peer, ws, log } = await scene.raws(role);
      ws.binaryType = "arraybuffer";
      await peer.write(send("82 01 | 'a'", "82 02 | 'bc'", "82 00 |"));
      await log.until("message", 3);
      expect(log.messages.map((each) => each instanceof ArrayBuffer && each.byteLength)).toEqual([1, 2, 0]);
      expect(log.messages[0]).not.toBe(log.messages[1]);
    });

    test(`the messages that a ${role} gets stay as they are`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      await peer.write(send("82 02 | 'ab'"));
      await log.until("message");
      for (let i = 0; i < 50; i++) await peer.write(send("82 7e 10 00 | 78*4096"));
      await log.until("message", 51);
      const [first] = log.messages;
      expect(first instanceof Uint8Array && toHex(first)).toBe("61 62");
    });

    test(`a binaryType that a listener of a ${role} sets holds from the next message`, async (scene) => {
      const { peer, ws, log } = await scene.raws(role);
      ws.once("message", () => {
        ws.binaryType = "arraybuffer";
      });
      await peer.write(send("82 01 | 'a'", "82 01 | 'b'"));
      await log.until("message", 2);
      expect(log.words.filter((each) => each !== "open")).toEqual(["binary 61", "binary ArrayBuffer 62"]);
    });

    test(`a ${role} sends frames in their shortest form`, async (scene) => {
      const { peer, ws } = await scene.raws(role);
      const sizes = [0, 1, 125, 126, 65_535, 65_536];
      for (const size of sizes) ws.send(Buffer.alloc(size, 1));
      const frames = await peer.frames(sizes.length);
      expect(frames.map(({ fin, rsv, opcode, payload }) => [fin, rsv, opcode, payload.length])).toEqual(
        sizes.map((size) => [true, 0, 2, size]),
      );
      expect(frames.every(({ mask }) => (mask === undefined) === (role === "server"))).toBe(true);
    });

    test(`fin: false of a ${role} makes fragments`, async (scene) => {
      const { peer, ws } = await scene.raws(role);
      ws.send("a", { fin: false });
      ws.ping("p");
      ws.send("b", { fin: false });
      ws.send(Buffer.from("c"), { fin: true });
      ws.send("d");
      const frames = await peer.frames(5);
      expect(
        frames.map(({ fin, opcode, payload }) => [fin, opcode, Buffer.from(payload).toString()]),
      ).toEqual([
        [false, 1, "a"],
        [true, 9, "p"],
        [false, 0, "b"],
        [true, 0, "c"],
        [true, 1, "d"],
      ]);
    });
  }

  test("binaryType takes no other value", async (scene) => {
    const { client } = await scene.pair();
    for (const type of ["foo", "", "Blob", undefined, null, 7]) {
      Reflect.set(client.ws, "binaryType", type);
      expect(client.ws.binaryType).toBe("nodebuffer");
    }
  });

  test("binaryType may be set before the connection is open", async (scene) => {
    const wss = await scene.server();
    wss.on("connection", (ws) => ws.send(Buffer.from("a")));
    const { ws, log } = scene.connect(wss);
    ws.binaryType = "arraybuffer";
    await log.until("message");
    expect(log.words).toEqual(["open", "binary ArrayBuffer 61"]);
  });

  test("each frame of a client has a mask of its own", async (scene) => {
    const { peer, ws } = await scene.connected();
    for (let i = 0; i < 8; i++) ws.send("same");
    const masks = (await peer.frames(8)).map(({ mask }) => String(mask));
    expect(new Set(masks).size).toBeGreaterThan(6);
  });

  test("generateMask makes the masks", async (scene) => {
    const seen: unknown[] = [];
    const { peer, ws } = await scene.connected({
      generateMask(mask) {
        seen.push(Buffer.isBuffer(mask), mask.length);
        mask.set([1, 2, 3, 4]);
      },
    });
    ws.send("ab");
    ws.ping();
    await peer.expect("81 82 01 02 03 04 60 60 89 80 01 02 03 04");
    expect(seen).toEqual([true, 4, true, 4]);
  });

  test("a mask of zeros is sent as it is", async (scene) => {
    const { peer, ws } = await scene.connected({ generateMask: (mask) => mask.fill(0) });
    ws.send("ab");
    ws.send(Buffer.from("cd"));
    await peer.expect("81 82 00 00 00 00 61 62 82 82 00 00 00 00 63 64");
  });

  test("mask: false of a client sends a frame without a mask", async (scene) => {
    const { peer, ws } = await scene.connected();
    ws.send("hi", { mask: false });
    await peer.expect("81 02 68 69");
  });

  test("mask: true of a server sends a frame with a mask", async (scene) => {
    const { peer, ws } = await scene.served();
    ws.send("hi", { mask: true });
    const [frame] = await peer.frames(1);
    expect(frame?.mask).toHaveLength(4);
    expect(Buffer.from(frame?.payload ?? []).toString()).toBe("hi");
  });

  test("maxPayload: 0 is no limit", async (scene) => {
    const { server, client } = await scene.pair({ maxPayload: 0 }, { maxPayload: 0 });
    client.ws.send(Buffer.alloc(1 << 20));
    await server.log.until("message");
    expect(server.log.messages[0]).toHaveLength(1 << 20);
  });

  test("the classes of events are plain values", () => {
    expect(library.WebSocket.prototype.send.length).toBe(3);
    expect(library.WebSocket.prototype.close.length).toBe(2);
  });
});
