// Strings made of UTF-16 units are those that were sent.
import { describe, expect, test } from "vitest";
import { latin1Slice, utf8Slice, utf16Slice } from "../../../src/host/buffer-methods.js";
import { decodeByUtf16 } from "../../../src/host/utf16-text.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { Workspace } from "../../../src/memory/workspace.js";

const EDGES = [
  "a",
  "é",
  "€",
  "😀",
  "b ",
  "\u0000",
  "\u007f",
  "\u0080",
  "\u07ff",
  "\u0800",
  "\ud7ff",
  "\ue000",
  "\uffff",
  "\u{10000}",
  "\u{10ffff}",
  "\ufeff",
  "0123456789abcdef",
];
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Every pair of edge characters, behind 0 to 17 of ASCII. */
function* samples(): Generator<string> {
  for (const one of EDGES) {
    for (const other of EDGES) {
      for (let before = 0; before < 18; before++) yield "x".repeat(before) + one + other;
    }
  }
}

describe.each(["simd", "scalar", "js"] as const)("text by way of UTF-16 [%s]", (name) => {
  const { linear } = new Workspace(name);
  const decodeText = decodeByUtf16(latin1Slice, utf8Slice, utf16Slice);
  const decode = (bytes: Uint8Array, start: number, end: number, ascii = false) =>
    decodeText(bytes, start, end, ascii, linear);
  const { memory } = linear;

  test("in the kernel's memory", () => {
    expect(linear.kernel.name).toBe(name);
    for (const text of samples()) {
      const bytes = bytesOf(text);
      memory.set(bytes, layout.READ_WINDOW_PTR);
      expect(decode(memory, layout.READ_WINDOW_PTR, layout.READ_WINDOW_PTR + bytes.length)).toBe(text);
    }
  });

  test("outside of it", () => {
    for (const text of samples()) {
      const bytes = bytesOf(`ab${text}c`);
      expect(decode(bytes, 2, bytes.length - 1)).toBe(text);
    }
  });

  test("a whole window stays within the wide one", () => {
    const ascii = "a".repeat(layout.READ_WINDOW_LENGTH);
    const behind = layout.WIDE_WINDOW_PTR + layout.WIDE_WINDOW_LENGTH;
    memory.set(bytesOf(ascii), layout.READ_WINDOW_PTR);
    memory.fill(0xa5, layout.WIDE_WINDOW_PTR - 64, layout.WIDE_WINDOW_PTR);
    memory.fill(0xa5, behind, behind + 64);
    expect(decode(memory, layout.READ_WINDOW_PTR, layout.READ_WINDOW_PTR + ascii.length)).toBe(ascii);
    for (let i = 0; i < 64; i++) {
      expect(memory[layout.WIDE_WINDOW_PTR - 1 - i]).toBe(0xa5);
      expect(memory[behind + i]).toBe(0xa5);
    }
  });

  test("long text is cut between characters only", () => {
    for (const shift of [0, 1, 2, 3]) {
      const text = "x".repeat(shift) + "😀é€".repeat(30_000);
      const bytes = bytesOf(`ab${text}c`);
      expect(decode(bytes, 2, bytes.length - 1)).toBe(text);
    }
  });

  test("what stands behind the text is no part of its last character", () => {
    expect(decode(Uint8Array.of(...bytesOf("é"), 0x80, 0x80), 0, 2)).toBe("é");
    const half = layout.SCRATCH_WINDOW_LENGTH / 2;
    const bytes = new Uint8Array(2 * half + 1).fill(0x80);
    bytes.set(bytesOf("é".repeat(half)));
    expect(decode(bytes, 0, 2 * half)).toBe("é".repeat(half));
  });

  test("ASCII goes the short way, and nothing is a text, too", () => {
    expect(decode(bytesOf("abcd"), 1, 3, true)).toBe("bc");
    expect(decode(bytesOf("abcd"), 1, 1)).toBe("");
  });
});
