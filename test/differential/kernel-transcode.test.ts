// `utf8ToUtf16` of the compiled kernels, compared with the host's decoder.
import { describe, expect, it } from "vitest";
import * as layout from "../../src/kernel/generated/layout.js";
import { loadKernel } from "../../src/kernel/load.js";
import { Random } from "../support/reference-random.js";
import { randomText } from "../support/reference-utf8.js";

const NARROW = layout.READ_WINDOW_PTR;
const WIDE = layout.WIDE_WINDOW_PTR;

/** Both ends of every length that a character has in UTF-8, and the code points next to surrogates. */
const POINTS = [
  0x00, 0x41, 0x7f, 0x80, 0xff, 0x7ff, 0x800, 0xfff, 0x1000, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff,
];
const CHARACTERS = POINTS.map((point) => String.fromCodePoint(point));
/** What a block of any length that the kernels work in may begin with. */
const LEADS = Array.from({ length: 18 }, (_, length) => "a".repeat(length));

describe.each(["simd", "scalar"] as const)("utf8ToUtf16 on the %s kernel", (name) => {
  const kernel = loadKernel(name);
  const memory = Buffer.from(kernel.memory.buffer, kernel.memory.byteOffset, kernel.memory.length);

  function check(text: string, where = text): void {
    const bytes = Buffer.from(text);
    memory.set(bytes, NARROW);
    const units = kernel.utf8ToUtf16?.(NARROW, bytes.length, WIDE) ?? Number.NaN;
    const found = memory.toString("utf16le", WIDE, WIDE + 2 * units);
    if (found !== text) expect.fail(`${where}: ${JSON.stringify(found)} of ${bytes.toString("hex")}`);
  }

  it("the empty text", () => {
    expect(kernel.utf8ToUtf16?.(NARROW, 0, WIDE)).toBe(0);
  });

  it("every code point, among others of its kind", () => {
    for (let point = 0; point < 0x110000; point += 64) {
      if (point >= 0xd800 && point < 0xe000) continue;
      const points = Array.from({ length: 64 }, (_, i) => point + i);
      check(String.fromCodePoint(...points), `U+${point.toString(16)}`);
    }
  });

  it("every three characters of different lengths, at each place of a block", () => {
    for (const first of CHARACTERS) {
      for (const second of CHARACTERS) {
        for (const third of ["", "z", "é", "好", "🚀"]) {
          for (const lead of LEADS) {
            check(lead + first + second + third);
            check(`${lead}${first}${second}${third}${"é".repeat(20)}`);
          }
        }
      }
    }
  });

  it("random texts", () => {
    for (let seed = 0; seed < 3000; seed++) {
      const random = new Random(seed);
      const bytes = randomText(random, random.below(300), random.pick([1, 2, 3, 4]));
      check(Buffer.from(bytes).toString(), `seed ${seed}`);
    }
  });

  it("whatever stands around the text", () => {
    for (const noise of [0x00, 0x41, 0xbf, 0xf0, 0xff]) {
      for (const text of ["é", "aé", "好", "🚀", `${"a".repeat(15)}🚀`, `${"é".repeat(7)}好`]) {
        memory.fill(noise, NARROW - 64, NARROW + 256);
        check(text, `${text} in ${noise}`);
      }
    }
  });
});

it("plain JavaScript leaves transcoding to the host", () => {
  expect(loadKernel("js").utf8ToUtf16).toBeUndefined();
});
