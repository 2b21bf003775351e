// The parser of replies of `wsimd bench`.
import { describe, expect, test } from "vitest";
import { MessageBatch, makePayload, maskedFrame } from "../../src/cli/load/messages.js";
import { ReplyError, ReplyParser } from "../../src/cli/load/reply-parser.js";
import { Connection, type ConnectionEvent } from "../../src/index.js";
import { byteByByte, cutAt, everyCut, everyTwoCuts } from "../support/cuts.js";
import { frame as buildFrame } from "../support/frame.js";

/** A frame of a server, by its first byte. */
function frame(first: number, payload: Uint8Array): Uint8Array {
  return buildFrame({ fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15, payload });
}

/** Feeds a parser and says what came of it. */
function parse(chunks: readonly Uint8Array[], payload: Uint8Array, check: boolean) {
  const controls: string[] = [];
  const parser = new ReplyParser(
    { opcode: 2, payloads: [payload], compressed: false },
    0,
    check,
    (opcode, body) => {
      controls.push(`${opcode} ${Buffer.from(body).toString("hex")}`);
    },
  );
  let count = 0;
  for (const chunk of chunks) {
    // As in a socket's buffer, there is rubbish behind what came.
    const buffer = Buffer.alloc(chunk.length + 16, 0xee);
    buffer.set(chunk);
    count += parser.push(buffer, chunk.length);
    buffer.fill(0xa5);
  }
  return { count, controls };
}

const PAYLOAD = makePayload("binary", 20);
const PING = Buffer.from([0x89, 2, 0x68, 0x69]);
const EMPTY_CLOSE = Buffer.from([0x88, 0]);

describe.each([false, true])("the reply parser, check %s", (check) => {
  test("counts whole, fragmented and interrupted messages at every two cuts", () => {
    const stream = Buffer.concat([
      frame(0x82, PAYLOAD),
      frame(0x02, PAYLOAD.subarray(0, 7)),
      PING,
      frame(0x00, PAYLOAD.subarray(7, 7)),
      frame(0x80, PAYLOAD.subarray(7)),
      frame(0x82, PAYLOAD),
      EMPTY_CLOSE,
    ]);
    for (const cuts of everyTwoCuts(stream.length)) {
      const { count, controls } = parse(cutAt(stream, cuts), PAYLOAD, check);
      expect(count).toBe(3);
      expect(controls).toEqual(["9 6869", "8 "]);
    }
  });

  test.each([0, 125, 126, 65_535, 65_536, 70_000])(
    "takes replies of %i bytes, cut anywhere in the header",
    (size) => {
      const payload = makePayload("binary", size);
      const stream = Buffer.concat([frame(0x82, payload), frame(0x82, payload)]);
      for (const cuts of everyCut(12)) expect(parse(cutAt(stream, cuts), payload, check).count).toBe(2);
      const second = stream.length / 2;
      for (let at = second - 2; at <= second + Math.min(12, second); at++) {
        expect(parse(cutAt(stream, [at]), payload, check).count).toBe(2);
      }
      if (size < 1000) expect(parse(cutAt(stream, byteByByte(stream.length)), payload, check).count).toBe(2);
    },
  );

  test.each([
    ["a shorter message", frame(0x82, PAYLOAD.subarray(1)), "a message of 19 bytes"],
    ["a longer message", frame(0x82, Buffer.alloc(21)), "a message of 21 bytes"],
    [
      "a fragment too many",
      Buffer.concat([frame(2, PAYLOAD), frame(0x80, PAYLOAD)]),
      "a message of 40 bytes",
    ],
    ["a masked frame", maskedFrame(2, PAYLOAD), "masked"],
    ["a reserved bit", frame(0xc2, PAYLOAD), "reserved"],
    ["a reserved opcode", frame(0x83, PAYLOAD), "opcode 3"],
    ["a reserved control opcode", frame(0x8b, PAYLOAD), "control"],
    ["a control frame of 126 bytes", frame(0x89, Buffer.alloc(126)), "control"],
    ["a continuation of nothing", frame(0x80, PAYLOAD), "opcode 0"],
    ["a message within a message", Buffer.concat([frame(2, PAYLOAD), frame(2, PAYLOAD)]), "opcode 2"],
  ])("refuses %s at every cut", (_what, stream, message) => {
    for (const cuts of everyCut(stream.length)) {
      expect(() => parse(cutAt(stream, cuts), PAYLOAD, check)).toThrow(ReplyError);
      expect(() => parse(cutAt(stream, cuts), PAYLOAD, check)).toThrow(message);
    }
  });
});

describe("checking", () => {
  test("finds each byte that changed, at every cut", () => {
    const stream = frame(0x82, PAYLOAD);
    for (let at = 2; at < stream.length; at++) {
      const wrong = Buffer.from(stream);
      wrong[at] = (wrong[at] ?? 0) ^ 1;
      for (const cuts of everyCut(stream.length)) {
        expect(() => parse(cutAt(wrong, cuts), PAYLOAD, true)).toThrow(`at byte ${at - 2}`);
      }
      expect(parse([wrong], PAYLOAD, false).count).toBe(1);
    }
  });

  test("finds text where binary was sent", () => {
    expect(() => parse([frame(0x81, PAYLOAD)], PAYLOAD, true)).toThrow("text, unlike the message");
  });
});

describe("what is sent", () => {
  test.each(["binary", "text", "mixed"] as const)("is %s of exactly the size", (kind) => {
    for (let size = 0; size < 300; size++) {
      const payload = makePayload(kind, size);
      expect(payload.length).toBe(size);
      if (kind !== "binary") new TextDecoder("utf-8", { fatal: true }).decode(payload);
      if (kind === "text" && size > 0) JSON.parse(payload.toString());
    }
  });

  test("has characters of one to four bytes when it is mixed", () => {
    const lengths = new Set([...makePayload("mixed", 200).toString()].map((each) => Buffer.byteLength(each)));
    expect([...lengths].sort()).toEqual([1, 2, 3, 4]);
  });

  test.each([
    ["binary", 0],
    ["text", 20],
    ["mixed", 1000],
    ["binary", 70_000],
  ] as const)("is what a server understands: %s, %i bytes", (kind, size) => {
    const batch = new MessageBatch(kind, [makePayload(kind, size)], 3);
    for (const count of [1, 2, 3]) {
      const events = new Connection({ role: "server" }).receive(batch.frames(0, count));
      expect(events.map(payloadOf)).toEqual(
        Array.from({ length: count }, () => batch.payloads[0]?.toString("hex")),
      );
      expect(new Set(events.map(({ type }) => type))).toEqual(
        new Set([kind === "binary" ? "binary" : "text"]),
      );
    }
  });
});

function payloadOf(event: ConnectionEvent): string {
  if (event.type === "text") return Buffer.from(event.text).toString("hex");
  return event.type === "binary" ? Buffer.from(event.payload).toString("hex") : event.type;
}
