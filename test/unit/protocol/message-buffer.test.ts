// The buffer of a message: its order, its memory and its text.
import { describe, expect, test } from "vitest";
import { Connection } from "../../../src/index.js";
import { BLOCK_BYTES } from "../../../src/memory/block-pool.js";
import { Workspace } from "../../../src/memory/workspace.js";
import { MessageBuffer } from "../../../src/protocol/message-buffer.js";
import { CountingHost } from "../../support/counting-host.js";
import { cutAt, everyBytes } from "../../support/cuts.js";
import { frame, KEY } from "../../support/frame.js";
import { concat, hex, toHex } from "../../support/hex.js";

function makeBuffer(host = new CountingHost(), workspace = new Workspace("js")): MessageBuffer {
  return new MessageBuffer(workspace, host);
}

test("bytes come out in order, as memory of exactly their length", () => {
  const buffer = makeBuffer();
  const memory = hex("00 01 02 03 04 05");
  buffer.append(memory, 1, 2, false, 0);
  buffer.append(memory, 3, 0, false, 0);
  buffer.append(memory, 3, 3, false, 0);
  expect(buffer.length).toBe(5);
  const bytes = buffer.takeBytes();
  memory.fill(0xa5);
  expect(toHex(bytes)).toBe("01 02 03 04 05");
  expect(bytes.buffer.byteLength).toBe(5);
});

test("an empty message", () => {
  expect(makeBuffer().takeBytes()).toEqual(hex(""));
  const host = new CountingHost();
  expect(makeBuffer(host).takeText()).toBe("");
  expect(host.calls).toBe(0);
});

test("text that is ASCII in one piece only is decoded as UTF-8", () => {
  const memory = hex("'abc' c3 a9");
  const buffer = makeBuffer();
  buffer.append(memory, 0, 3, true, 0);
  buffer.append(memory, 3, 1, false, 0);
  buffer.append(memory, 4, 1, false, 0);
  buffer.append(memory, 0, 3, true, 0);
  expect(buffer.takeText()).toBe("abcéabc");
});

test("a frame whose length is believed is copied once", () => {
  const host = new CountingHost();
  const buffer = makeBuffer(host);
  const memory = new Uint8Array(65_536);
  buffer.append(memory, 0, 65_536, false, 34_464);
  buffer.append(memory, 0, 34_464, false, 0);
  expect(host.allocated).toBe(100_000);
  expect(buffer.takeBytes()).toHaveLength(100_000);
  expect([host.allocated, host.copied]).toEqual([100_000, 0]);
});

test("text in one block becomes a string without being copied first", () => {
  const host = new CountingHost();
  const buffer = makeBuffer(host);
  buffer.append(hex("'abc'"), 0, 3, true, 0);
  expect(buffer.takeText()).toBe("abc");
  expect([host.allocated, host.copied]).toEqual([3, 3]);
});

test("a promise of more than the double is not believed", () => {
  const host = new CountingHost();
  const buffer = makeBuffer(host);
  buffer.append(new Uint8Array(1), 0, 1, false, 0xffff_ffff);
  expect(host.allocated).toBe(512);
  buffer.append(new Uint8Array(5000), 0, 5000, false, 0xffff_ffff);
  expect(host.allocated).toBeLessThanOrEqual(2 * 5001 + 1024);
});

test.each([
  // No more than the least block beyond what arrived, and at least what is there already.
  [513, 514],
  [514, 512],
])("at the first byte a promise of %i bytes makes a block of %i", (promised, block) => {
  const host = new CountingHost();
  makeBuffer(host).append(new Uint8Array(1), 0, 1, false, promised);
  expect(host.allocated).toBe(block);
});

test.each([
  [511, 512],
  [512, 612 + 512],
  [612 + 512, 612 + 612 + 512],
  [612 + 513, 512],
])("behind 512 bytes a promise of %i makes a block of %i", (promised, block) => {
  const host = new CountingHost();
  const buffer = makeBuffer(host);
  const memory = new Uint8Array(512);
  buffer.append(memory, 0, 512, false, 0xffff_ffff);
  host.allocated = 0;
  buffer.append(memory, 0, 100, false, promised);
  expect(host.allocated).toBe(block);
});

test("a piece of exactly a block is put into one that is used again", () => {
  const host = new CountingHost();
  const workspace = new Workspace("js");
  for (let i = 0; i < 2; i++) {
    const buffer = makeBuffer(host, workspace);
    buffer.append(new Uint8Array(BLOCK_BYTES), 0, BLOCK_BYTES, false, 0xffff_ffff);
    buffer.release();
  }
  expect(host.allocated).toBe(BLOCK_BYTES);
});

test("a message of exactly a block does not leave in the block", () => {
  const workspace = new Workspace("js");
  const take = (byte: number): Uint8Array => {
    const buffer = makeBuffer(new CountingHost(), workspace);
    buffer.append(new Uint8Array(BLOCK_BYTES).fill(byte), 0, BLOCK_BYTES, false, 0xffff_ffff);
    return buffer.takeBytes();
  };
  const first = take(1);
  const second = take(2);
  expect([first.every((byte) => byte === 1), second.every((byte) => byte === 2)]).toEqual([true, true]);
  expect(workspace.blocks.owns(first) || workspace.blocks.owns(second)).toBe(false);
});

test("blocks are used again, and nobody's message is in them any more", () => {
  const host = new CountingHost();
  const workspace = new Workspace("js");
  const gather = (byte: number, length: number): MessageBuffer => {
    const buffer = makeBuffer(host, workspace);
    const memory = new Uint8Array(1000).fill(byte);
    for (let at = 0; at < length; at += 1000) {
      buffer.append(memory, 0, Math.min(1000, length - at), true, 0);
    }
    return buffer;
  };
  const lengths = [200_000, 5, 64_000, BLOCK_BYTES, BLOCK_BYTES + 1, 1_500_000, 130_000];
  const kept = lengths.map((length, i) => gather(0x61 + i, length).takeBytes());
  const texts = lengths.map((length, i) => gather(0x41 + i, length).takeText());
  const both = [gather(0x78, 200_000), gather(0x79, 200_000)];
  const calls = host.allocated;
  gather(0x7a, 500_000).release();
  // Less than the message: its large blocks were there.
  expect(host.allocated - calls).toBeLessThan(200_000);
  lengths.forEach((length, i) => {
    expect(Buffer.compare(kept[i] ?? hex(""), new Uint8Array(length).fill(0x61 + i))).toBe(0);
    expect(texts[i] === String.fromCharCode(0x41 + i).repeat(length)).toBe(true);
  });
  expect(both.map((buffer) => buffer.takeText() === "x".repeat(200_000))).toEqual([true, false]);
});

/** What V8 keeps for a block besides its bytes, and for what gathers them: measured, rounded up. */
const BLOCK_OBJECTS_BYTES = 400;
const GATHERING_BYTES = 400;

/** Feeds a message that never ends, and looks at what is held after each chunk. */
function expectBounded(fragmentBytes: number, chunkBytes: number, final: boolean): void {
  const host = new CountingHost();
  const connection = new Connection({ role: "server", host, limits: { maxFragments: 1_000_000 } });
  const fragments = Math.min(Math.ceil(30_000 / (fragmentBytes + 6)), 2000);
  const frames = Array.from({ length: fragments }, (_, i) =>
    frame({ fin: false, opcode: i === 0 ? 2 : 0, mask: KEY, payload: new Uint8Array(fragmentBytes).fill(i) }),
  );
  if (final) frames.push(frame({ opcode: 9, mask: KEY, payload: new Uint8Array(125) }).subarray(0, 100));
  const stream = concat(frames);
  let wire = 0;
  for (const chunk of cutAt(stream, everyBytes(stream.length, chunkBytes))) {
    connection.receive(chunk);
    wire += chunk.length;
    // Growing frees nothing, so what was allocated is what is held.
    const held = host.allocated + BLOCK_OBJECTS_BYTES * host.calls + GATHERING_BYTES;
    if (held > 2 * wire + 2048) expect(held).toBeLessThanOrEqual(2 * wire + 2048);
  }
  expect(host.copied).toBe(0);
}

describe("memory held for a message that never ends is at most twice its bytes on the wire and 2 KiB", () => {
  for (const fragmentBytes of [0, 1, 2, 3, 125, 126, 1000, 1024, 65_535, 65_536, 100_000]) {
    test.each([1, 2, 3, 8, 9, 128, 1000, 1448, 65_536, 200_000])(
      `fragments of ${fragmentBytes}, chunks of %i bytes`,
      (chunkBytes) => {
        expectBounded(fragmentBytes, chunkBytes, false);
        expectBounded(fragmentBytes, chunkBytes, true);
      },
    );
  }
});

test("fragments cut before their last byte cost no more than others", () => {
  // Each fragment promises one byte more than is there: were the promise taken, each would copy the whole message.
  const host = new CountingHost();
  const buffer = makeBuffer(host);
  const memory = new Uint8Array(2);
  for (let i = 0; i < 20_000; i++) {
    buffer.append(memory, 0, 1, false, 1);
    buffer.append(memory, 1, 1, false, 0);
  }
  expect(buffer.length).toBe(40_000);
  expect(host.allocated).toBeLessThanOrEqual(8 * 40_000);
});
