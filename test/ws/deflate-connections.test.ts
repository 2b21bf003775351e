// Compression as connections agree on it: the parameters, which messages are compressed, and what becomes of bad data.
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { expect } from "vitest";
import { masked, request, unmasked } from "../adapters/raw-peer.js";
import { eventually } from "../adapters/until.js";
import { toHex } from "../support/hex.js";
import { Random } from "../support/reference-random.js";
import type { RawPair, Scene } from "./scene.js";
import { suite } from "./suite.js";
import type { DeflateOptions } from "./surface.js";

const NAME = "permessage-deflate";
const FORGETS = { serverNoContextTakeover: true, clientNoContextTakeover: true };
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** The extensions of a server's answer. */
async function answered(
  scene: Scene,
  perMessageDeflate: boolean | DeflateOptions | undefined,
  offer: string,
): Promise<string | undefined> {
  const wss = await scene.server(perMessageDeflate === undefined ? {} : { perMessageDeflate });
  const peer = await scene.stranger(wss);
  await peer.write(request({ "Sec-WebSocket-Extensions": offer }));
  const head = await peer.head();
  const [status = ""] = head.split("\r\n");
  if (!status.includes(" 101 ")) return status;
  return /^Sec-WebSocket-Extensions: (.*)\r$/m.exec(head)?.[1];
}

/** A server's end, which has agreed on compression with a raw client. */
function served(
  scene: Scene,
  perMessageDeflate: boolean | DeflateOptions = true,
  offer = NAME,
  more = {},
): Promise<RawPair> {
  return scene.served({ perMessageDeflate, ...more }, request({ "Sec-WebSocket-Extensions": offer }));
}

/** A client's end, which has agreed on compression with a raw server. */
function connected(
  scene: Scene,
  perMessageDeflate: boolean | DeflateOptions = true,
  answer = NAME,
): Promise<RawPair> {
  return scene.connected({ perMessageDeflate }, `Sec-WebSocket-Extensions: ${answer}\r\n`);
}

const compressed = (data: string | Uint8Array): Buffer =>
  deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -TAIL.length);

const inflated = (payload: Uint8Array): Buffer =>
  inflateRawSync(Buffer.concat([payload, TAIL]), { finishFlush: constants.Z_SYNC_FLUSH });

suite("agreed compression", "connections", (test) => {
  for (const [options, offer, answer] of [
    [undefined, NAME, undefined],
    [false, NAME, undefined],
    [true, "foo", undefined],
    [true, NAME, NAME],
    [{}, NAME, NAME],
    [true, `${NAME}; client_max_window_bits`, NAME],
    [
      true,
      `${NAME}; client_max_window_bits=12; server_max_window_bits=10`,
      `${NAME}; client_max_window_bits=12; server_max_window_bits=10`,
    ],
    [
      true,
      `${NAME}; server_no_context_takeover; client_no_context_takeover`,
      `${NAME}; server_no_context_takeover; client_no_context_takeover`,
    ],
    [FORGETS, NAME, `${NAME}; server_no_context_takeover; client_no_context_takeover`],
    [
      { serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
      `foo, ${NAME}; client_max_window_bits`,
      `${NAME}; client_max_window_bits=9; server_max_window_bits=9`,
    ],
    [true, `${NAME}; server_max_window_bits=7`, "HTTP/1.1 400 Bad Request"],
    [{ clientMaxWindowBits: 9 }, NAME, "HTTP/1.1 400 Bad Request"],
    [true, `${NAME};`, "HTTP/1.1 400 Bad Request"],
  ] as const)
    test(`a server with ${JSON.stringify(options)} answers "${offer}"`, async (scene) => {
      const found = await answered(scene, options, offer);
      const sorted = (text: string | undefined): string[] | undefined => text?.split("; ").sort();
      expect(sorted(found)).toEqual(sorted(answer));
    });

  for (const [options, offer] of [
    [undefined, `${NAME}; client_max_window_bits`],
    [true, `${NAME}; client_max_window_bits`],
    [false, undefined],
    [{ clientMaxWindowBits: false }, NAME],
    [
      { ...FORGETS, serverMaxWindowBits: 10, clientMaxWindowBits: 11 },
      `${NAME}; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=11`,
    ],
  ] as const)
    test(`a client with ${JSON.stringify(options)} offers "${offer}"`, async (scene) => {
      let head = "";
      const server = await scene.answering((text) => {
        head = text;
        return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
      });
      await scene.connect(server, options === undefined ? {} : { perMessageDeflate: options }).log.closed();
      expect(/^Sec-WebSocket-Extensions: (.*)\r$/m.exec(head)?.[1]).toBe(offer);
    });

  for (const [server, client] of [
    [true, true],
    [FORGETS, true],
    [true, FORGETS],
    [{ serverMaxWindowBits: 9, clientMaxWindowBits: 9 }, true],
    [{ serverNoContextTakeover: true, threshold: 0 }, { threshold: 0 }],
  ] as const)
    test(`messages pass between ${JSON.stringify(server)} and ${JSON.stringify(client)}`, async (scene) => {
      const pair = await scene.pair({ perMessageDeflate: server }, { perMessageDeflate: client });
      expect([pair.server.ws.extensions, pair.client.ws.extensions]).toEqual([NAME, NAME]);
      pair.server.ws.on("message", (data: Buffer, isBinary: boolean) =>
        pair.server.ws.send(data, { binary: isBinary }),
      );
      const random = new Random(1);
      const messages = [
        Buffer.from("Hi"),
        Buffer.alloc(0),
        Buffer.alloc(300_000, "compressible "),
        Buffer.from(random.bytes(5_000)),
        Buffer.alloc(2_000, "compressible "),
        Buffer.from(random.bytes(70_000)),
        Buffer.from("Hi"),
      ];
      for (const message of messages) pair.client.ws.send(message);
      pair.client.ws.send("\u20ac".repeat(1000));
      await pair.client.log.until("message", messages.length + 1);
      expect(pair.client.log.messages.map((each) => Buffer.from(each as Buffer))).toEqual([
        ...messages,
        Buffer.from("\u20ac".repeat(1000)),
      ]);
      expect(pair.client.log.words.at(-1)).toMatch(/^text/);
    });

  test("a message without compression on one side alone passes as well", async (scene) => {
    const { server, client } = await scene.pair({ perMessageDeflate: false });
    expect([server.ws.extensions, client.ws.extensions]).toEqual(["", ""]);
    client.ws.send("a".repeat(3000));
    await server.log.until("message");
  });

  // ---- Which messages are compressed ----

  for (const [role, make] of [
    ["server", (scene: Scene, options: DeflateOptions) => served(scene, { ...FORGETS, ...options })],
    [
      "client",
      (scene: Scene, options: DeflateOptions) =>
        connected(scene, options, `${NAME}; client_no_context_takeover`),
    ],
  ] as const) {
    test(`a ${role} that forgets its messages compresses those of threshold bytes`, async (scene) => {
      const { ws, peer } = await make(scene, { threshold: 6 });
      for (const data of [
        "abcde",
        "abcdef",
        "\u20ac",
        "\u20ac\u20ac",
        Buffer.alloc(5),
        Buffer.alloc(6),
        "",
        Buffer.alloc(0),
      ])
        ws.send(data);
      const frames = await peer.frames(8);
      expect(frames.map(({ rsv }) => rsv)).toEqual([0, 4, 0, 4, 0, 4, 0, 0]);
      expect(String(inflated(frames[1]?.payload ?? TAIL))).toBe("abcdef");
      expect(frames[0]?.payload).toEqual(new Uint8Array(Buffer.from("abcde")));
    });

    test(`the threshold of a ${role} is 1,024 bytes by default`, async (scene) => {
      const { ws, peer } = await make(scene, {});
      ws.send("a".repeat(1023));
      ws.send("a".repeat(1024));
      expect((await peer.frames(2)).map(({ rsv }) => rsv)).toEqual([0, 4]);
    });

    test(`the first fragment of a ${role}'s message decides`, async (scene) => {
      const { ws, peer } = await make(scene, { threshold: 3 });
      ws.send("123", { fin: false });
      ws.send("12", { fin: true });
      ws.send("12", { fin: false });
      ws.send("123", { fin: true });
      const frames = await peer.frames(4);
      expect(frames.map(({ rsv, opcode, fin }) => [rsv, opcode, fin])).toEqual([
        [4, 1, false],
        [0, 0, true],
        [0, 1, false],
        [0, 0, true],
      ]);
      const whole = Buffer.concat(frames.slice(0, 2).map(({ payload }) => payload));
      expect(String(inflated(whole))).toBe("12312");
      expect(String(Buffer.from(frames[3]?.payload ?? TAIL))).toBe("123");
    });
  }

  test("a side that remembers its messages compresses all of them", async (scene) => {
    const { ws, peer } = await served(scene);
    for (const data of ["a", "", Buffer.from(new Random(5).bytes(2000))]) ws.send(data);
    expect((await peer.frames(3)).map(({ rsv }) => rsv)).toEqual([4, 4, 4]);
  });

  test("a message refers to those before it, if both sides keep them", async (scene) => {
    const text = new Random(4).bytes(500);
    const { ws, peer } = await served(scene);
    ws.send(text);
    ws.send(text);
    const frames = await peer.frames(2);
    expect(frames[1]?.payload.length).toBeLessThan(50);
  });

  test("compress: false sends a message as it is, and so are control frames", async (scene) => {
    const { ws, peer } = await served(scene);
    ws.send("a".repeat(2000), { compress: false });
    ws.send("a".repeat(2000), { compress: false, fin: false });
    ws.send("a".repeat(2000), { compress: true, fin: true });
    ws.ping("a".repeat(100));
    ws.send("a".repeat(2000), { compress: true });
    expect((await peer.frames(5)).map(({ rsv }) => rsv)).toEqual([0, 0, 0, 0, 4]);
  });

  test("messages and their callbacks keep their order", async (scene) => {
    const { server, client } = await scene.pair(
      { perMessageDeflate: true },
      { perMessageDeflate: { threshold: 0 } },
    );
    const called: number[] = [];
    for (let i = 0; i < 20; i++)
      client.ws.send(`${i}`.repeat(i % 3 === 0 ? 5000 : 1), { compress: i % 2 === 0 }, () => called.push(i));
    client.ws.send(new Blob(["blob"]), () => called.push(20));
    client.ws.send("last", () => called.push(21));
    await server.log.until("message", 22);
    expect(called).toEqual(Array.from({ length: 22 }, (_, i) => i));
    expect(server.log.messages.map((each) => String(each))).toEqual([
      ...Array.from({ length: 20 }, (_, i) => `${i}`.repeat(i % 3 === 0 ? 5000 : 1)),
      "blob",
      "last",
    ]);
  });

  test("a message that is closed behind is still sent", async (scene) => {
    const { server, client } = await scene.pair({ perMessageDeflate: true });
    client.ws.send("a".repeat(10_000));
    client.ws.close(1000, "bye");
    expect(await server.log.closed()).toBe('close 1000 "bye"');
    expect(server.log.count("message")).toBe(1);
  });

  // ---- What comes ----

  for (const [role, make, frames] of [
    ["server", served, masked],
    ["client", connected, unmasked],
  ] as const) {
    test(`a ${role} takes messages as zlib makes them, in any number of frames`, async (scene) => {
      const { peer, log } = await make(scene);
      const payload = compressed("Hello, Hello, Hello");
      const [first, second] = [payload.subarray(0, 4), payload.subarray(4)];
      await peer.write(frames(`c1 ${length(payload)} | ${toHex(payload)}`));
      await peer.write(
        frames(`42 04 | ${toHex(first)}`, "89 00 |", `80 ${length(second)} | ${toHex(second)}`),
      );
      await peer.write(frames("81 02 | 48 69", "c1 01 | 00", "c2 00 |"));
      await log.until("message", 5);
      expect(log.words.filter((each) => each !== "open")).toEqual([
        'text "Hello, Hello, Hello"',
        'ping ""',
        `binary ${toHex(Buffer.from("Hello, Hello, Hello"))}`,
        'text "Hi"',
        'text ""',
        "binary",
      ]);
    });

    test(`a ${role} answers bad data with 1007`, async (scene) => {
      const { peer, log } = await make(scene);
      await peer.write(frames("c1 02 | 07 ff"));
      const [close] = await peer.frames(1);
      expect(toHex(close?.payload ?? TAIL)).toBe("03 ef");
      peer.end();
      expect(await log.closed()).toBe('close 1006 ""');
      expect(log.errors[0]).toBeInstanceOf(Error);
      expect(log.errors[0]).toMatchObject({ code: "Z_DATA_ERROR", errno: constants.Z_DATA_ERROR });
    });

    test(`a ${role} refuses RSV1 where it means nothing`, async (scene) => {
      for (const bytes of [["c9 00 |"], ["c8 00 |"], ["01 01 | 61", "c0 01 | 62"]]) {
        const { peer, log } = await make(scene);
        await peer.write(frames(...bytes));
        const [close] = await peer.frames(1);
        expect(toHex(close?.payload ?? TAIL)).toBe("03 ea");
        peer.end();
        await log.closed();
        expect(log.errors[0]).toMatchObject({ code: "WS_ERR_UNEXPECTED_RSV_1" });
      }
    });
  }

  for (const parts of [1, 2])
    test(`maxPayload counts decompressed bytes of ${parts} frames`, async (scene) => {
      const { peer, log } = await served(scene, true, NAME, { maxPayload: 1000 });
      await peer.write(framesOf(compressed("a".repeat(1000)), parts));
      await log.until("message");
      await peer.write(framesOf(compressed("b".repeat(1001)), parts));
      const [close] = await peer.frames(1);
      expect(toHex(close?.payload ?? TAIL)).toBe("03 f1");
      peer.end();
      await log.closed();
      expect(log.words.at(-2)).toBe(
        "error WS_ERR_UNSUPPORTED_MESSAGE_LENGTH RangeError: Max payload size exceeded",
      );
    });

  /** What becomes of a message whose last bytes are missing. */
  async function cut(scene: Scene): Promise<string[]> {
    const { peer, log } = await served(scene);
    const payload = compressed("Hello").subarray(0, 4);
    await peer.write(masked(`c1 ${length(payload)} | ${toHex(payload)}`, "88 00 |"));
    await peer.frames(1);
    peer.end();
    await log.closed();
    return log.words;
  }

  test.differs("cut-off compression", "compressed data that are cut off", {
    ws: async (scene) => {
      expect(await cut(scene)).toEqual(['text "Helh"', 'close 1005 ""']);
    },
    wsimd: async (scene) => {
      expect(await cut(scene)).toEqual([
        "error Z_DATA_ERROR Error: invalid compressed data",
        'close 1006 ""',
      ]);
    },
  });

  /** What becomes of a message of 100 bytes that compression makes longer, where 100 are allowed. */
  async function grown(scene: Scene): Promise<string | undefined> {
    const { peer, log } = await served(scene, true, NAME, { maxPayload: 100 });
    const payload = compressed(new Random(6).bytes(100));
    await peer.write(masked(`c2 ${length(payload)} | ${toHex(payload)}`));
    await eventually(() => log.words.length > 0, "a message or an error");
    return log.words[0]?.slice(0, 40);
  }

  test.differs("compressed lengths", "a message that compression makes longer than maxPayload", {
    ws: async (scene) => {
      expect(await grown(scene)).toBe("error WS_ERR_UNSUPPORTED_MESSAGE_LENGTH ");
    },
    wsimd: async (scene) => {
      expect(await grown(scene)).toMatch(/^binary /);
    },
  });

  test("compressed text that is not UTF-8 is answered with 1007", async (scene) => {
    const { peer, log } = await served(scene);
    const payload = compressed(Buffer.from([0xce, 0xba, 0xe1, 0xbd]));
    await peer.write(masked(`c1 ${length(payload)} | ${toHex(payload)}`));
    const [close] = await peer.frames(1);
    expect(toHex(close?.payload ?? TAIL)).toBe("03 ef");
    peer.end();
    await log.closed();
    expect(log.words.at(-2)).toBe(
      "error WS_ERR_INVALID_UTF8 Error: Invalid WebSocket frame: invalid UTF-8 sequence",
    );
  });

  test("a binary message in fragments keeps them", async (scene) => {
    const { server, client } = await scene.pair({ perMessageDeflate: true }, { perMessageDeflate: true });
    server.ws.binaryType = "fragments";
    client.ws.send(Buffer.alloc(100_000, 1), { fin: false });
    client.ws.send(Buffer.alloc(0), { fin: false });
    client.ws.send(Buffer.alloc(3, 2), { fin: true });
    await server.log.until("message");
    const [message] = server.log.messages;
    expect(Array.isArray(message) && message.map((each: Buffer) => each.length)).toEqual([100_000, 3]);
  });
});

const length = (payload: Uint8Array): string => payload.length.toString(16).padStart(2, "0");

/** A compressed message of a client, in so many frames. */
function framesOf(payload: Buffer, parts: number): Uint8Array {
  const cut = Math.ceil(payload.length / parts);
  const frames = Array.from({ length: parts }, (_, i) => {
    const part = payload.subarray(i * cut, (i + 1) * cut);
    const first = (i === 0 ? 0x42 : 0) | (i === parts - 1 ? 0x80 : 0);
    return `${first.toString(16).padStart(2, "0")} ${length(part)} | ${toHex(part)}`;
  });
  return masked(...frames);
}
