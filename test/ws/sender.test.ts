// The class `Sender`: frames, and the order in which it writes them.
import { Duplex } from "node:stream";
import { expect } from "vitest";
import { eventually } from "../adapters/until.js";
import { toHex } from "../support/hex.js";
import type { Library } from "./library.js";
import { suite } from "./suite.js";
import type { Bytes, PerMessageDeflate, Sender } from "./surface.js";

/** A stream that keeps what is written to it, write by write. */
class Sink extends Duplex {
  readonly writes: Bytes[] = [];
  /** How often it was corked. */
  corks = 0;

  constructor() {
    super({ decodeStrings: false });
  }

  override cork(): void {
    this.corks++;
    super.cork();
  }

  override _read(): void {}

  override _write(chunk: Bytes, _encoding: string, callback: () => void): void {
    this.writes.push(chunk);
    callback();
  }

  /** Waits for so many writes. */
  wrote(count: number): Promise<void> {
    return eventually(
      () => this.writes.length >= count,
      () => `${count} writes; there were: ${this.words.join(", ")}`,
    );
  }

  /** The writes as text: strings in quotes, bytes in hexadecimal. */
  get words(): string[] {
    return this.writes.map((each) => (typeof each === "string" ? JSON.stringify(each) : toHex(each)));
  }
}

interface Stage {
  readonly sink: Sink;
  readonly sender: Sender;
}

function stage(
  { Sender }: Library,
  deflate?: PerMessageDeflate,
  generateMask?: (mask: Buffer) => void,
): Stage {
  const sink = new Sink();
  const extensions = deflate === undefined ? undefined : { "permessage-deflate": deflate };
  return { sink, sender: new Sender(sink, extensions, generateMask) };
}

/** A client's side of compression, after a handshake. */
function deflating(
  { PerMessageDeflate, extension }: Library,
  answer = "",
  threshold = 1024,
): PerMessageDeflate {
  const deflate = new PerMessageDeflate({ threshold });
  deflate.accept(extension.parse(`permessage-deflate${answer}`)["permessage-deflate"] ?? []);
  return deflate;
}

const FORGETS = "; client_no_context_takeover";

function fixedMask(mask: Buffer): void {
  mask.set([1, 2, 3, 4]);
}

suite("sender", "classes", (test) => {
  for (const [length, head] of [
    [0, "82 00"],
    [125, "82 7d"],
    [126, "82 7e 00 7e"],
    [65_535, "82 7e ff ff"],
    [65_536, "82 7f 00 00 00 00 00 01 00 00"],
  ] as const)
    test(`the header for ${length} bytes is ${head}`, ({ library }) => {
      const data = Buffer.alloc(length, 7);
      const list = library.Sender.frame(data, { opcode: 2, fin: true, readOnly: true });
      expect(list.map((each) => (each === data ? "data" : toHex(Buffer.from(each))))).toEqual(
        length === 0 ? [head] : [head, "data"],
      );
    });

  for (const [options, first] of [
    [{ opcode: 1 }, 0x01],
    [{ opcode: 1, fin: true }, 0x81],
    [{ opcode: 0, fin: true }, 0x80],
    [{ opcode: 2, rsv1: true }, 0x42],
    [{ opcode: 9, fin: true, rsv1: true }, 0xc9],
    [{ opcode: 5, fin: true }, 0x85],
  ] as const)
    test(`the first byte of ${JSON.stringify(options)}`, ({ library }) => {
      const [head = ""] = library.Sender.frame(Buffer.from("x"), options);
      expect(Buffer.from(head)[0]).toBe(first);
    });

  test("a string becomes UTF-8", ({ library }) => {
    const list = library.Sender.frame("\u20ac", { opcode: 1, fin: true });
    expect(list).toEqual([Buffer.from([0x81, 3]), Buffer.from([0xe2, 0x82, 0xac])]);
  });

  test("data that is read-only is masked in a copy, behind its header", ({ library }) => {
    const data = Buffer.from([1, 2, 3, 4, 5]);
    const list = library.Sender.frame(data, {
      opcode: 2,
      fin: true,
      mask: true,
      readOnly: true,
      generateMask: fixedMask,
    });
    expect(list).toEqual([Buffer.from([0x82, 0x85, 1, 2, 3, 4, 0, 0, 0, 0, 4])]);
    expect(data).toEqual(Buffer.from([1, 2, 3, 4, 5]));
  });

  test("other data is masked where it stands", ({ library }) => {
    const data = Buffer.from([1, 2, 3, 4, 5]);
    const list = library.Sender.frame(data, { opcode: 2, fin: true, mask: true, generateMask: fixedMask });
    expect(list).toEqual([Buffer.from([0x82, 0x85, 1, 2, 3, 4]), Buffer.from([0, 0, 0, 0, 4])]);
    expect(list[1]).toBe(data);
  });

  test("a masking key of zeros leaves data as they are", ({ library }) => {
    const data = Buffer.from("abc");
    const list = library.Sender.frame(data, {
      opcode: 2,
      fin: true,
      mask: true,
      readOnly: true,
      generateMask: (mask) => mask.fill(0),
    });
    expect(list).toEqual([Buffer.from([0x82, 0x83, 0, 0, 0, 0]), data]);
    expect(list[1]).toBe(data);
  });

  test("without data there is a key, and nothing to mask", ({ library }) => {
    const list = library.Sender.frame(Buffer.alloc(0), {
      opcode: 9,
      fin: true,
      mask: true,
      generateMask: fixedMask,
    });
    expect(list).toEqual([Buffer.from([0x89, 0x80, 1, 2, 3, 4])]);
  });

  test("the masking key is written to the caller's memory", ({ library }) => {
    const maskBuffer = Buffer.alloc(4);
    const seen: Buffer[] = [];
    library.Sender.frame("a", { opcode: 1, mask: true, maskBuffer, generateMask: (mask) => seen.push(mask) });
    expect(seen[0]).toBe(maskBuffer);
  });

  test("masking keys differ from frame to frame", ({ library }) => {
    const keys = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const [head = ""] = library.Sender.frame("", { opcode: 1, mask: true });
      keys.add(toHex(Buffer.from(head).subarray(2)));
    }
    expect(keys.size).toBeGreaterThan(40);
  });

  test("a message is a header and its data, corked", ({ library }) => {
    const { sink, sender } = stage(library);
    sender.send("hi", { fin: true });
    sender.send(Buffer.from([1, 2]), { fin: true, binary: true });
    expect(sink.words).toEqual(["81 02", '"hi"', "82 02", "01 02"]);
    expect(sink.corks).toBe(2);
  });

  test("data of any form", ({ library }) => {
    const { sink, sender } = stage(library);
    const options = { fin: true, binary: true };
    sender.send(new Uint8Array([1, 2]).buffer, options);
    sender.send(new Uint16Array([0x0201]), options);
    sender.send(new DataView(new Uint8Array([0, 1, 2]).buffer, 1), options);
    sender.send([1, 2], options);
    expect(sink.words).toEqual(Array.from({ length: 4 }, () => ["82 02", "01 02"]).flat());
  });

  test("a message in fragments", ({ library }) => {
    const { sink, sender } = stage(library);
    sender.send("a", {});
    sender.send("b", { fin: false });
    sender.send("", { fin: true });
    sender.send("c", { fin: true });
    expect(sink.words).toEqual(["01 01", '"a"', "00 01", '"b"', "80 00", "81 01", '"c"']);
  });

  test("a masked message", ({ library }) => {
    const { sink, sender } = stage(library, undefined, fixedMask);
    const data = Buffer.from([1, 2, 3, 4]);
    sender.send(data, { fin: true, binary: true, mask: true });
    expect(sink.words).toEqual(["82 84 01 02 03 04 00 00 00 00"]);
    expect(data).toEqual(Buffer.from([1, 2, 3, 4]));
  });

  test("callbacks are called when the frame was written", async ({ library }) => {
    const { sink, sender } = stage(library);
    const called: unknown[] = [];
    sender.send("a", { fin: true }, (error) => called.push("a", error));
    sender.send("", { fin: true }, (error) => called.push("b", error));
    sender.ping("c", false, (error) => called.push("c", error));
    sender.close(1000, "d", false, (error) => called.push("d", error));
    expect(called).toEqual([]);
    await eventually(() => called.length === 8, "all callbacks");
    expect(called.map((each) => each ?? null)).toEqual(["a", null, "b", null, "c", null, "d", null]);
    expect(sink.words.slice(-2)).toEqual(["88 03", "03 e8 64"]);
  });

  test("writes the parts of frames", ({ library }) => {
    const { sink, sender } = stage(library);
    sender.sendFrame([Buffer.from([0x81, 1]), "x"]);
    sender.sendFrame([Buffer.from([0x81, 0])]);
    expect(sink.words).toEqual(["81 01", '"x"', "81 00"]);
  });

  for (const [name, opcode] of [
    ["ping", "89"],
    ["pong", "8a"],
  ] as const) {
    test(`${name}s with data of any form`, ({ library }) => {
      const { sink, sender } = stage(library);
      sender[name]("hi", false);
      sender[name](new Uint8Array([1, 2]), false);
      sender[name](new Uint8Array([1, 2]).buffer, false);
      sender[name](Buffer.alloc(0), false);
      expect(sink.words).toEqual([
        `${opcode} 02`,
        '"hi"',
        `${opcode} 02`,
        "01 02",
        `${opcode} 02`,
        "01 02",
        `${opcode} 00`,
      ]);
    });

    test(`${name}s of Blobs, in order`, async ({ library }) => {
      const { sink, sender } = stage(library);
      sender[name](new Blob(["hi"]), false);
      sender[name]("b", false);
      sender[name](new Blob([new Uint8Array([1, 2])]), false);
      expect(sink.words).toEqual([]);
      await sink.wrote(6);
      expect(sink.words.map((each) => each.replace('"b"', "62"))).toEqual([
        `${opcode} 02`,
        "68 69",
        `${opcode} 01`,
        "62",
        `${opcode} 02`,
        "01 02",
      ]);
    });

    test(`a ${name} of more than 125 bytes throws`, ({ library }) => {
      const { sink, sender } = stage(library);
      const error = new RangeError("The data size must not be greater than 125 bytes");
      for (const data of [
        "a".repeat(126),
        "\u20ac".repeat(42),
        Buffer.alloc(126),
        new Blob(["a".repeat(126)]),
      ])
        expect(() => sender[name](data, false)).toThrow(error);
      expect(sink.words).toEqual([]);
    });
  }

  for (const [code, reason, bytes] of [
    [undefined, undefined, "88 00"],
    [1000, undefined, "88 02 03 e8"],
    [1000, "", "88 02 03 e8"],
    [4999, "\u20ac", "88 05 13 87 e2 82 ac"],
    [3000, Buffer.from("b"), "88 03 0b b8 62"],
  ] as const)
    test(`a Close frame of ${code} ${JSON.stringify(reason)}`, ({ library }) => {
      const { sink, sender } = stage(library);
      sender.close(code, reason, false);
      expect(sink.words.join(" ")).toBe(bytes);
    });

  test("Close frames that cannot be", ({ library }) => {
    const { sink, sender } = stage(library);
    const wrong: readonly unknown[] = ["error", 1004, 1005, 1006, 1015, 999, 2000, 5000, null];
    for (const code of wrong)
      expect(() => Reflect.apply(sender.close, sender, [code])).toThrow(
        new TypeError("First argument must be a valid error code number"),
      );
    const long = new RangeError("The message must not be greater than 123 bytes");
    for (const reason of ["a".repeat(124), "\u20ac".repeat(42), Buffer.alloc(124)])
      expect(() => sender.close(1000, reason, false)).toThrow(long);
    sender.close(1000, "a".repeat(123), false);
    expect(sink.words[0]).toBe("88 7d");
  });

  test("everything comes in order behind a Blob", async ({ library }) => {
    const { sink, sender } = stage(library);
    sender.send(new Blob(["a"]), { fin: true });
    sender.send("b", { fin: true });
    sender.ping("c", false);
    sender.send(new Blob(["d"]), { fin: true });
    sender.close(1000, undefined, false);
    await sink.wrote(10);
    const bytes = Buffer.concat(sink.writes.map((each) => Buffer.from(each)));
    expect(toHex(bytes)).toBe("81 01 61 81 01 62 89 01 63 81 01 64 88 02 03 e8");
  });

  test("compresses messages of any form, and what follows waits", async ({ library }) => {
    const { sink, sender } = stage(library, deflating(library));
    const options = { compress: true, fin: true };
    sender.send(new Uint8Array([0x68, 0x69]).buffer, options);
    sender.send(new Uint8Array([0x68, 0x69]), options);
    sender.send("hi", options);
    sender.send(new Blob(["hi"]), options);
    sender.ping("p", false);
    sender.send("hi", { fin: true });
    expect(sink.words).toEqual([]);
    await sink.wrote(12);
    const heads = sink.words.filter((_, i) => i % 2 === 0);
    expect(heads.map((head) => head.slice(0, 2))).toEqual(["c1", "c1", "c1", "c1", "89", "81"]);
    expect(sink.words[1]).toBe("ca c8 04 00");
  });

  test("everything is sent before a Close frame", async ({ library }) => {
    const { sink, sender } = stage(library, deflating(library));
    for (const text of ["foo", "bar", "baz"]) sender.send(text, { compress: true, fin: true });
    await new Promise<void>((resolve) => sender.close(1000, undefined, false, () => resolve()));
    expect(sink.writes.length).toBe(8);
    expect(sink.words.at(-2)).toBe("88 02");
  });

  for (const [first, second, compressed] of [
    ["123", "12", true],
    ["12", "123", false],
  ] as const)
    test(`the first fragment decides about the threshold: ${first.length} bytes of 3`, async ({
      library,
    }) => {
      const { sink, sender } = stage(library, deflating(library, FORGETS, 3));
      sender.send(first, { compress: true, fin: false });
      sender.send(second, { compress: true, fin: true });
      await sink.wrote(4);
      expect(sink.words.filter((_, i) => i % 2 === 0).map((head) => head.slice(0, 2))).toEqual(
        compressed ? ["41", "80"] : ["01", "80"],
      );
      expect(sink.writes.filter((_, i) => i % 2 === 1).map((each) => each.length)).toEqual(
        compressed ? [9, 4] : [2, 3],
      );
    });

  test("the threshold counts where messages are forgotten, in bytes", async ({ library }) => {
    const { sink, sender } = stage(library, deflating(library, FORGETS));
    sender.send("hi", { compress: true, fin: true });
    expect(sink.words).toEqual(["81 02", '"hi"']);
    sender.send("\u20ac".repeat(342), { compress: true, fin: true });
    await sink.wrote(4);
    expect(sink.words[2]?.slice(0, 2)).toBe("c1");
    const other = stage(library, deflating(library, "; server_no_context_takeover"));
    other.sender.send("hi", { compress: true, fin: true });
    await other.sink.wrote(2);
    expect(other.sink.words[0]).toBe("c1 04");
  });

  for (const [parts, lengths] of [
    [
      ["", "data"],
      [5, 6],
    ],
    [
      ["data", ""],
      [10, 1],
    ],
  ] as const)
    test(`compresses the fragments ${JSON.stringify(parts)}`, async ({ library }) => {
      const { sink, sender } = stage(library, deflating(library, FORGETS, 0));
      const [first, second] = parts.map((part) => Buffer.from(part));
      sender.send(first ?? "", { compress: true, fin: false });
      sender.send(second ?? "", { compress: true, fin: true });
      await sink.wrote(4);
      expect(sink.words.filter((_, i) => i % 2 === 0).map((head) => head.slice(0, 2))).toEqual(["41", "80"]);
      expect(sink.writes.filter((_, i) => i % 2 === 1).map((each) => each.length)).toEqual(lengths);
    });

  test("a socket that is gone fails the messages that wait", async ({ library }) => {
    for (const [data, options, message] of [
      ["hi", { compress: true, fin: true }, "The socket was closed while data was being compressed"],
      [new Blob(["hi"]), { fin: true }, "The socket was closed while the blob was being read"],
    ] as const) {
      const { sink, sender } = stage(library, deflating(library));
      const errors: unknown[] = [];
      const note = (error?: Error | null): number => errors.push(error);
      sender.send(data, options, note);
      sender.send("b", { fin: true }, note);
      sender.ping("c", false, note);
      sink.destroy();
      await eventually(() => errors.length === 3, "all errors");
      expect(errors).toEqual([new Error(message), new Error(message), new Error(message)]);
      expect(sink.words).toEqual([]);
    }
  });
});
