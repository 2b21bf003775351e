import { describe, expect, it } from "vitest";
import * as layout from "../../src/kernel/generated/layout.js";
import { loadKernel } from "../../src/kernel/load.js";
import { referenceKeyAt, referenceMask } from "../support/reference-mask.js";
import { Random } from "../support/reference-random.js";

const CANARY = 0xa5;
const KEY = [0x37, 0xfa, 0x21, 0x3d];

function littleEndian(key: readonly number[]): number {
  return key.reduceRight((word, byte) => word * 256 + byte, 0);
}

describe.each(["simd", "scalar", "js"] as const)("mask on the %s kernel", (name) => {
  const kernel = loadKernel(name);
  const { memory } = kernel;

  it.each([0, 1, 2, 3])("every length to 600 at every alignment, key phase %i", (phase) => {
    const key = referenceKeyAt(KEY, phase);
    const payload = new Random(phase).bytes(600);
    const base = layout.SCRATCH_WINDOW_PTR;
    for (let length = 0; length <= 600; length++) {
      const masked = Buffer.from(referenceMask(payload.subarray(0, length), key));
      const next = littleEndian(referenceKeyAt(key, length));
      for (let align = 0; align < 16; align++) {
        const ptr = base + 64 + align;
        memory.fill(CANARY, base, ptr + length + 64);
        memory.set(payload.subarray(0, length), ptr);
        const where = `length ${length} alignment ${align}`;
        if (kernel.mask(ptr, length, littleEndian(key)) !== next) expect.fail(`wrong key after ${where}`);
        if (masked.compare(memory, ptr, ptr + length) !== 0) expect.fail(`wrong bytes: ${where}`);
        const around = [memory.subarray(base, ptr), memory.subarray(ptr + length, ptr + length + 64)];
        if (around.some((bytes) => bytes.some((byte) => byte !== CANARY)))
          expect.fail(`stray bytes: ${where}`);
      }
    }
  });

  it("is its own inverse over a whole window", () => {
    const ptr = layout.WRITE_WINDOW_PTR;
    const payload = new Random(9).bytes(layout.WRITE_WINDOW_LENGTH);
    memory.set(payload, ptr);
    const part = payload.length / 2 + 1;
    const key = kernel.mask(ptr, part, 0xff00aa55);
    kernel.mask(ptr + part, payload.length - part, key);
    kernel.mask(ptr, payload.length, 0xff00aa55);
    expect(Buffer.compare(memory.subarray(ptr, ptr + payload.length), payload)).toBe(0);
  });
});
