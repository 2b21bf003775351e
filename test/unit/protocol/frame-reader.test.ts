// Frames as they stand on the wire: the fields of headers, parts of payloads, and headers that are written.
import { describe, expect, test } from "vitest";
import {
  encodeFrameHeader,
  type FrameHeaderEvent,
  FrameReader,
  type FrameReaderEvent,
} from "../../../src/index.js";
import { BYTES_OF_EVERY_KIND, PAYLOAD } from "../../support/bytes-of-every-kind.js";
import { frame, KEY } from "../../support/frame.js";
import { concat, hex, toHex } from "../../support/hex.js";

function read(reader: FrameReader, ...chunks: readonly Uint8Array[]): FrameReaderEvent[] {
  return chunks.flatMap((chunk) => reader.receive(chunk));
}

function headersOf(events: readonly FrameReaderEvent[]): FrameHeaderEvent[] {
  return events.filter((event) => event.type === "header");
}

const plain = {
  ...{ type: "header", fin: true, rsv1: false, rsv2: false, rsv3: false, offset: 0 },
  ...{ masked: false, maskingKey: undefined, lengthForm: 7 },
} as const;

describe("a reader of frames", () => {
  test("reports the fields of a header, and the payload as it came", () => {
    const bytes = hex("81 85 37 fa 21 3d 7f 9f 4d 51 58");
    const reader = new FrameReader();
    expect(reader.betweenFrames).toBe(true);
    expect(reader.receive(bytes)).toEqual([
      {
        ...plain,
        ...{ opcode: 1, masked: true, maskingKey: hex("37 fa 21 3d"), payloadLength: 5 },
        headerBytes: hex("81 85 37 fa 21 3d"),
      },
      { type: "payload", payload: hex("7f 9f 4d 51 58"), remaining: 0 },
    ]);
    expect(reader.betweenFrames).toBe(true);
  });

  test("unmasks payloads on request, and leaves others as they are", () => {
    const reader = new FrameReader({ unmask: true });
    const events = reader.receive(hex("81 85 37 fa 21 3d 7f 9f 4d 51 58 01 02 'ab'"));
    expect(events.map((event) => event.type === "payload" && Buffer.from(event.payload).toString())).toEqual([
      ...[false, "Hello", false, "ab"],
    ]);
  });

  test.each([1, 2, 3, 5, 7, 64])("unmasks payloads of any length in chunks of %i bytes", (step) => {
    for (const length of [0, 1, 2, 3, 4, 5, 125, 126, 1000, 65_536, 150_001]) {
      if (length > 2000 && step < 64) continue;
      const payload = Uint8Array.from({ length }, (_, i) => i * 7);
      const bytes = frame({ opcode: 2, mask: KEY, payload });
      const reader = new FrameReader({ unmask: true });
      const size = length > 2000 ? length / 2 : step;
      const events: FrameReaderEvent[] = [];
      for (let at = 0; at < bytes.length; at += size)
        events.push(...reader.receive(bytes.subarray(at, at + size)));
      const parts = events.flatMap((event) => (event.type === "payload" ? [event] : []));
      expect(Buffer.compare(concat(parts.map((each) => each.payload)), payload)).toBe(0);
      let left = length;
      for (const part of parts) {
        left -= part.payload.length;
        expect(part.remaining).toBe(left);
      }
      expect(headersOf(events)).toHaveLength(1);
      expect(reader.betweenFrames).toBe(true);
    }
  });

  test("lends views of the chunk, and owns what it has unmasked and the headers", () => {
    const chunk = concat([hex("82 02 01 02"), hex("82 82 00 00 00 00 03 04")]);
    const [header, part] = new FrameReader().receive(chunk);
    if (part?.type !== "payload" || header?.type !== "header") throw new Error();
    expect(part.payload.buffer).toBe(chunk.buffer);
    expect(header.headerBytes.buffer).not.toBe(chunk.buffer);
    const unmasked = new FrameReader({ unmask: true }).receive(chunk)[3];
    chunk.fill(0xff);
    expect(unmasked).toMatchObject({ payload: hex("03 04") });
    expect(toHex(header.headerBytes)).toBe("82 02");
  });

  test("reports whatever breaks a rule of the protocol but can be read", () => {
    const broken: readonly [string, Partial<FrameHeaderEvent>][] = [
      ["f3 00", { rsv1: true, rsv2: true, rsv3: true, opcode: 3 }],
      ["50 00", { fin: false, rsv1: true, rsv3: true, opcode: 0 }],
      ["0f 00", { fin: false, opcode: 15 }],
      ["a1 00", { rsv2: true, opcode: 1 }],
      ["88 01 00", { opcode: 8, payloadLength: 1 }],
      ["09 7e 00 7e 00*126", { fin: false, opcode: 9, payloadLength: 126, lengthForm: 16 }],
      ["82 7e 00 00", { payloadLength: 0, lengthForm: 16 }],
      ["82 7f 00 00 00 00 00 00 00 01 00", { payloadLength: 1, lengthForm: 64 }],
      [
        "82 ff 00 00 00 00 00 00 00 00 01 02 03 04",
        { payloadLength: 0, lengthForm: 64, maskingKey: hex("01 02 03 04") },
      ],
    ];
    const reader = new FrameReader();
    let offset = 0;
    for (const [bytes, fields] of broken) {
      const event = headersOf(reader.receive(hex(bytes)))[0];
      expect(event, bytes).toMatchObject({ ...fields, offset });
      offset += hex(bytes).length;
      expect(reader.betweenFrames).toBe(true);
    }
  });

  test.each<[string, number | bigint]>([
    ["00 00 00 00 ff ff ff ff", 2 ** 32 - 1],
    ["00 1f ff ff ff ff ff ff", 2 ** 53 - 1],
    ["00 20 00 00 00 00 00 00", 2n ** 53n],
    ["00 20 00 00 00 00 00 01", 2n ** 53n + 1n],
    ["7f ff ff ff ff ff ff ff", 2n ** 63n - 1n],
  ])("a length of %s is the number, or the bigint, %s", (bytes, payloadLength) => {
    const reader = new FrameReader();
    const [header, part] = reader.receive(hex(`82 7f ${bytes} aa bb`));
    expect(header).toMatchObject({ payloadLength, lengthForm: 64 });
    expect(part).toMatchObject({ payload: hex("aa bb"), remaining: Number(payloadLength) - 2 });
    expect(reader.betweenFrames).toBe(false);
  });

  test("ends with an error at the top bit of a length, as soon as its byte is there, with the bytes it did not read", () => {
    const good = hex("81 01 'a'");
    const bad = hex("82 ff 80 00 00 00 00 00 00 01 02");
    for (const cut of [0, 1, 2, 3, 5, 11]) {
      const reader = new FrameReader();
      const before = read(reader, good, bad.subarray(0, Math.min(cut, 2)));
      expect(before).toHaveLength(2);
      const rest = bad.subarray(Math.min(cut, 2), Math.max(cut, 3));
      const code = "LENGTH_TOP_BIT";
      expect(reader.receive(rest)).toEqual([
        { type: "error", code, offset: 3, bytes: bad.subarray(0, Math.max(cut, 3)) },
      ]);
      expect(reader.receive(good)).toEqual([]);
      expect(reader.betweenFrames).toBe(false);
      expect(reader.incompleteHeader).toEqual(hex(""));
    }
  });

  test("holds the bytes of a header that is not complete, and shows them", () => {
    const header = hex("82 ff 00 00 00 00 00 01 00 00 01 02 03 04");
    const reader = new FrameReader();
    for (let i = 0; i < header.length - 1; i++) {
      expect(reader.receive(header.subarray(i, i + 1))).toEqual([]);
      expect(reader.incompleteHeader).toEqual(header.subarray(0, i + 1));
      expect(reader.betweenFrames).toBe(false);
    }
    expect(headersOf(reader.receive(header.subarray(-1)))[0]?.headerBytes).toEqual(header);
    expect(reader.incompleteHeader).toEqual(hex(""));
  });

  test("takes bytes of every kind, and nothing else", () => {
    for (const [title, bytes] of BYTES_OF_EVERY_KIND.flatMap(([, kinds]) => kinds)) {
      for (const unmask of [false, true]) {
        const reader = new FrameReader({ unmask });
        const key = unmask ? hex("82 88 00 00 00 00") : hex("82 08");
        const part = read(reader, key).length === 1 ? reader.receive(bytes)[0] : undefined;
        expect(part?.type === "payload" && toHex(part.payload), title).toBe(toHex(PAYLOAD));
      }
    }
    for (const wrong of [undefined, null, "82", 5, [0x82]])
      expect(() => Reflect.apply(FrameReader.prototype.receive, new FrameReader(), [wrong])).toThrow(
        TypeError,
      );
  });

  test("takes time that grows with the bytes alone", () => {
    const reader = new FrameReader();
    const flood = new Uint8Array(1 << 20).fill(0x80).map((byte, i) => (i % 2 === 0 ? byte : 0));
    expect(reader.receive(flood)).toHaveLength(1 << 19);
    let events = 0;
    for (let i = 0; i < flood.length; i++) events += reader.receive(flood.subarray(i, i + 1)).length;
    expect(events).toBe(1 << 19);
  });
});

describe("a header that is written", () => {
  test("has what most frames have, unless its fields say otherwise", () => {
    expect(toHex(encodeFrameHeader({ opcode: 1, payloadLength: 5 }))).toBe("81 05");
    expect(toHex(encodeFrameHeader({ opcode: 2, payloadLength: 126 }))).toBe("82 7e 00 7e");
    expect(toHex(encodeFrameHeader({ opcode: 2, payloadLength: 65_536 }))).toBe(
      "82 7f 00 00 00 00 00 01 00 00",
    );
    const fields = { fin: false, rsv1: true, rsv2: true, rsv3: true, opcode: 15, payloadLength: 0n } as const;
    const maskingKey = hex("01 02 03 04");
    expect(toHex(encodeFrameHeader({ ...fields, maskingKey }))).toBe("7f 80 01 02 03 04");
    expect(toHex(encodeFrameHeader({ ...fields, lengthForm: 16 }))).toBe("7f 7e 00 00");
    expect(toHex(encodeFrameHeader({ opcode: 0, payloadLength: 2n ** 63n - 1n }))).toBe(
      "80 7f 7f ff ff ff ff ff ff ff",
    );
  });

  test.each<[string, object, ErrorConstructor]>([
    ["an opcode over 15", { opcode: 16, payloadLength: 0 }, RangeError],
    ["no opcode", { payloadLength: 0 }, RangeError],
    ["no length", { opcode: 1 }, TypeError],
    ["half a byte", { opcode: 1, payloadLength: 0.5 }, RangeError],
    ["a negative length", { opcode: 1, payloadLength: -1 }, RangeError],
    ["a number that is not exact", { opcode: 1, payloadLength: 2 ** 53 }, RangeError],
    ["a length with the top bit", { opcode: 1, payloadLength: 2n ** 63n }, RangeError],
    ["a form that is too short", { opcode: 1, payloadLength: 126, lengthForm: 7 }, RangeError],
    ["a form that does not exist", { opcode: 1, payloadLength: 1, lengthForm: 8 }, RangeError],
    ["a key of 3 bytes", { opcode: 1, payloadLength: 1, maskingKey: hex("01 02 03") }, RangeError],
    ["a key that is a number", { opcode: 1, payloadLength: 1, maskingKey: 5 }, TypeError],
  ])("is refused with %s", (_, fields, error) => {
    expect(() => Reflect.apply(encodeFrameHeader, undefined, [fields])).toThrow(error);
  });
});
