// Text that is handed out and taken as UTF-8, without a string in between.
import { describe, expect, test } from "vitest";
import { Connection, Endpoint, PreparedMessage, type Role } from "../../../src/index.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { BY_REFERENCE_BYTES } from "../../../src/protocol/encoder.js";
import { frame, KEY, parseFrames } from "../../support/frame.js";
import { concat, hex, toHex } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { RecordingSink } from "../../support/recording-sink.js";

const ROLES: readonly Role[] = ["server", "client"];
const utf8 = (text: string) => new TextEncoder().encode(text);
const fromPeer = (role: Role, opcode: number, payload: Uint8Array, fin = true) =>
  frame({ fin, opcode, payload, ...(role === "server" && { mask: KEY }) });

/** Not UTF-8, from its beginning, in the middle or at its end. */
const BAD: readonly Uint8Array[] = [
  hex("80"),
  hex("'abc' c3"),
  hex("c0 80"),
  hex("ed a0 80"),
  hex("f4 90 80 80"),
  hex("'0123456789abcdef0123456789abcdef' ff 'x'"),
  hex("e2 82"),
];

/** Lengths around where headers, copies and the scratch window change. */
const LENGTHS = [
  0,
  1,
  125,
  126,
  1000,
  BY_REFERENCE_BYTES - 1,
  BY_REFERENCE_BYTES,
  layout.SCRATCH_WINDOW_LENGTH - 1,
  layout.SCRATCH_WINDOW_LENGTH,
  layout.SCRATCH_WINDOW_LENGTH + 1,
  3 * layout.SCRATCH_WINDOW_LENGTH + 2,
  // More than there is room for behind the scratch window.
  layout.MEMORY_PAGES * 0x10000 - layout.SCRATCH_WINDOW_PTR + 1,
];

/** Text of exactly so many bytes, whose characters lie across every boundary. */
function textOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(0x61);
  const pattern = utf8("é€😀");
  const start = length % pattern.length;
  for (let at = start; at < length; at += pattern.length) bytes.set(pattern, at);
  return bytes;
}

describeKernels("text as UTF-8", (kernel) => {
  describe.each(ROLES)("a %s", (role) => {
    const connection = () => new Connection({ role, kernel, maskingKey: () => 0x3d21fa37 });
    const sent = (bytes: Uint8Array) =>
      toHex(frame({ opcode: 1, payload: bytes, ...(role === "client" && { mask: KEY }) }));

    test("gets the bytes that came, as an event of their own", () => {
      const end = new Connection({ role, kernel, textType: "bytes" });
      const chunk = concat([
        fromPeer(role, 1, utf8("é")),
        fromPeer(role, 2, hex("c3 a9")),
        fromPeer(role, 1, hex("e2 82"), false),
        fromPeer(role, 0, hex("ac 'a'")),
        fromPeer(role, 1, hex("")),
      ]);
      const events = end.receive(chunk);
      chunk.fill(0xa5);
      expect(events).toEqual([
        { type: "utf8", payload: hex("c3 a9") },
        { type: "binary", payload: hex("c3 a9") },
        { type: "utf8", payload: hex("e2 82 ac 'a'") },
        { type: "utf8", payload: hex("") },
      ]);
    });

    test("is given what came before bytes that are not UTF-8, and no more", () => {
      const end = new Connection({ role, kernel, textType: "bytes" });
      const events = end.receive(
        concat([fromPeer(role, 1, utf8("a")), fromPeer(role, 1, hex("'b' ff 'c'"))]),
      );
      expect(events).toMatchObject([
        { type: "utf8", payload: hex("'a'") },
        { type: "close", code: 1006, failure: { code: "INVALID_UTF8", closeCode: 1007 } },
      ]);
    });

    test.each([false, true])("owns the bytes unless it borrows: borrow %s", (borrow) => {
      const sink = new RecordingSink();
      const kept: Uint8Array[] = [];
      sink.inside = (payload) => {
        if (typeof payload !== "string") kept.push(payload);
      };
      const endpoint = new Endpoint(sink, { role, kernel, textType: "bytes", borrow });
      endpoint.receive(fromPeer(role, 1, hex("'abc'")));
      endpoint.receive(fromPeer(role, 1, hex("'def'")));
      expect(sink.lines).toEqual(["utf8 61 62 63", "utf8 64 65 66"]);
      expect(kept.map(toHex)).toEqual([borrow ? "64 65 66" : "61 62 63", "64 65 66"]);
    });

    test("in fragments it makes no difference", () => {
      const end = new Connection({ role, kernel, textType: "bytes", fragments: true });
      expect(end.receive(fromPeer(role, 1, hex("c3"), false))).toEqual([
        { type: "fragment", messageType: "text", payload: hex("c3"), final: false },
      ]);
    });

    test.each(LENGTHS)("sends %i bytes as text", (length) => {
      const end = connection();
      const bytes = textOf(length);
      end.sendText(bytes);
      end.sendPrepared(new PreparedMessage(bytes, { type: "text" }));
      const [first, second, ...rest] = parseFrames(concat(end.takeOutput()));
      for (const each of [first, second]) {
        expect(each?.opcode).toBe(1);
        expect(Buffer.compare(each?.payload ?? hex("ff"), bytes)).toBe(0);
      }
      expect(rest).toEqual([]);
    });

    test.each(BAD.map((bytes) => [toHex(bytes), bytes] as const))("refuses to send %s", (_, bad) => {
      const error = new TypeError("text must be UTF-8");
      const end = connection();
      for (const before of [0, 20, BY_REFERENCE_BYTES, layout.SCRATCH_WINDOW_LENGTH - 1]) {
        const bytes = concat([new Uint8Array(before).fill(0x61), bad]);
        expect(() => end.sendText(bytes)).toThrow(error);
        expect(() => new PreparedMessage(bytes, { type: "text" })).toThrow(error);
      }
      expect(end.takeOutput()).toEqual([]);
      expect(end.state).toBe("open");
      end.sendText(utf8("é"));
      expect(toHex(concat(end.takeOutput()))).toBe(sent(utf8("é")));
    });

    test("refuses what was bad in a part that was checked before", () => {
      // A kernel that was to go on from there would take what follows for the rest of a long character.
      const rest = concat([hex("80 ff"), new Uint8Array(254).fill(0x80)]);
      const bytes = concat([new Uint8Array(layout.SCRATCH_WINDOW_LENGTH - 1).fill(0x61), rest]);
      expect(() => connection().sendText(bytes)).toThrow(new TypeError("text must be UTF-8"));
    });

    test("bytes are the caller's again once they were sent", () => {
      const end = connection();
      const bytes = utf8("abc");
      end.sendText(bytes);
      bytes.fill(0xff);
      expect(toHex(concat(end.takeOutput()))).toBe(sent(utf8("abc")));
    });

    test("sends fragments of it, cut anywhere, with control frames between them", () => {
      const end = connection();
      const message = utf8("aé€😀");
      for (let i = 0; i < message.length; i++) {
        end.sendFragment(message.subarray(i, i + 1), false, { type: "text" });
        if (i === 4) end.ping();
      }
      end.sendFragment(hex(""), true, { type: "text" });
      end.sendText("next");
      const frames = parseFrames(concat(end.takeOutput()));
      expect(frames.map(({ opcode }) => opcode)).toEqual([1, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1]);
      expect(frames.map(({ fin }) => fin)).toEqual([
        ...Array(5).fill(false),
        true,
        ...Array(5).fill(false),
        true,
        true,
      ]);
      const whole = concat(frames.filter(({ opcode }) => opcode < 8).map(({ payload }) => payload));
      expect(toHex(whole)).toBe(toHex(concat([message, utf8("next")])));
    });

    test("refuses the fragment that would break it, and goes on with another", () => {
      const error = new TypeError("text must be UTF-8");
      const end = connection();
      end.sendFragment(hex("'a' e2 82"), false, { type: "text" });
      expect(() => end.sendFragment(hex("'b'"), false, { type: "text" })).toThrow(error);
      expect(() => end.sendFragment(hex(""), true, { type: "text" })).toThrow(error);
      expect(() => end.sendFragment(hex("ac c3"), true, { type: "text" })).toThrow(error);
      end.sendFragment(hex("ac"), true, { type: "text" });
      const frames = parseFrames(concat(end.takeOutput()));
      expect(frames.map(({ payload }) => toHex(payload))).toEqual(["61 e2 82", "ac"]);
      end.sendText(utf8("b"));
      expect(toHex(concat(end.takeOutput()))).toBe(sent(utf8("b")));
    });

    test("the fragments of a message are all alike", () => {
      const [text, bytes] = ["a", hex("61")];
      const parts = [
        ["text", [text]],
        ["utf8", [bytes, "text"]],
        ["binary", [bytes]],
      ] as const;
      const send = (end: Connection, [part, type]: readonly [string | Uint8Array, "text"?]) =>
        end.sendFragment(part, false, { type });
      for (const [begun, first] of parts) {
        const end = connection();
        send(end, first);
        for (const [like, next] of parts) {
          if (like === begun) send(end, next);
          else {
            expect(() => send(end, next)).toThrow(
              new TypeError(`this message is ${begun}; all of its fragments must be`),
            );
          }
        }
        expect(parseFrames(concat(end.takeOutput()))).toHaveLength(2);
      }
    });
  });

  test("fragments of text can be sent on as they come", () => {
    const sink = new RecordingSink();
    const endpoint = new Endpoint(sink, { role: "server", kernel, fragments: true, borrow: true });
    sink.onFragment = (payload, type, final) => endpoint.sendFragment(payload, final, { type });
    const message = fromPeer("server", 1, utf8("aé€😀"));
    for (const byte of message) endpoint.receive(Uint8Array.of(byte));
    endpoint.receive(fromPeer("server", 2, hex("ff")));
    const frames = parseFrames(concat(endpoint.outbox.take()));
    const binary = frames.pop();
    expect(frames[0]?.opcode).toBe(1);
    expect(toHex(concat(frames.map(({ payload }) => payload)))).toBe(toHex(utf8("aé€😀")));
    expect(binary).toMatchObject({ opcode: 2, payload: hex("ff") });
  });

  test("what is borrowed stays right while its handler feeds another connection", () => {
    const options = { role: "server", kernel, textType: "bytes", borrow: true } as const;
    const inner = new RecordingSink();
    const outer = new RecordingSink();
    const other = new Endpoint(inner, options);
    // The sink writes down what it got behind this.
    outer.inside = () => other.receive(fromPeer("server", 1, utf8("within")));
    new Endpoint(outer, options).receive(
      concat([fromPeer("server", 1, utf8("first")), fromPeer("server", 1, utf8("second €"))]),
    );
    expect(outer.lines).toEqual([`utf8 ${toHex(utf8("first"))}`, `utf8 ${toHex(utf8("second €"))}`]);
    expect(inner.lines).toEqual([`utf8 ${toHex(utf8("within"))}`, `utf8 ${toHex(utf8("within"))}`]);
  });

  test("what is borrowed can be sent on in the handler, and is checked again: it may have been changed", () => {
    const sink = new RecordingSink();
    const endpoint = new Endpoint(sink, { role: "server", kernel, textType: "bytes", borrow: true });
    const errors: unknown[] = [];
    sink.inside = (payload) => {
      if (typeof payload === "string") return;
      endpoint.sendText(payload);
      payload[0] = 0xff;
      try {
        endpoint.sendText(payload);
      } catch (error) {
        errors.push(error);
      }
    };
    const long = textOf(40_000);
    endpoint.receive(concat([fromPeer("server", 1, utf8("é")), fromPeer("server", 1, long)]));
    const frames = parseFrames(concat(endpoint.outbox.take()));
    expect(frames.map(({ payload }) => payload.length)).toEqual([2, 40_000]);
    expect(Buffer.compare(frames[1]?.payload ?? hex(""), long)).toBe(0);
    expect(errors).toEqual([new TypeError("text must be UTF-8"), new TypeError("text must be UTF-8")]);
  });
});

const unknownType = new RangeError("type must be one of text, binary, not utf8");

test.each<[string, string | Uint8Array, unknown, Error]>([
  ["a string as binary", "a", { type: "binary" }, new TypeError('this message can\'t be sent as "binary"')],
  ["a string as anything", "a", { type: "utf8" }, unknownType],
  ["bytes as anything", hex("61"), { type: "utf8" }, unknownType],
  [
    "bytes as what ws calls it",
    hex("61"),
    { binary: true },
    new TypeError("there is no option binary, only compress, type"),
  ],
])("%s is no prepared message", (_, message, options, error) => {
  expect(() => Reflect.construct(PreparedMessage, [message, options])).toThrow(error);
});

test.each([
  ["a", "text", 1],
  [hex("61"), "text", 1],
  [hex("61"), "binary", 2],
] as const)("%o prepared as %s", (message, type, opcode) => {
  const prepared = new PreparedMessage(message, { type });
  expect(prepared.opcode).toBe(opcode);
  expect(toHex(prepared.serverFrame)).toBe(`8${opcode} 01 61`);
});
