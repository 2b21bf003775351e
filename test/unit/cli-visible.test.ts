// Characters that could deceive the reader of a terminal are spelt out.
import { describe, expect, test } from "vitest";
import { visible } from "../../src/cli/visible.js";

/** Inclusive ranges of what could hide something, or pass it for something else. */
const HIDDEN: readonly (readonly [title: string, first: number, last: number])[] = [
  ["bidirectional embeddings and overrides", 0x202a, 0x202e],
  ["bidirectional isolates", 0x2066, 0x2069],
  ["directional marks", 0x200e, 0x200f],
  ["the Arabic letter mark", 0x061c, 0x061c],
  ["C0 controls, but for tab and line feed", 0x0b, 0x1f],
  ["DEL and C1 controls", 0x7f, 0x9f],
  ["line and paragraph separators", 0x2028, 0x2029],
  ["zero-width space, non-joiner and joiner", 0x200b, 0x200d],
  ["word joiner and invisible operators", 0x2060, 0x2064],
  ["deprecated format characters", 0x206a, 0x206f],
  ["the byte order mark", 0xfeff, 0xfeff],
  ["the soft hyphen", 0xad, 0xad],
  ["tags", 0xe0001, 0xe007f],
  ["variation selectors", 0xfe00, 0xfe0f],
  ["more variation selectors", 0xe0100, 0xe01ef],
  ["Hangul fillers", 0x115f, 0x1160],
  ["another Hangul filler", 0x3164, 0x3164],
  ["the grapheme joiner", 0x034f, 0x034f],
  ["Mongolian separators", 0x180b, 0x180f],
  ["interlinear annotations", 0xfff9, 0xfffb],
];

describe("visible()", () => {
  test.each(HIDDEN)("spells out %s", (_, first, last) => {
    for (let code = first; code <= last; code++) {
      const digits = code.toString(16);
      const spelt = code <= 0xff ? `\\x${digits.padStart(2, "0")}` : `\\u{${digits}}`;
      expect(visible(`a${String.fromCodePoint(code)}b`)).toBe(`a${spelt}b`);
    }
  });

  test("does not let a name pass for another", () => {
    expect(visible("gpj.\u202eexe.cod")).toBe("gpj.\\u{202e}exe.cod");
    expect(visible("user\u2066\u2069 admin")).toBe("user\\u{2066}\\u{2069} admin");
    expect(visible("\u001b[2J\u009b2J")).toBe("\\x1b[2J\\x9b2J");
  });

  test("leaves alone what can be seen", () => {
    const seen = "tab\there, Grüße, 日本語, עברית, العربية, नमस्ते, é, 👩‍👩‍👧, 👩🏽‍🚀, ❤️, 1️⃣, 🏳️‍🌈";
    expect(visible(seen)).toBe(seen);
  });

  test("indents lines behind the first", () => {
    expect(visible("a\nb\r\nc")).toBe("a\n  b\\x0d\n  c");
  });
});
