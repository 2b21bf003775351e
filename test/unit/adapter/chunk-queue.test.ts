// Chunks are taken out of a queue in their order, for all lengths of chunks and of runs.
import { describe, expect, test } from "vitest";
import { ChunkQueue } from "../../../src/adapter/chunk-queue.js";

/** Chunks of these lengths, whose bytes count on. */
function chunksOf(...lengths: number[]): Uint8Array[] {
  let next = 0;
  return lengths.map((length) => Uint8Array.from({ length }, () => next++));
}

function queueOf(chunks: readonly Uint8Array[]): ChunkQueue {
  const queue = new ChunkQueue();
  queue.add(chunks);
  return queue;
}

/** All runs of a queue, joined in memory of that length. */
function runsOf(queue: ChunkQueue, length: number): number[][] {
  const memory = new Uint8Array(length);
  const runs: number[][] = [];
  for (let run = queue.next(memory); run !== undefined; run = queue.next(memory)) runs.push([...run]);
  return runs;
}

const bytes = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe("the next run", () => {
  test.each([
    { lengths: [1, 2, 3], runs: [bytes(0, 6)] },
    { lengths: [4, 4, 4], runs: [bytes(0, 8), bytes(8, 12)] },
    { lengths: [5, 5], runs: [bytes(0, 8), bytes(8, 10)] },
    { lengths: [2, 20, 1], runs: [bytes(0, 8), bytes(8, 22), bytes(22, 23)] },
    { lengths: [20, 3], runs: [bytes(0, 20), bytes(20, 23)] },
    { lengths: [0, 3, 0, 2], runs: [bytes(0, 5)] },
    { lengths: [], runs: [] },
  ])("of chunks of $lengths bytes", ({ lengths, runs }) => {
    const queue = queueOf(chunksOf(...lengths));
    expect(queue.bytes).toBe(lengths.reduce((sum, length) => sum + length, 0));
    expect(runsOf(queue, 8)).toEqual(runs);
    expect(queue.bytes).toBe(0);
  });

  test("is no copy of a long chunk", () => {
    const [short, long] = [new Uint8Array(3), new Uint8Array(30)];
    const memory = new Uint8Array(8);
    const queue = queueOf([long, short, long]);
    expect(queue.next(memory)).toBe(long);
    expect(queue.next(memory)?.buffer).toBe(memory.buffer);
    const rest = queue.next(memory);
    expect([rest?.buffer, rest?.byteOffset, rest?.length]).toEqual([long.buffer, 5, 25]);
  });

  test("is none where the memory of a chunk is gone", () => {
    const [first, lost] = [new Uint8Array(3), new Uint8Array(5)];
    const queue = queueOf([first, lost]);
    structuredClone(lost, { transfer: [lost.buffer] });
    expect(runsOf(queue, 8)).toEqual([[0, 0, 0]]);
    expect(queue.bytes).toBe(5);
  });
});

test.each([
  { lengths: [3, 3, 3], most: 8, whole: [6, 3] },
  { lengths: [2, 20, 1, 1], most: 8, whole: [2, 0, 2] },
  { lengths: [8, 1], most: 8, whole: [8, 1] },
  { lengths: [], most: 8, whole: [] },
])(
  "of chunks of $lengths bytes, whole ones are taken out in runs of $most at most",
  ({ lengths, most, whole }) => {
    const queue = queueOf(chunksOf(...lengths));
    const found: number[] = [];
    const taken: number[] = [];
    while (queue.bytes > 0) {
      const fits = queue.wholeBytes(most);
      found.push(fits);
      taken.push(...(queue.next(new Uint8Array(fits)) ?? []));
    }
    expect(found).toEqual(whole);
    expect(taken).toEqual(chunksOf(...lengths).flatMap((chunk) => [...chunk]));
    expect(queue.wholeBytes(most)).toBe(0);
  },
);

test("chunks that are added between leave behind those before", () => {
  const queue = queueOf(chunksOf(3, 3));
  const target = new Uint8Array(4);
  expect([queue.fill(target), ...target]).toEqual([4, 0, 1, 2, 3]);
  queue.add([Uint8Array.of(70, 71, 72)]);
  expect([queue.fill(target), ...target]).toEqual([4, 4, 5, 70, 71]);
  expect([queue.fill(target), target[0], queue.bytes]).toEqual([1, 72, 0]);
  expect(queue.fill(target)).toBe(0);
});

test("a queue that was cleared holds nothing, and takes more", () => {
  const queue = queueOf(chunksOf(3, 3));
  queue.fill(new Uint8Array(1));
  queue.clear();
  expect([queue.bytes, queue.fill(new Uint8Array(1))]).toEqual([0, 0]);
  queue.add([Uint8Array.of(9)]);
  expect(runsOf(queue, 2)).toEqual([[9]]);
});
