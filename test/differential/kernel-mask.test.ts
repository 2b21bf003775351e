// `mask` of each kernel, compared with the formula of RFC 6455 section 5.3.
import { describe, expect, it } from "vitest";
import * as layout from "../../src/kernel/generated/layout.js";
import { loadKernel } from "../../src/kernel/load.js";
import { referenceKeyAt, referenceMask } from "../support/reference-mask.js";
import { Random } from "../support/reference-random.js";

const CANARY = 0xa5;
const KEY = [0x37, 0xfa, 0x21, 0x3d];
const LONGEST = 4096;
/** What is looked at before and behind the bytes. */
const MARGIN = 64;

function littleEndian(key: readonly number[]): number {
  return key.reduceRight((word, byte) => word * 256 + byte, 0);
}

/** Whether the first `length` of these items stand there. A loop of one's own: pages have no Buffer. */
function isAt<T extends Uint8Array | Uint32Array>(
  memory: T,
  from: number,
  items: T,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) if (memory[from + i] !== items[i]) return false;
  return true;
}

describe.each(["simd", "scalar", "js"] as const)("mask on the %s kernel", (name) => {
  const kernel = loadKernel(name);
  const { memory } = kernel;
  const words = new Uint32Array(memory.buffer);

  it.each([0, 1, 2, 3])("every length to 4,096 at each of 16 alignments, key phase %i", (phase) => {
    const key = referenceKeyAt(KEY, phase);
    const word = littleEndian(key);
    const payload = new Random(phase).bytes(LONGEST);
    const masked = referenceMask(payload, key);
    const base = layout.SCRATCH_WINDOW_PTR;
    const before = new Uint8Array(LONGEST + 3 * MARGIN);
    const after = new Uint8Array(before.length);
    const afterWords = new Uint32Array(after.buffer);
    for (let align = 0; align < 16; align++) {
      const at = MARGIN + align;
      before.fill(CANARY);
      after.fill(CANARY);
      for (let length = 0; length <= LONGEST; length++) {
        if (length > 0) {
          before[at + length - 1] = payload[length - 1] ?? 0;
          after[at + length - 1] = masked[length - 1] ?? 0;
        }
        // All of the bytes, with what is around them, to a whole word.
        const end = (at + length + MARGIN + 3) & ~3;
        memory.set(before.subarray(0, end), base);
        const next = kernel.mask(base + at, length, word);
        if (next !== (littleEndian(referenceKeyAt(key, length)) | 0)) {
          expect.fail(`wrong key after length ${length} alignment ${align}`);
        }
        if (!isAt(words, base / 4, afterWords, end / 4)) {
          expect.fail(`wrong or stray bytes: length ${length} alignment ${align}`);
        }
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
    expect(isAt(memory, ptr, payload, payload.length)).toBe(true);
  });
});
