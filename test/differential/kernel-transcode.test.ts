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
const LONE = ["\ud800", "\udbff", "\udc00", "\udfff"];
/** What a block of any length that the kernels work in may begin with. */
const LEADS = Array.from({ length: 18 }, (_, length) => "a".repeat(length));

describe.each(["simd", "scalar"] as const)("transcoding on the %s kernel", (name) => {
  const kernel = loadKernel(name);
  const memory = Buffer.from(kernel.memory.buffer, kernel.memory.byteOffset, kernel.memory.length);

  const decode = (length: number): number => kernel.utf8ToUtf16?.(NARROW, length, WIDE) ?? Number.NaN;
  const encode = (units: number): number => kernel.utf16ToUtf8?.(WIDE, units, NARROW) ?? Number.NaN;

  /** Holds that a text comes out right both ways; a lone surrogate as U+FFFD. */
  function check(text: string, where = text): void {
    const bytes = Buffer.from(text);
    memory.write(text, WIDE, "utf16le");
    const length = encode(text.length);
    if (!memory.subarray(NARROW, NARROW + length).equals(bytes)) {
      expect.fail(
        `${where}: ${memory.toString("hex", NARROW, NARROW + length)}, not ${bytes.toString("hex")}`,
      );
    }
    const units = decode(length);
    const back = memory.toString("utf16le", WIDE, WIDE + 2 * units);
    if (back !== bytes.toString())
      expect.fail(`${where}: ${JSON.stringify(back)} of ${bytes.toString("hex")}`);
  }

  it("the empty text", () => {
    expect(encode(0)).toBe(0);
    expect(decode(0)).toBe(0);
  });

  it("every code point, behind others of its kind", () => {
    for (let point = 0; point < 0x110000; point += 64) {
      if (point >= 0xd800 && point < 0xe000) continue;
      check(
        String.fromCodePoint(...Array.from({ length: 64 }, (_, i) => point + i)),
        `U+${point.toString(16)}`,
      );
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

  it("lone surrogates and pairs, in each order and at each place of a block", () => {
    const some = [...LONE, "a", "é", "好", "🚀"];
    for (const first of some) {
      for (const second of some) {
        for (const third of some) {
          for (const lead of LEADS) {
            check(lead + first + second + third);
            check(`${lead}${first}${second}${third}${"好".repeat(9)}`);
          }
        }
      }
    }
  });

  it("random texts of every length", () => {
    for (let seed = 0; seed < 3000; seed++) {
      const random = new Random(seed);
      const bytes = randomText(random, random.below(300), random.pick([1, 2, 3, 4]));
      check(Buffer.from(bytes).toString(), `seed ${seed}`);
    }
  });

  it("random units, of which many are no text", () => {
    for (let seed = 0; seed < 1000; seed++) {
      const random = new Random(seed);
      const units = Array.from({ length: random.below(200) }, () =>
        random.oneIn(2) ? random.between(0xd700, 0xe0ff) : random.below(0x10000),
      );
      check(String.fromCharCode(...units), `seed ${seed}`);
    }
  });

  it("what stands around the input plays no part", () => {
    for (const noise of [0x00, 0x41, 0xbf, 0xf0, 0xff]) {
      for (const text of ["é", "aé", "好", "🚀", `${"a".repeat(15)}🚀`, `${"é".repeat(7)}好`]) {
        const bytes = Buffer.from(text);
        memory.fill(noise, NARROW - 64, NARROW + 256);
        bytes.copy(memory, NARROW);
        const units = decode(bytes.length);
        expect(memory.toString("utf16le", WIDE, WIDE + 2 * units)).toBe(text);
        memory.fill(noise === 0xf0 ? 0xd8 : noise, WIDE - 64, WIDE + 256);
        memory.write(text, WIDE, "utf16le");
        const length = encode(text.length);
        expect(memory.toString("hex", NARROW, NARROW + length)).toBe(bytes.toString("hex"));
      }
    }
  });
});

it("plain JavaScript leaves it to the host", () => {
  const { utf8ToUtf16, utf16ToUtf8 } = loadKernel("js");
  expect([utf8ToUtf16, utf16ToUtf8]).toEqual([undefined, undefined]);
});
