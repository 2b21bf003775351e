// The class `Receiver`: frames in, events out.
import { once } from "node:events";
import type { Writable } from "node:stream";
import { expect } from "vitest";
import { eventually, turns } from "../adapters/until.js";
import { hex } from "../support/hex.js";
import { Random } from "../support/reference-random.js";
import type { Library } from "./library.js";
import { errorWords, messageWords } from "./log.js";
import { suite } from "./suite.js";
import type { PerMessageDeflate, ReceiverOptions } from "./surface.js";

/** A receiver and its events in words. */
class Heard {
  readonly receiver: Writable;
  readonly words: string[] = [];
  readonly values: unknown[] = [];

  constructor({ Receiver }: Library, options?: ReceiverOptions) {
    this.receiver = new Receiver(options);
    this.receiver.on("message", (data: unknown, isBinary: boolean) =>
      this.#note(messageWords(data, isBinary), data),
    );
    for (const name of ["ping", "pong"])
      this.receiver.on(name, (data: Buffer) => this.#note(`${name} ${JSON.stringify(String(data))}`, data));
    this.receiver.on("conclude", (code: number, reason: Buffer) =>
      this.#note(`conclude ${code} ${JSON.stringify(String(reason))}`, reason),
    );
    this.receiver.on("error", (error: unknown) => this.#note(errorWords(error), error));
  }

  #note(words: string, value: unknown): void {
    this.words.push(words);
    this.values.push(value);
  }

  write(...chunks: readonly (string | Uint8Array)[]): this {
    for (const chunk of chunks)
      this.receiver.write(Buffer.from(typeof chunk === "string" ? hex(chunk) : chunk));
    return this;
  }

  async heard(count: number): Promise<string[]> {
    await eventually(
      () => this.words.length >= count,
      () => `${count} events; there were: ${this.words.join(", ")}`,
    );
    return this.words;
  }
}

function deflating({ PerMessageDeflate }: Library, maxPayload = 0): PerMessageDeflate {
  const deflate = new PerMessageDeflate({ maxPayload });
  deflate.accept([{}]);
  return deflate;
}

function compressed(deflate: PerMessageDeflate, data: string | Buffer, fin = true): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    deflate.compress(data, fin, (error, result) => (result === undefined ? reject(error) : resolve(result)));
  });
}

/** A frame, masked for a server's receiver. */
function frame(
  { Sender }: Library,
  data: Uint8Array | string,
  options: { opcode?: number; fin?: boolean; mask?: boolean; rsv1?: boolean } = {},
): Buffer {
  const list = Sender.frame(Buffer.from(data), { opcode: 2, fin: true, readOnly: true, ...options });
  return Buffer.concat(list.map((each) => Buffer.from(each)));
}

suite("receiver", "classes", (test) => {
  for (const [what, options, chunks, expected] of [
    ["text", {}, ["81 05 48 65 6c 6c 6f"], ['text "Hello"']],
    ["no text", {}, ["81 00"], ['text ""']],
    ["bytes", {}, ["82 02 01 02"], ["binary 01 02"]],
    ["masked text", { isServer: true }, ["81 85 37 fa 21 3d 7f 9f 4d 51 58"], ['text "Hello"']],
    ["a header in two writes", {}, ["81", "02 61 62"], ['text "ab"']],
    ["a payload in three writes", {}, ["81 03 61", "62", "63"], ['text "abc"']],
    ["fragments", {}, ["01 01 61", "00 00", "80 01 62"], ['text "ab"']],
    ["a ping between fragments", {}, ["01 01 61 89 02 68 69 80 01 62"], ['ping "hi"', 'text "ab"']],
    ["a pong without payload", {}, ["8a 00"], ['pong ""']],
    ["a Close frame without a code", {}, ["88 00"], ['conclude 1005 ""']],
    ["a Close frame in two writes", {}, ["88 06", "03 e8 44 4f 4e 45"], ['conclude 1000 "DONE"']],
    ["frames behind a Close frame", {}, ["88 02 03 e8 81 00"], ['conclude 1000 ""']],
    ["invalid text that is not to be checked", { skipUTF8Validation: true }, ["81 01 f8"], ['text "\ufffd"']],
    [
      "an invalid reason that is not to be checked",
      { skipUTF8Validation: true },
      ["88 03 03 e8 f8"],
      ['conclude 1000 "\ufffd"'],
    ],
    [
      "as many fragments as are allowed",
      { maxFragments: 2 },
      ["01 01 61 89 00 80 01 62 81 00"],
      ['ping ""', 'text "ab"', 'text ""'],
    ],
    [
      "as many bytes as are allowed",
      { maxPayload: 3 },
      ["01 01 61 80 02 62 63 82 03 01 02 03 89 04 61 62 63 64"],
      ['text "abc"', "binary 01 02 03", 'ping "abcd"'],
    ],
  ] as const)
    test(`takes ${what}`, async ({ library }) => {
      const heard = new Heard(library, options).write(...chunks);
      expect(await heard.heard(expected.length)).toEqual(expected);
      await turns();
      expect(heard.words).toEqual(expected);
    });

  test("events come while bytes are written", ({ library }) => {
    const heard = new Heard(library).write("81 01 61 89 00 82 00 8a 01 62 88 00");
    expect(heard.words).toEqual(['text "a"', 'ping ""', "binary", 'pong "b"', 'conclude 1005 ""']);
  });

  test("payloads are Buffers", ({ library }) => {
    const { values } = new Heard(library).write("81 01 61 89 00 82 00 8a 01 62 88 03 03 e8 61");
    expect(values.map((each) => Buffer.isBuffer(each))).toEqual([true, true, true, true, true]);
  });

  test("it ends behind a Close frame", async ({ library }) => {
    const { receiver } = new Heard(library).write("88 00");
    await once(receiver, "finish");
    expect(receiver.writableEnded).toBe(true);
  });

  for (const length of [126, 256, 65_535, 65_536, 200 * 1024])
    test(`takes ${length} bytes, cut anywhere`, async ({ library }) => {
      const data = new Random(length).bytes(length);
      for (const mask of [true, false]) {
        const bytes = frame(library, data, { mask });
        for (const cut of [1, 2, 5, 9, 14, 100, bytes.length - 1]) {
          const heard = new Heard(library, { isServer: mask }).write(
            bytes.subarray(0, cut),
            bytes.subarray(cut),
          );
          expect(Buffer.compare(Buffer.from(data), await first(heard))).toBe(0);
        }
      }
    });

  async function first(heard: Heard): Promise<Buffer> {
    await heard.heard(1);
    const [value] = heard.values;
    if (!Buffer.isBuffer(value)) throw new TypeError(`no Buffer: ${heard.words[0]}`);
    return value;
  }

  test("takes thousands of frames in one write", ({ library }) => {
    const heard = new Heard(library).write(Buffer.from("8100".repeat(20_000), "hex"));
    expect(heard.words.length).toBe(20_000);
  });

  for (const [bytes, error, options] of [
    ["c2 00", "WS_ERR_UNEXPECTED_RSV_1 RangeError: Invalid WebSocket frame: RSV1 must be clear", {}],
    [
      "a2 00",
      "WS_ERR_UNEXPECTED_RSV_2_3 RangeError: Invalid WebSocket frame: RSV2 and RSV3 must be clear",
      {},
    ],
    [
      "92 00",
      "WS_ERR_UNEXPECTED_RSV_2_3 RangeError: Invalid WebSocket frame: RSV2 and RSV3 must be clear",
      {},
    ],
    [
      "f2 00",
      "WS_ERR_UNEXPECTED_RSV_2_3 RangeError: Invalid WebSocket frame: RSV2 and RSV3 must be clear",
      {},
    ],
    ["00 00", "WS_ERR_INVALID_OPCODE RangeError: Invalid WebSocket frame: invalid opcode 0", {}],
    ["01 00 01 00", "WS_ERR_INVALID_OPCODE RangeError: Invalid WebSocket frame: invalid opcode 1", {}],
    ["01 00 02 00", "WS_ERR_INVALID_OPCODE RangeError: Invalid WebSocket frame: invalid opcode 2", {}],
    ["83 00", "WS_ERR_INVALID_OPCODE RangeError: Invalid WebSocket frame: invalid opcode 3", {}],
    ["8f 00", "WS_ERR_INVALID_OPCODE RangeError: Invalid WebSocket frame: invalid opcode 15", {}],
    ["09 00", "WS_ERR_EXPECTED_FIN RangeError: Invalid WebSocket frame: FIN must be set", {}],
    ["08 00", "WS_ERR_EXPECTED_FIN RangeError: Invalid WebSocket frame: FIN must be set", {}],
    [
      "89 7e",
      "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH RangeError: Invalid WebSocket frame: invalid payload length 126",
      {},
    ],
    [
      "8a 7f",
      "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH RangeError: Invalid WebSocket frame: invalid payload length 127",
      {},
    ],
    [
      "88 01",
      "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH RangeError: Invalid WebSocket frame: invalid payload length 1",
      {},
    ],
    [
      "81 02 68 69",
      "WS_ERR_EXPECTED_MASK RangeError: Invalid WebSocket frame: MASK must be set",
      { isServer: true },
    ],
    [
      "81 82 56 3a ac 80 3e 53",
      "WS_ERR_UNEXPECTED_MASK RangeError: Invalid WebSocket frame: MASK must be clear",
      {},
    ],
    [
      "82 7f 00 20 00 00 00 00 00 00",
      "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH RangeError: Unsupported WebSocket frame: payload length > 2^53 - 1",
      {},
    ],
    [
      "82 7f ff ff ff ff ff ff ff ff",
      "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH RangeError: Unsupported WebSocket frame: payload length > 2^53 - 1",
      { maxPayload: 10 },
    ],
    ["82 0b", "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH RangeError: Max payload size exceeded", { maxPayload: 10 }],
    [
      "01 01 61 80 02 62 63",
      "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH RangeError: Max payload size exceeded",
      { maxPayload: 2 },
    ],
    [
      "01 01 61 00 01 62 80 01 63",
      "WS_ERR_TOO_MANY_BUFFERED_PARTS RangeError: Too many message fragments",
      { maxFragments: 2 },
    ],
    ["81 04 ce ba e1 bd", "WS_ERR_INVALID_UTF8 Error: Invalid WebSocket frame: invalid UTF-8 sequence", {}],
    [
      "88 06 03 ef ce ba e1 bd",
      "WS_ERR_INVALID_UTF8 Error: Invalid WebSocket frame: invalid UTF-8 sequence",
      {},
    ],
    [
      "88 02 00 00",
      "WS_ERR_INVALID_CLOSE_CODE RangeError: Invalid WebSocket frame: invalid status code 0",
      {},
    ],
    [
      "88 02 03 ed",
      "WS_ERR_INVALID_CLOSE_CODE RangeError: Invalid WebSocket frame: invalid status code 1005",
      {},
    ],
  ] as const)
    test(`${bytes} is an error: ${error}`, async ({ library }) => {
      const heard = new Heard(library, options).write(bytes);
      expect(await heard.heard(1)).toEqual([error]);
      expect(heard.receiver.destroyed).toBe(true);
    });

  test("what comes before an error is reported before it", async ({ library }) => {
    const heard = new Heard(library).write("81 01 61 89 00 83 00 81 01 62");
    expect(await heard.heard(3)).toEqual([
      'text "a"',
      'ping ""',
      "WS_ERR_INVALID_OPCODE RangeError: Invalid WebSocket frame: invalid opcode 3",
    ]);
  });

  // ---- Compression ----

  test("takes compressed messages, whole and in fragments", async ({ library }) => {
    const deflate = deflating(library);
    const heard = new Heard(library, { extensions: { "permessage-deflate": deflate } });
    heard.write(frame(library, await compressed(deflate, "Hello"), { opcode: 1, rsv1: true }));
    heard.write(
      frame(library, await compressed(deflate, "foo", false), { opcode: 1, rsv1: true, fin: false }),
    );
    heard.write(frame(library, await compressed(deflate, "bar"), { opcode: 0 }));
    heard.write("82 01 09");
    heard.write(frame(library, await compressed(deflate, "Hello"), { rsv1: true }));
    expect(await heard.heard(4)).toEqual([
      'text "Hello"',
      'text "foobar"',
      "binary 09",
      "binary 48 65 6c 6c 6f",
    ]);
  });

  test("a message without content may be compressed", async ({ library }) => {
    const heard = new Heard(library, { extensions: { "permessage-deflate": deflating(library) } });
    heard.write("c1 01 00", "88 00");
    expect(await heard.heard(2)).toEqual(['text ""', 'conclude 1005 ""']);
  });

  for (const bytes of ["40 00", "c9 00", "41 00 c0 00"])
    test(`RSV1 is no bit of ${bytes}, also with compression`, async ({ library }) => {
      const heard = new Heard(library, { extensions: { "permessage-deflate": deflating(library) } }).write(
        bytes,
      );
      expect(await heard.heard(1)).toEqual([
        "WS_ERR_UNEXPECTED_RSV_1 RangeError: Invalid WebSocket frame: RSV1 must be clear",
      ]);
    });

  test("compressed text must be UTF-8", async ({ library }) => {
    const deflate = deflating(library);
    const heard = new Heard(library, { extensions: { "permessage-deflate": deflate } });
    heard.write(
      frame(library, await compressed(deflate, Buffer.from([0xce, 0xba, 0xe1, 0xbd])), {
        opcode: 1,
        rsv1: true,
      }),
    );
    expect(await heard.heard(1)).toEqual([
      "WS_ERR_INVALID_UTF8 Error: Invalid WebSocket frame: invalid UTF-8 sequence",
    ]);
  });

  test("compressed data must be such", async ({ library }) => {
    const heard = new Heard(library, { extensions: { "permessage-deflate": deflating(library) } }).write(
      "c2 02 07 ff",
    );
    await heard.heard(1);
    expect(heard.values[0]).toMatchObject({ code: "Z_DATA_ERROR", errno: -3 });
  });

  for (const [parts, title] of [
    [["A".repeat(50)], "a message"],
    [["A".repeat(15), "A".repeat(15)], "fragments"],
  ] as const)
    test(`maxPayload counts the decompressed bytes of ${title}`, async ({ library }) => {
      const deflate = deflating(library, 25);
      const heard = new Heard(library, { extensions: { "permessage-deflate": deflate }, maxPayload: 25 });
      for (const [i, part] of parts.entries()) {
        const fin = i === parts.length - 1;
        const data = await compressed(deflate, part, fin);
        heard.write(frame(library, data, { opcode: i === 0 ? 2 : 0, fin, rsv1: i === 0 }));
      }
      expect(await heard.heard(1)).toEqual([
        "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH RangeError: Max payload size exceeded",
      ]);
    });

  // ---- The form of binary messages ----

  const random = new Random(3);
  const parts = [7_321, 137, 0, 285_787, 3].map((length) => Buffer.from(random.bytes(length)));
  const whole = Buffer.concat(parts);
  const written = ({ library }: { library: Library }): Buffer[] =>
    parts.map((part, i) => frame(library, part, { opcode: i === 0 ? 2 : 0, fin: i === parts.length - 1 }));

  for (const binaryType of ["nodebuffer", "arraybuffer", "fragments", "blob"])
    test(`${binaryType} is a form of binary messages`, async (scene) => {
      const heard = new Heard(scene.library, { binaryType }).write(...written(scene), "81 01 61");
      await heard.heard(2);
      const [value, text] = heard.values;
      if (binaryType === "arraybuffer") expect(value).toBeInstanceOf(ArrayBuffer);
      if (binaryType === "nodebuffer") expect(Buffer.isBuffer(value)).toBe(true);
      if (binaryType === "blob") expect(value).toBeInstanceOf(Blob);
      if (binaryType === "fragments" && Array.isArray(value)) {
        expect(value.map((each: Buffer) => each.length)).toEqual([7_321, 137, 285_787, 3]);
        expect(value.every((each) => Buffer.isBuffer(each))).toBe(true);
      }
      expect(Buffer.compare(await bytesOf(value), whole)).toBe(0);
      expect(text).toEqual(Buffer.from("a"));
    });

  async function bytesOf(value: unknown): Promise<Buffer> {
    if (value instanceof Blob) return Buffer.from(await value.arrayBuffer());
    if (value instanceof ArrayBuffer) return Buffer.from(value);
    if (Array.isArray(value)) return Buffer.concat(value);
    if (Buffer.isBuffer(value)) return value;
    throw new TypeError("no bytes");
  }

  test("an ArrayBuffer has the bytes of one message alone", ({ library }) => {
    const heard = new Heard(library, { binaryType: "arraybuffer" }).write("82 01 01 82 02 02 03 82 00");
    expect(heard.words).toEqual(["binary ArrayBuffer 01", "binary ArrayBuffer 02 03", "binary ArrayBuffer"]);
  });

  test("a message of one frame is one fragment, and one without bytes has none", ({ library }) => {
    const heard = new Heard(library, { binaryType: "fragments" }).write(
      "82 01 01 82 00 02 01 01 00 00 80 00",
    );
    expect(heard.words).toEqual(["binary [01]", "binary []", "binary [01]"]);
  });

  // ---- Order ----

  test("each event has its turn, if they must not be synchronous", async ({ library }) => {
    const seen: string[] = [];
    const receiver = new library.Receiver({ allowSynchronousEvents: false });
    const listener = (data: Buffer): void => {
      seen.push(`${data}`);
      void Promise.resolve()
        .then(() => seen.push(`${data}'`))
        .then(() => seen.push(`${data}''`));
    };
    for (const name of ["message", "ping", "pong"]) receiver.on(name, listener);
    receiver.write(Buffer.from(hex("81 01 31 89 01 32 8a 01 33 82 01 34")));
    receiver.write(Buffer.from(hex("82 01")));
    receiver.write(Buffer.from(hex("35")));
    expect(seen).toEqual([]);
    await eventually(() => seen.length === 15, "all events");
    expect(seen).toEqual(["1", "2", "3", "4", "5"].flatMap((each) => [each, `${each}'`, `${each}''`]));
  });

  test("a write is over when its events were emitted", async ({ library }) => {
    for (const allowSynchronousEvents of [true, false]) {
      const heard = new Heard(library, { allowSynchronousEvents });
      await new Promise((resolve) => heard.receiver.write(Buffer.from(hex("81 01 31 82 01 32")), resolve));
      expect(heard.words).toEqual(['text "1"', "binary 32"]);
    }
  });

  test("an exception of a listener is an uncaught one", async (scene) => {
    const receiver = new scene.library.Receiver();
    let count = 0;
    receiver.on("message", () => {
      if (++count === 2) throw new Error("Oops");
    });
    const strays: unknown[] = [];
    setImmediate(() => receiver.write(Buffer.from(hex("82 00 82 00"))));
    await eventually(() => strays.push(...scene.uncaught()) > 0, "the exception");
    expect(strays).toEqual([new Error("Oops")]);
  });
});
