// Bytes held back while a handshake is decided come out as they came in, in little memory.
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Allowance } from "../../../src/adapter/server/allowance.js";
import { AllocationError, HeldBytes } from "../../../src/adapter/server/held-bytes.js";

const NATIVE = Uint8Array;

/** Lets no typed array be made that is longer than this. */
function limitAllocations(most: number): void {
  vi.stubGlobal(
    "Uint8Array",
    new Proxy(NATIVE, {
      construct(target, args: [number], newTarget) {
        if (typeof args[0] === "number" && args[0] > most)
          throw new RangeError("Array buffer allocation failed");
        return Reflect.construct(target, args, newTarget);
      },
    }),
  );
}

afterEach(() => {
  vi.unstubAllGlobals();
});

function counted(length: number): Uint8Array {
  return new NATIVE(length).map((_, i) => (i * 7) & 0xff);
}

describe("HeldBytes", () => {
  test("gives back what came, however it was cut, in one piece or in blocks", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9000), { maxLength: 20 }), fc.boolean(), (lengths, known) => {
        const all = counted(lengths.reduce((sum, length) => sum + length, 0));
        const held = [0, 1].map(() => new HeldBytes(known ? all.length : undefined));
        let at = 0;
        for (const length of lengths) {
          for (const each of held) each.append(all.subarray(at, at + length));
          at += length;
        }
        const [first, second] = held;
        expect(first?.length).toBe(all.length);
        expect(Buffer.compare(first?.take() ?? Buffer.of(), all)).toBe(0);
        expect(Buffer.compare(Buffer.concat(second?.takeBlocks() ?? []), all)).toBe(0);
        expect([first?.length, second?.length, second?.take().length]).toEqual([0, 0, 0]);
      }),
      { seed: 23, numRuns: 50 },
    );
  });

  test.each([1, 100, 1460, 16_384, 65_536, 100_000])(
    "of chunks of %i bytes takes no more than an eighth or 1 KiB above what came",
    (size) => {
      const whole = 300_000;
      const held = new HeldBytes(whole);
      const chunk = counted(size);
      let memory = 0;
      let excess = 0;
      for (let length = 0; length < whole; length += size) {
        const next = chunk.subarray(0, whole - length);
        memory += held.growthFor(next.length);
        held.append(next);
        excess = Math.max(excess, memory - held.length - Math.max(1024, held.length / 8));
      }
      expect(excess).toBeLessThanOrEqual(0);
      expect(memory).toBe(whole);
      expect(held.takeBlocks().reduce((sum, { buffer }) => sum + buffer.byteLength, 0)).toBe(memory);
    },
  );

  test("holds what it held if there is no memory for more", () => {
    const held = new HeldBytes();
    held.append(counted(1000));
    limitAllocations(5000);
    expect(() => held.append(counted(10_000))).toThrow(AllocationError);
    held.append(counted(24));
    expect(held.length).toBe(1024);
    expect(Buffer.concat(held.takeBlocks())).toEqual(Buffer.concat([counted(1000), counted(24)]));
  });

  test("says why there is no memory, for one piece of it as well", () => {
    const held = new HeldBytes();
    for (let i = 0; i < 10; i++) held.append(counted(1000));
    limitAllocations(5000);
    expect(() => held.take()).toThrow(
      expect.objectContaining({
        name: "AllocationError",
        message: "there is no memory for 10000 bytes",
        cause: expect.any(RangeError),
      }),
    );
  });
});

test("an allowance gives no more than there is, and what comes back again", () => {
  const allowance = new Allowance(100);
  expect([60, 41, 40, 1].map((bytes) => allowance.take(bytes))).toEqual([true, false, true, false]);
  allowance.giveBack(60);
  expect([61, 60, 0, 1].map((bytes) => allowance.take(bytes))).toEqual([false, true, true, false]);
  expect(new Allowance(Number.POSITIVE_INFINITY).take(Number.MAX_SAFE_INTEGER)).toBe(true);
});
