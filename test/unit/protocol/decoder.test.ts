// The decoder: full record tables, and chunks of every kind of memory.
import { describe, expect, test } from "vitest";
import { Connection, Endpoint, type Limits } from "../../../src/index.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { growableBuffer, resizableBuffer } from "../../support/buffers.js";
import { CountingHost } from "../../support/counting-host.js";
import { byteByByte, cutAt, everyBytes } from "../../support/cuts.js";
import { frame, KEY } from "../../support/frame.js";
import { concat, hex, toHex } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { RecordingSink } from "../../support/recording-sink.js";
import { describeEvents, run } from "../../support/run.js";

describeKernels("decoder", (kernel) => {
  test("more records in a read than the table holds", () => {
    // Each round has four records: 20,000 in 64 KiB and a bit.
    const round = hex("81 01 'a' 02 00 89 00 80 01 07 8a 00 82 00");
    const rounds = 5000;
    const stream = concat(Array.from({ length: rounds }, () => round));
    const once = ['text "a"', "ping", "binary 07", "pong", "binary"];
    for (const cuts of [[], [1], [65_536], [65_535], everyBytes(stream.length, 8191)]) {
      const { events } = run(stream, { role: "client", kernel }, cuts);
      expect(events).toHaveLength(once.length * rounds);
      for (let i = 0; i < events.length; i++) {
        if (events[i] !== once[i % once.length]) expect(events[i]).toBe(once[i % once.length]);
      }
    }
  });

  test.each([layout.MAX_RECORDS - 2, layout.MAX_RECORDS - 1, layout.MAX_RECORDS, layout.MAX_RECORDS + 1])(
    "%i records, then a violation of one record or two",
    (count) => {
      for (const [bad, offset] of [
        ["83", 0],
        ["81 03 'a' ff 'b'", 3],
      ] as const) {
        const stream = concat([...Array.from({ length: count }, () => hex("8a 00")), hex(bad)]);
        const { events, failure } = run(stream, { role: "client", kernel });
        expect(events).toHaveLength(count + 1);
        expect(failure?.offset).toBe(2 * count + offset);
      }
    },
  );

  test("the record table fills up inside of a fragmented message, and in a chunk longer than the window", () => {
    const parts = 30_000;
    const stream = concat([
      hex("02 00"),
      ...Array.from({ length: parts }, (_, i) => Uint8Array.of(0, 1, i)),
      hex("80 00"),
    ]);
    const [event] = new Connection({ role: "client", kernel }).receive(stream);
    const payload = event?.type === "binary" ? event.payload : hex("");
    expect(
      Buffer.compare(
        payload,
        Uint8Array.from({ length: parts }, (_, i) => i),
      ),
    ).toBe(0);
  });

  test("chunks of every kind of memory, at odd offsets too", () => {
    const stream = concat([
      frame({ opcode: 1, mask: KEY, payload: "Hello" }),
      frame({ opcode: 2, mask: KEY, payload: "xyz" }),
    ]);
    const length = stream.length + 40;
    const memories = [
      new Uint8Array(length),
      Buffer.alloc(length),
      new Uint8Array(new SharedArrayBuffer(length)),
      new Uint8Array(resizableBuffer(length)),
      new Uint8Array(growableBuffer(length)),
      new (class extends Uint8Array {})(length),
    ];
    for (const memory of memories) {
      for (const offset of [0, 1, 3, 17]) {
        // What lies around the chunk would fail the connection.
        memory.fill(0xff);
        memory.set(stream, offset);
        const connection = new Connection({ role: "server", kernel });
        const events = connection.receive(memory.subarray(offset, offset + stream.length));
        expect(memory[0] === 0xff || offset === 0).toBe(true);
        memory.fill(0xa5);
        expect(describeEvents(events)).toEqual(['text "Hello"', "binary 78 79 7a"]);
        expect(connection.state).toBe("open");
      }
    }
  });

  test("the chunk stays as it was", () => {
    const chunk = frame({ opcode: 1, mask: KEY, payload: "Hello" });
    const before = toHex(chunk);
    new Connection({ role: "server", kernel }).receive(chunk);
    expect(toHex(chunk)).toBe(before);
  });

  test("a detached chunk is an empty one", () => {
    const chunk = hex("81 85");
    structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
    const connection = new Connection({ role: "server", kernel });
    expect(connection.receive(chunk)).toEqual([]);
    expect(describeEvents(connection.receive(frame({ opcode: 1, mask: KEY, payload: "a" })))).toEqual([
      'text "a"',
    ]);
  });

  test.each([
    ["82 7f 00 1f ff ff ff ff ff ff", Number.POSITIVE_INFINITY],
    ["82 7f 00 1f ff ff ff ff ff ff", Number.MAX_SAFE_INTEGER],
    ["01 7f 00 00 00 00 40 00 00 00", Number.POSITIVE_INFINITY],
    ["82 7f 00 00 00 00 00 10 00 00", 1 << 20],
  ])("the header %s allocates next to nothing", (header, maxMessageBytes) => {
    const host = new CountingHost();
    const limits: Partial<Limits> = { maxMessageBytes };
    const connection = new Connection({ role: "client", kernel, host, limits });
    connection.receive(hex(header));
    expect(host.allocated + host.copied).toBe(0);
    connection.receive(hex("'a'"));
    expect(host.allocated + host.copied).toBeLessThan(4096);
    expect(connection.state).toBe("open");
  });

  test.each(["text", "binary"] as const)(
    "a %s message that there is no memory for fails with 1009",
    (type) => {
      for (const refuseFrom of [2000, 100_000]) {
        const host = new CountingHost();
        host.refuseFrom = refuseFrom;
        const connection = new Connection({ role: "client", kernel, host, maskingKey: () => 0 });
        const stream = concat([
          hex("8a 00"),
          // Longer than any scratch memory that messages before it may have left.
          frame({ opcode: type === "text" ? 1 : 2, payload: new Uint8Array(1_100_000) }),
        ]);
        const events = cutAt(stream, everyBytes(stream.length, 1000)).flatMap((chunk) =>
          connection.receive(chunk),
        );
        expect(describeEvents(events)).toEqual(["pong", 'close 1006 "" unclean']);
        expect(events[1]).toMatchObject({ failure: { code: "MESSAGE_TOO_LONG", closeCode: 1009 } });
        expect(toHex(concat(connection.takeOutput())).slice(-5)).toBe("03 f1");
      }
    },
  );

  test("a message that can be gathered, but not taken out, fails with 1009", () => {
    const host = new CountingHost();
    const { allocate, copy } = host;
    const assertMemory = (length: number): void => {
      if (length === 1002) throw new RangeError("Array buffer allocation failed");
    };
    host.allocate = (length) => {
      assertMemory(length);
      return allocate.call(host, length);
    };
    host.copy = (bytes, start, end) => {
      assertMemory(end - start);
      return copy.call(host, bytes, start, end);
    };
    const connection = new Connection({ role: "client", kernel, host });
    const stream = concat([
      frame({ fin: false, opcode: 2, payload: new Uint8Array(1001) }),
      frame({ fin: true, opcode: 0, payload: "a" }),
    ]);
    const events = cutAt(stream, [1005]).flatMap((chunk) => connection.receive(chunk));
    expect(describeEvents(events)).toEqual(['close 1006 "" unclean']);
    // It is the last fragment, behind two headers, that there is no room for.
    expect(events[0]).toMatchObject({ failure: { code: "MESSAGE_TOO_LONG", offset: 1007 } });
  });

  test("the host is told which text is ASCII", () => {
    const host = new CountingHost();
    const { decodeText } = host;
    const told: boolean[] = [];
    host.decodeText = (bytes, start, end, ascii, transcoder) => {
      told.push(ascii);
      return decodeText.call(host, bytes, start, end, ascii, transcoder);
    };
    const connection = new Connection({ role: "client", kernel, host });
    for (const [stream, line] of [
      ["81 01 'a'", 'text "a"'],
      ["81 02 c3 a9", 'text "é"'],
      ["01 01 'a' 80 01 'b'", 'text "ab"'],
      ["01 01 'a' 80 02 c3 a9", 'text "aé"'],
      ["01 02 c3 a9 80 01 'b'", 'text "éb"'],
    ] as const) {
      expect(describeEvents(connection.receive(hex(stream)))).toEqual([line]);
    }
    expect(told).toEqual([true, false, true, false, false]);
  });

  test("any other exception of the host reaches the caller", () => {
    const host = new CountingHost();
    host.decodeText = () => {
      throw new TypeError("a bug");
    };
    for (const stream of ["81 01 'a'", "01 01 'a' 80 00"]) {
      const sink = new RecordingSink();
      const endpoint = new Endpoint(sink, { role: "client", kernel, host });
      expect(() => endpoint.receive(hex(stream))).toThrow("a bug");
      // And nothing more is decoded: the connection has failed.
      endpoint.receive(hex("8a 00"));
      expect(sink.closed).toMatchObject({ type: "close", failure: { code: "INTERNAL", closeCode: 1011 } });
      expect(sink.lines).toHaveLength(1);
      // A Connection has no handlers whose exception it could be, and tells it like any other end.
      const connection = new Connection({ role: "client", kernel, host });
      expect(connection.receive(hex(stream))).toMatchObject([
        { type: "close", failure: { code: "INTERNAL" } },
      ]);
      expect(connection.receive(hex("8a 00"))).toEqual([]);
    }
  });

  test("64 connections of tainted data, interleaved: no byte of one reaches another", () => {
    const connections = Array.from({ length: 64 }, (_, id) => {
      const messages = [5, 300, 70_000, 0, 40].map((length, i) => ({ opcode: i % 2 === 0 ? 2 : 1, length }));
      const byte = 0x30 + id;
      const stream = concat(
        messages.flatMap(({ opcode, length }) => {
          const payload = new Uint8Array(length).fill(byte);
          return [
            frame({ fin: false, opcode, mask: [id, 1, 2, 3], payload: payload.subarray(0, length >> 1) }),
            frame({
              opcode: 9,
              mask: KEY,
              payload: [byte, byte].map((each) => String.fromCharCode(each)).join(""),
            }),
            frame({ opcode: 0, mask: [3, id, 7, 1], payload: payload.subarray(length >> 1) }),
          ];
        }),
      );
      const chunks = cutAt(stream, everyBytes(stream.length, 1000 + 37 * id));
      return {
        byte,
        chunks,
        connection: new Connection({ role: "server", kernel, host: new CountingHost() }),
        bytes: 0,
      };
    });
    for (let round = 0; connections.some(({ chunks }) => round < chunks.length); round++) {
      for (const each of connections) {
        const chunk = each.chunks[round];
        if (chunk === undefined) continue;
        for (const event of each.connection.receive(chunk)) {
          if (event.type === "close" || event.type === "fragment")
            throw new Error(`unexpected ${event.type}`);
          const payload = event.type === "text" ? new TextEncoder().encode(event.text) : event.payload;
          expect(payload.every((byte) => byte === each.byte)).toBe(true);
          each.bytes += payload.length;
          if (event.type === "text") each.connection.sendText(event.text);
          if (event.type === "binary") each.connection.sendBinary(event.payload);
        }
        for (const sent of each.connection.takeOutput()) {
          // Headers are 2, 4 or 10 bytes; the rest is this connection's.
          const foreign = sent.subarray(10).findIndex((byte) => byte !== each.byte);
          expect(foreign).toBe(-1);
        }
      }
    }
    for (const { bytes } of connections) expect(bytes).toBe(5 + 300 + 70_000 + 40 + 10);
  });

  test("a borrowed payload is a view of the read window, an owned one is not", () => {
    for (const borrow of [false, true]) {
      const sink = new RecordingSink();
      const kept: Uint8Array[] = [];
      sink.inside = (payload) => {
        if (typeof payload !== "string") kept.push(payload);
      };
      const endpoint = new Endpoint(sink, { role: "client", kernel, borrow });
      endpoint.receive(hex("82 03 01 02 03"));
      endpoint.receive(hex("82 03 04 05 06"));
      expect(sink.lines).toEqual(["binary 01 02 03", "binary 04 05 06"]);
      expect(kept.map(toHex)).toEqual(borrow ? ["04 05 06", "04 05 06"] : ["01 02 03", "04 05 06"]);
    }
  });

  test("with borrowing, control payloads and messages that were gathered are owned", () => {
    const sink = new RecordingSink();
    const kept: Uint8Array[] = [];
    sink.inside = (payload) => {
      if (typeof payload !== "string") kept.push(payload);
    };
    const endpoint = new Endpoint(sink, { role: "client", kernel, borrow: true });
    endpoint.receive(hex("89 02 01 02 8a 02 03 04 02 01 05 80 01 06"));
    endpoint.receive(new Uint8Array(20).fill(0xa5).fill(0x8a, 0, 1).fill(0x12, 1, 2));
    expect(kept.slice(0, 3).map(toHex)).toEqual(["01 02", "03 04", "05 06"]);
  });
});

describe("state between two messages", () => {
  test("nothing of a message changes the one after it", () => {
    // Each message, cut everywhere, in front of each other one.
    const messages = [
      ["01 01 e2 00 02 82 ac 80 00", 'text "€"'],
      ["02 02 e2 82 80 01 ff", "binary e2 82 ff"],
      ["81 00", 'text ""'],
      ["82 01 c3", "binary c3"],
      ["01 00 89 01 aa 80 03 'abc'", 'text "abc"'],
    ] as const;
    for (const [first, firstLine] of messages) {
      for (const [second, secondLine] of messages) {
        const stream = concat([hex(first), hex(second)]);
        for (const cuts of [[], byteByByte(stream.length), [hex(first).length]]) {
          const { events } = run(
            stream,
            { role: "client", limits: { maxFragments: 3, maxMessageBytes: 3 } },
            cuts,
          );
          expect(events.filter((line) => !line.startsWith("ping"))).toEqual([firstLine, secondLine]);
        }
      }
    }
  });
});
