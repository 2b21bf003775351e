// UTF-8 validation of each kernel, compared with a decoder that knows only the definition.
import { describe, expect, it } from "vitest";
import * as layout from "../../src/kernel/generated/layout.js";
import type { Kernel } from "../../src/kernel/kernel.js";
import { loadKernel } from "../../src/kernel/load.js";
import { Random } from "../support/reference-random.js";
import { randomText, referenceUtf8 } from "../support/reference-utf8.js";
import { BOUNDARIES as BOUNDARY_BYTES, PLACES, Utf8Sweep } from "../support/utf8-sweep.js";

const INVALID = -1;
/** The longest test takes 6 s where little else runs, and has taken 37 s on a busy machine. */
const PATIENCE_MS = 120_000;
const PTR = layout.SCRATCH_WINDOW_PTR + 64;

const BOUNDARIES = [...BOUNDARY_BYTES];
const CONTINUATIONS = [0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc2, 0xf0];

describe.each(["simd", "scalar", "js"] as const)("validateUtf8 on the %s kernel", (name) => {
  const kernel = loadKernel(name);

  // All 2^32 of them: npm run sweep.
  it("every two bytes, and all classes of four, alone, across the edges of blocks, and cut", {
    timeout: PATIENCE_MS,
  }, () => {
    const sweep = new Utf8Sweep([kernel]);
    const lasts = Uint8Array.from(CONTINUATIONS);
    sweep.run({
      first: ALL_BYTES,
      second: ALL_BYTES,
      third: [0x41, 0x80, 0xc3],
      last: Uint8Array.of(0x41, 0xbf),
    });
    sweep.run({ first: BOUNDARIES, second: BOUNDARIES, third: BOUNDARIES, last: lasts });
  });

  it("a sweep finds what is wrong", () => {
    const blind: Kernel = { ...kernel, validateUtf8: () => 0 };
    const strata = { first: [0x41], second: [0x41], third: [0x41], last: Uint8Array.of(0xff) };
    expect(() => new Utf8Sweep([blind]).run(strata)).toThrow(`414141ff alone on ${name}: carry 0`);
  });

  it("a sweep puts what stands for all behind a bad byte there, and only there", () => {
    const alone = PLACES.slice(0, 1);
    const strata = {
      first: [0x41, 0x80],
      second: [0x41],
      third: [0x41],
      last: Uint8Array.of(0x41, 0x42, 0x43),
    };
    expect(new Utf8Sweep([kernel], alone).run({ ...strata, behindBad: Uint8Array.of(0xbf) })).toBe(3 + 1);
    const mended: Kernel = {
      ...kernel,
      validateUtf8: (ptr, length, carry) =>
        kernel.memory[ptr + 3] === 0xbf ? 0 : kernel.validateUtf8(ptr, length, carry),
    };
    const sweep = new Utf8Sweep([mended], alone);
    sweep.run(strata);
    expect(() => sweep.run({ ...strata, behindBad: Uint8Array.of(0xbf) })).toThrow("80bfbfbf alone");
  });

  it("random texts, valid and not, in two calls cut at every byte", () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = new Random(seed);
      const text = randomText(random, random.below(220), random.pick([1, 2, 3, 4]));
      if (random.oneIn(2)) text[random.below(text.length)] = random.below(256);
      if (random.oneIn(3)) text.pop();
      checkCuts(kernel, text, `seed ${seed}`);
    }
  });

  it("long texts with one bad byte anywhere", () => {
    const random = new Random(77);
    for (let round = 0; round < 300; round++) {
      const text = randomText(random, random.between(300, 3000), random.pick([1, 2, 3, 4, 4]));
      text[random.below(text.length)] = random.below(256);
      const expected = referenceUtf8(text);
      write(kernel, text);
      expectVerdict(kernel, validate(kernel, 0, text.length, 0), expected, () => `round ${round}`);
    }
  });

  it("an unfinished sequence of any kind, carried into any continuation", () => {
    for (const head of sequences([BOUNDARIES, BOUNDARIES]).concat(sequences([BOUNDARIES]))) {
      const { bad, carry } = referenceUtf8(head);
      if (bad >= 0 || carry === 0) continue;
      for (const tail of sequences([BOUNDARIES, CONTINUATIONS])) {
        const rest = [...tail, ...new Array(70).fill(0x61)];
        const whole = referenceUtf8([...head, ...rest]);
        write(kernel, rest);
        const expected = { bad: whole.bad < 0 ? -1 : whole.bad - head.length, carry: whole.carry };
        expectVerdict(
          kernel,
          validate(kernel, 0, rest.length, carry),
          expected,
          () => `${head} then ${tail}`,
        );
      }
    }
  });

  it("nothing at all leaves the carry as it is", () => {
    for (const carry of [0, 0xbf8001, 0x9f8002, 0x8f8003]) expect(validate(kernel, 0, 0, carry)).toBe(carry);
  });
});

const ALL_BYTES = Array.from({ length: 256 }, (_, i) => i);

function sequences(positions: readonly (readonly number[])[]): number[][] {
  let found: number[][] = [[]];
  for (const bytes of positions) found = found.flatMap((prefix) => bytes.map((byte) => [...prefix, byte]));
  return found;
}

function checkCuts(kernel: Kernel, text: readonly number[], label: string): void {
  const expected = referenceUtf8(text);
  write(kernel, text);
  for (let cut = 0; cut <= text.length; cut++) {
    let carry = validate(kernel, 0, cut, 0);
    if (carry !== INVALID) carry = validate(kernel, cut, text.length - cut, carry);
    expectVerdict(kernel, carry, expected, () => `${label} cut at ${cut}`);
  }
}

function write(kernel: Kernel, text: readonly number[]): void {
  // What surrounds a text must not matter: unfinished before it, continued behind it.
  kernel.memory.fill(0xf0, PTR - 64, PTR);
  kernel.memory.fill(0x80, PTR, PTR + text.length + 64);
  kernel.memory.set(text, PTR);
}

function validate(kernel: Kernel, offset: number, length: number, carry: number): number {
  return kernel.validateUtf8(PTR + offset, length, carry);
}

function expectVerdict(
  kernel: Kernel,
  result: number,
  expected: { bad: number; carry: number },
  label: () => string,
): void {
  const view = new DataView(kernel.memory.buffer);
  const bad = result === INVALID ? view.getUint32(layout.STATE_PTR + layout.STATE_BAD_BYTE, true) - PTR : -1;
  const carry = result === INVALID ? 0 : result;
  if (bad !== expected.bad || carry !== expected.carry) {
    expect.fail(`${label()}: bad byte ${bad}, carry ${carry}, not ${expected.bad}, ${expected.carry}`);
  }
}
