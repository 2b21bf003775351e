// The encoder: headers and masked payloads of every length.
import { describe, expect, test } from "vitest";
import { Connection, type ConnectionOptions, Endpoint, type KernelName } from "../../../src/index.js";
import { BY_REFERENCE_BYTES } from "../../../src/protocol/encoder.js";
import { growableBuffer, resizableBuffer } from "../../support/buffers.js";
import { CountingHost } from "../../support/counting-host.js";
import { frame, KEY, parseFrames } from "../../support/frame.js";
import { concat, hex, toHex } from "../../support/hex.js";
import { describeKernels, KERNELS } from "../../support/kernels.js";
import { RecordingSink } from "../../support/recording-sink.js";

/** 37 fa 21 3d on the wire. */
const rfcKey = () => 0x3d21fa37;

/** Bytes of which no two neighbours are alike, nor any run of 4. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}

function sent(options: ConnectionOptions, send: (connection: Connection) => void): Uint8Array {
  const connection = new Connection({ maskingKey: rfcKey, ...options });
  send(connection);
  return concat(connection.takeOutput());
}

const LENGTHS = [
  [0, "82 00", "82 80"],
  [1, "82 01", "82 81"],
  [125, "82 7d", "82 fd"],
  [126, "82 7e 00 7e", "82 fe 00 7e"],
  [127, "82 7e 00 7f", "82 fe 00 7f"],
  [32_767, "82 7e 7f ff", "82 fe 7f ff"],
  [32_768, "82 7e 80 00", "82 fe 80 00"],
  [65_535, "82 7e ff ff", "82 fe ff ff"],
  [65_536, "82 7f 00 00 00 00 00 01 00 00", "82 ff 00 00 00 00 00 01 00 00"],
  [65_537, "82 7f 00 00 00 00 00 01 00 01", "82 ff 00 00 00 00 00 01 00 01"],
  [1_000_001, "82 7f 00 00 00 00 00 0f 42 41", "82 ff 00 00 00 00 00 0f 42 41"],
] as const;

describeKernels("encoder", (kernel) => {
  describe.each(LENGTHS)("a payload of %i bytes", (length, serverHeader, clientHeader) => {
    const payload = pattern(length);

    test("binary from a server", () => {
      const bytes = sent({ role: "server", kernel }, (c) => c.sendBinary(payload));
      expect(toHex(bytes.subarray(0, bytes.length - length))).toBe(serverHeader);
      expect(Buffer.compare(bytes.subarray(bytes.length - length), payload)).toBe(0);
    });

    test("binary from a client", () => {
      const bytes = sent({ role: "client", kernel }, (c) => c.sendBinary(payload));
      expect(toHex(bytes.subarray(0, bytes.length - length))).toBe(`${clientHeader} 37 fa 21 3d`);
      expect(Buffer.compare(bytes, frame({ opcode: 2, mask: KEY, payload }))).toBe(0);
      expect(Buffer.compare(payload, pattern(length))).toBe(0);
    });

    test("text, ASCII and not", () => {
      const units = Math.floor(length / 3);
      for (const text of ["a".repeat(length), "€".repeat(units) + "b".repeat(length - 3 * units)]) {
        for (const [role, mask] of [["server", undefined] as const, ["client", KEY] as const]) {
          const bytes = sent({ role, kernel }, (c) => c.sendText(text));
          expect(Buffer.compare(bytes, frame({ opcode: 1, mask, payload: text }))).toBe(0);
        }
      }
    });
  });

  test("text whose header is longer than its UTF-16 units let guess", () => {
    // From the 7-bit to the 16-bit form, and at the edge of what is built in the scratch window.
    for (const [unit, counts] of [
      ["é", [62, 63, 64, 125, 126]],
      ["€", [41, 42, 125, 126, 21_839, 21_840, 21_841, 21_845, 21_846]],
      ["💖", [31, 32, 62, 63, 10_919, 10_920, 10_921, 16_383, 16_384]],
    ] as const) {
      for (const count of counts) {
        const text = unit.repeat(count);
        for (const [role, mask] of [["server", undefined] as const, ["client", KEY] as const]) {
          const bytes = sent({ role, kernel }, (c) => c.sendText(text));
          expect(Buffer.compare(bytes, frame({ opcode: 1, mask, payload: text }))).toBe(0);
        }
      }
    }
  });

  test("a lone surrogate goes out as U+FFFD", () => {
    for (const text of ["\ud83d", "\udc96", "a\ud83db", "\udc96\ud83d"]) {
      const bytes = sent({ role: "server", kernel }, (c) => c.sendText(text));
      expect(toHex(bytes.subarray(2))).toBe(toHex(new TextEncoder().encode(text)));
    }
  });

  test("the frames of the RFC: 5.7", () => {
    expect(toHex(sent({ role: "client", kernel }, (c) => c.sendText("Hello")))).toBe(
      "81 85 37 fa 21 3d 7f 9f 4d 51 58",
    );
    expect(toHex(sent({ role: "server", kernel }, (c) => c.sendText("Hello")))).toBe("81 05 48 65 6c 6c 6f");
    expect(toHex(sent({ role: "server", kernel }, (c) => c.ping(hex("'Hello'"))))).toBe(
      "89 05 48 65 6c 6c 6f",
    );
    expect(toHex(sent({ role: "client", kernel }, (c) => c.pong(hex("'Hello'"))))).toBe(
      "8a 85 37 fa 21 3d 7f 9f 4d 51 58",
    );
  });

  test("payloads at any offset of any buffer, and none of their neighbours", () => {
    const around = pattern(300);
    const shared = new Uint8Array(new SharedArrayBuffer(300));
    const resizable = new Uint8Array(resizableBuffer(300));
    for (const memory of [around, Buffer.from(around), shared, resizable]) {
      memory.set(around);
      for (const [from, to] of [
        [0, 300],
        [1, 2],
        [3, 130],
        [17, 17],
        [255, 300],
      ] as const) {
        for (const [role, mask] of [["server", undefined] as const, ["client", KEY] as const]) {
          const bytes = sent({ role, kernel }, (c) => c.sendBinary(memory.subarray(from, to)));
          expect(toHex(bytes)).toBe(toHex(frame({ opcode: 2, mask, payload: around.slice(from, to) })));
        }
      }
    }
  });

  test("a long masked payload goes on with its key across the scratch window", () => {
    const payload = pattern(3 * 65_536 + 5);
    const bytes = sent({ role: "client", kernel }, (c) => c.sendBinary(payload));
    expect(Buffer.compare(bytes, frame({ opcode: 2, mask: KEY, payload }))).toBe(0);
  });
});

describe("by reference or copied", () => {
  const LONG = BY_REFERENCE_BYTES;

  function chunksOf(payload: Uint8Array, role: "server" | "client" = "server"): Uint8Array[] {
    const connection = new Connection({ role, maskingKey: rfcKey });
    connection.sendBinary(payload);
    return connection.takeOutput();
  }

  test("a server's long payload is not copied", () => {
    const payload = pattern(LONG);
    const chunks = chunksOf(payload);
    expect(chunks).toHaveLength(2);
    expect(chunks[1]).toBe(payload);
  });

  test.each<[string, () => Uint8Array, "server" | "client"]>([
    ["a shorter one", () => pattern(LONG - 1), "server"],
    ["a client's", () => pattern(LONG), "client"],
    ["of a SharedArrayBuffer", () => new Uint8Array(new SharedArrayBuffer(LONG)), "server"],
    ["of a resizable buffer", () => new Uint8Array(resizableBuffer(LONG)), "server"],
    ["of a growable SharedArrayBuffer", () => new Uint8Array(growableBuffer(LONG)), "server"],
  ])("copied: %s", (_, make, role) => {
    const payload = make();
    const chunks = chunksOf(payload, role);
    const before = toHex(concat(chunks));
    payload.fill(0xa5);
    expect(toHex(concat(chunks))).toBe(before);
  });

  /** Receives a long binary message with borrowing, and sends the borrowed view on inside of the handler. */
  function forwardBorrowed(from: KernelName, to: KernelName, length: number): void {
    const sink = new RecordingSink();
    const receiver = new Endpoint(sink, { role: "client", kernel: from, borrow: true });
    const sender = new Connection({ role: "server", kernel: to });
    sink.inside = (payload) => {
      if (typeof payload !== "string") sender.sendBinary(payload);
    };
    const payload = pattern(length);
    receiver.receive(frame({ opcode: 2, payload }));
    sink.inside = () => {};
    receiver.receive(frame({ opcode: 2, payload: new Uint8Array(length).fill(0xa5) }));
    const [forwarded] = parseFrames(concat(sender.takeOutput()));
    expect(Buffer.compare(forwarded?.payload ?? hex(""), payload)).toBe(0);
  }

  describe.each(KERNELS)("a borrowed view of the %s kernel's memory is copied", (from) => {
    test.each(KERNELS)("by an endpoint of the %s kernel", (to) => {
      forwardBorrowed(from, to, 100);
      forwardBorrowed(from, to, LONG + 1);
    });
  });
});

describe("what throws changes nothing", () => {
  test("a masking key source that throws", () => {
    let broken = false;
    const client = new Connection({
      role: "client",
      maskingKey: () => {
        if (broken) throw new Error("no entropy");
        return 0;
      },
    });
    const attempts: (() => void)[] = [
      () => client.sendText("a"),
      () => client.sendText("a".repeat(100_000)),
      () => client.sendBinary(new Uint8Array(1)),
      () => client.sendBinary(new Uint8Array(100_000)),
      () => client.sendFragment("\ud83d", false),
      () => client.sendFragment(new Uint8Array(1), false),
      () => client.sendFragment(new Uint8Array(1), true),
      () => client.ping(),
      () => client.close(1000),
    ];
    for (const attempt of attempts) {
      broken = true;
      expect(attempt).toThrow("no entropy");
      broken = false;
      expect(client.takeOutput()).toEqual([]);
      expect(client.state).toBe("open");
    }
    client.sendFragment("a", false);
    broken = true;
    expect(() => client.sendFragment("\ud83d", true)).toThrow("no entropy");
    broken = false;
    client.sendFragment("b", true);
    client.close(1000);
    expect(toHex(concat(client.takeOutput()))).toBe(
      "01 81 00 00 00 00 61 80 81 00 00 00 00 62 88 82 00 00 00 00 03 e8",
    );
  });

  test.each(["server", "client"] as const)("memory that the host of a %s does not have", (role) => {
    const host = new CountingHost();
    const connection = new Connection({ role, host, maskingKey: () => 0 });
    host.refuseFrom = role === "server" ? 1 : 1000;
    const long = new Uint8Array(100_000);
    expect(() => connection.sendBinary(long)).toThrow(RangeError);
    expect(() => connection.sendText("a".repeat(100_000))).toThrow(RangeError);
    expect(() => connection.sendFragment(long, false)).toThrow(RangeError);
    host.refuseFrom = Number.POSITIVE_INFINITY;
    expect(connection.takeOutput()).toEqual([]);
    connection.sendText("a");
    expect(parseFrames(concat(connection.takeOutput()))).toMatchObject([
      { fin: true, opcode: 1, payload: hex("'a'") },
    ]);
  });
});
