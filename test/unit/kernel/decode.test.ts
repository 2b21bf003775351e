// Records of `decode` by hand-written frames, on each kernel.
import { describe, expect, it } from "vitest";
import * as layout from "../../../src/kernel/generated/layout.js";
import { loadKernel } from "../../../src/kernel/load.js";

const START = layout.READ_WINDOW_PTR;
const LIMIT = 1000;

describe.each(["simd", "scalar", "js"] as const)("decode on the %s kernel", (name) => {
  const kernel = loadKernel(name);
  const view = new DataView(kernel.memory.buffer);

  /** Decodes one chunk and gives its records as `info ptr-offset length detail`, with the result's bits. */
  function decode(hex: string, flags = 0, maxFragments = 10): string {
    const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
    kernel.memory.set(bytes, START);
    const result = kernel.decode(START, START + bytes.length, flags, LIMIT, LIMIT, maxFragments);
    const records: string[] = [];
    for (let i = 0; i < result >>> layout.DECODED_COUNT_SHIFT; i++) {
      const at = layout.RECORDS_PTR + i * layout.RECORD_LENGTH;
      const [info = 0, ptr = 0, length, detail] = [0, 4, 8, 12].map((word) =>
        view.getUint32(at + word, true),
      );
      records.push(`${info.toString(16)} ${ptr - START} ${length} ${detail}`);
    }
    if ((result & layout.DECODED_PENDING) !== 0) records.push("pending");
    return records.join(", ");
  }

  it("finds the RFC's own example, a masked Hello (section 5.7)", () => {
    expect(decode("81 85 37fa213d 7f9f4d5158")).toBe("31 6 5 0");
    expect(Buffer.from(kernel.memory.subarray(START + 6, START + 11)).toString()).toBe("Hello");
  });

  it("finds an unmasked Hello from a server, whole and in two fragments", () => {
    expect(decode("81 05 48656c6c6f", layout.DECODE_FROM_SERVER)).toBe("31 2 5 0");
    expect(decode("01 03 48656c 80 02 6c6f", layout.DECODE_FROM_SERVER)).toBe("21 2 3 0, 31 7 2 0");
  });

  it("says what is still to come of a frame, and goes on", () => {
    expect(decode("82 85 00000000 0102")).toBe("2 6 2 3, pending");
    expect(decode("0304", layout.DECODE_RESUME)).toBe("2 0 2 1, pending");
    expect(decode("05 89 80 00000000", layout.DECODE_RESUME)).toBe("12 0 1 0, 19 7 0 0");
  });

  it("puts the bytes of a cut header in front of the next chunk", () => {
    expect(decode("82 fe 0100 0000")).toBe("pending");
    expect(decode("0000 ffff", layout.DECODE_RESUME)).toBe("2 2 2 254, pending");
  });

  it.each([
    ["a reserved bit", "c1", layout.VIOLATION_RESERVED_BITS, 0],
    ["a reserved opcode", "83", layout.VIOLATION_RESERVED_OPCODE, 0],
    ["a reserved control opcode", "8f", layout.VIOLATION_RESERVED_OPCODE, 0],
    ["a fragmented ping", "09", layout.VIOLATION_CONTROL_FRAGMENTED, 0],
    ["a continuation of nothing", "80", layout.VIOLATION_UNEXPECTED_CONTINUATION, 0],
    ["an unmasked frame", "81 00", layout.VIOLATION_NOT_MASKED, 1],
    ["a ping of 126 bytes", "89 fe", layout.VIOLATION_CONTROL_TOO_LONG, 1],
    ["a Close with one byte", "88 81", layout.VIOLATION_CLOSE_LENGTH, 1],
    ["the top bit of a length", "82 ff 8000000000000000", layout.VIOLATION_LENGTH_TOP_BIT, 2],
    ["125 in 16 bits", "82 fe 007d", layout.VIOLATION_LENGTH_NOT_MINIMAL, 2],
    ["65,535 in 64 bits", "82 ff 000000000000ffff", layout.VIOLATION_LENGTH_NOT_MINIMAL, 2],
    ["a length over the limit", "82 fe 03e9", layout.VIOLATION_MESSAGE_TOO_LONG, 2],
    ["2^53", "82 ff 0020000000000000", layout.VIOLATION_MESSAGE_TOO_LONG, 2],
    ["a byte that begins no character", "81 81 00000000 ff", layout.VIOLATION_INVALID_UTF8, 6],
    ["text that ends inside of a character", "81 81 00000000 c3", layout.VIOLATION_INVALID_UTF8, 7],
    [
      "a message whose last frame, an empty one, leaves a character open",
      "81 80 00000000 01 81 00000000 c3 80 80 00000000",
      layout.VIOLATION_INVALID_UTF8,
      19,
    ],
  ])("fails %s where it stands", (_what, hex, violation, offset) => {
    const exceeds = violation === layout.VIOLATION_MESSAGE_TOO_LONG ? ", pending" : "";
    expect(decode(hex)).toMatch(new RegExp(`(^|, )80 ${offset} 0 ${violation}${exceeds}$`));
  });

  it("fails a masked frame from a server, and a message begun in a message", () => {
    expect(decode("81 80", layout.DECODE_FROM_SERVER)).toBe(`80 1 0 ${layout.VIOLATION_MASKED}`);
    expect(decode("01 00 81", layout.DECODE_FROM_SERVER)).toBe(
      `80 2 0 ${layout.VIOLATION_EXPECTED_CONTINUATION}`,
    );
  });

  it("marks each record of a message whose first frame has RSV1, and no other", () => {
    const fromServer = layout.DECODE_FROM_SERVER | layout.DECODE_RSV1;
    expect(decode("c1 01 41 81 01 41", fromServer)).toBe("51 2 1 0, 31 5 1 0");
    expect(decode("42 02 ff", fromServer)).toBe("42 2 1 1, pending");
    expect(decode("fe 89 00 80 00", fromServer | layout.DECODE_RESUME)).toBe("42 0 1 0, 19 3 0 0, 52 5 0 0");
  });

  it("counts fragments, and the first frame is one", () => {
    expect(decode("02 00 00 00 00", layout.DECODE_FROM_SERVER, 2)).toBe(
      `80 4 0 ${layout.VIOLATION_TOO_MANY_FRAGMENTS}, pending`,
    );
    expect(decode("82", 0, 0)).toBe(`80 0 0 ${layout.VIOLATION_TOO_MANY_FRAGMENTS}, pending`);
  });

  it.each([
    [layout.UNLIMITED_FRAGMENTS, "pending"],
    [layout.MAX_COUNTED_FRAGMENTS, `80 0 0 ${layout.VIOLATION_TOO_MANY_FRAGMENTS}, pending`],
  ])("counts no further than to MAX_COUNTED_FRAGMENTS, with the limit %i", (limit, result) => {
    decode("02 00", layout.DECODE_FROM_SERVER);
    const word = layout.STATE_PTR + layout.STATE_FRAGMENTS;
    view.setUint32(word, layout.MAX_COUNTED_FRAGMENTS, true);
    expect(decode("00 00", layout.DECODE_FROM_SERVER | layout.DECODE_RESUME, limit)).toBe(result);
    expect(view.getUint32(word, true)).toBe(layout.MAX_COUNTED_FRAGMENTS);
  });

  it("gives the text in front of a bad byte", () => {
    expect(decode("81 83 00000000 4141ff")).toBe(`21 6 2 1, 80 8 0 ${layout.VIOLATION_INVALID_UTF8}`);
    expect(decode("81 84 00000000 c3a9ff41")).toBe(`1 6 2 2, 80 8 0 ${layout.VIOLATION_INVALID_UTF8}`);
  });
});
