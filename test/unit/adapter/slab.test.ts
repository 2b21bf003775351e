// A slab hands out memory that no earlier use shares.
import { describe, expect, test } from "vitest";
import { Slab } from "../../../src/host/slab.js";

function slab(allocated: ArrayBuffer[]): Slab {
  const allocate = (bytes: number): Uint8Array<ArrayBuffer> => {
    const fresh = new Uint8Array(bytes);
    allocated.push(fresh.buffer);
    return fresh;
  };
  return new Slab(64, allocate, Uint8Array);
}

describe("a slab", () => {
  test.each([
    { lengths: [0], starts: [0], slabs: 1 },
    { lengths: [0, 0, 1, 0], starts: [0, 0, 0, 8], slabs: 1 },
    { lengths: [1, 8, 9, 3], starts: [0, 8, 16, 32], slabs: 1 },
    { lengths: [64, 0], starts: [0, 64], slabs: 1 },
    { lengths: [57, 1], starts: [0, 0], slabs: 2 },
    { lengths: [56, 8, 1], starts: [0, 56, 0], slabs: 2 },
    { lengths: [8, 64], starts: [0, 0], slabs: 2 },
  ])("cuts $lengths at $starts", ({ lengths, starts, slabs }) => {
    const allocated: ArrayBuffer[] = [];
    const cutter = slab(allocated);
    const payloads = lengths.map((length) => cutter.take(length));
    expect(payloads.map(({ length }) => length)).toEqual(lengths);
    expect(payloads.map(({ byteOffset }) => byteOffset)).toEqual(starts);
    expect(allocated).toHaveLength(slabs);
    expect(payloads.at(-1)?.buffer).toBe(allocated.at(-1));
  });

  test.each([0, 3])("whose memory the application gave away takes other memory for %i bytes", (length) => {
    const allocated: ArrayBuffer[] = [];
    const cutter = slab(allocated);
    const lost = cutter.take(5);
    structuredClone(null, { transfer: allocated });
    expect(lost).toHaveLength(0);
    expect(cutter.take(length)).toHaveLength(length);
    expect(cutter.take(8)).toHaveLength(8);
  });
});
