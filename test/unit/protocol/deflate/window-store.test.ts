// The budget of windows: what is dropped, what is not, and that a dropped window costs bytes and nothing else.
import { expect, test } from "vitest";
import { sharedWorkspace } from "../../../../src/memory/workspace.js";
import { DeflateDecoder } from "../../../../src/protocol/deflate/deflate-decoder.js";
import { DeflateEncoder } from "../../../../src/protocol/deflate/deflate-encoder.js";
import { deflateMemoryOf } from "../../../../src/protocol/deflate/deflate-memory.js";
import { WindowStore } from "../../../../src/protocol/deflate/window-store.js";
import { decodePart } from "../../../support/deflate-connection.js";
import { zlibInflated } from "../../../support/deflate-data.js";
import { Random } from "../../../support/reference-random.js";

class Window {
  dropped = 0;

  drop(): void {
    this.dropped++;
  }
}

test("the least recently used windows are dropped, and only as many as needed", () => {
  const store = new WindowStore();
  store.raise(1000);
  const windows = Array.from({ length: 4 }, () => new Window());
  const dropped = () => windows.map((window) => window.dropped);
  const [first, second, third, fourth] = windows;
  if (first === undefined || second === undefined || third === undefined || fourth === undefined) return;
  for (const window of [first, second, third]) expect(store.keep(window, 300)).toBe(true);
  expect(store.keep(first, 300)).toBe(true);
  expect(store.keep(fourth, 200)).toBe(true);
  expect([dropped(), store.bytes]).toEqual([[0, 1, 0, 0], 800]);
  expect(store.keep(second, 1001)).toBe(false);
  store.receive(600);
  expect([dropped(), store.bytes]).toEqual([[1, 1, 1, 0], 800]);
  // Those of received messages stay, though they alone are too much.
  store.receive(600);
  expect([dropped(), store.bytes]).toEqual([[1, 1, 1, 1], 1200]);
  expect(store.keep(first, 1)).toBe(false);
  store.receive(-1200);
  expect(store.keep(first, 1000)).toBe(true);
  store.forget(first);
  store.forget(first);
  expect(store.bytes).toBe(0);
  store.raise(10);
  expect(store.budget).toBe(1000);
});

test("connections whose windows are dropped go on, with messages that their peers can read", () => {
  const memory = deflateMemoryOf(sharedWorkspace("simd").linear);
  const store = new WindowStore();
  store.raise(40 * 1024);
  const choices = { windowBits: 12, takeover: true, threshold: 0, fast: false, shorterOnly: true };
  const random = new Random(9);
  const all = Array.from({ length: 12 }, () => ({
    encoder: new DeflateEncoder(memory, choices, store),
    decoder: new DeflateDecoder(memory, 12, true, new WindowStore()),
    sent: [] as Uint8Array[],
    encoded: [] as Uint8Array[],
  }));
  for (let turn = 0; turn < 400; turn++) {
    const one = random.pick(all);
    const payload = Buffer.from(`{"turn":${turn},"text":"${"some words ".repeat(random.below(60))}"}`);
    const encoded = one.encoder.encode(payload, true)?.slice();
    expect(store.bytes).toBeLessThanOrEqual(40 * 1024);
    if (encoded === undefined) continue;
    one.sent.push(payload);
    one.encoded.push(encoded);
    expect(decodePart(memory.linear, one.decoder, encoded, true)).toEqual(payload);
  }
  for (const { sent, encoded, encoder, decoder } of all) {
    expect(Buffer.compare(zlibInflated(encoded, 12), Buffer.concat(sent))).toBe(0);
    encoder.stop();
    decoder.stop();
  }
  expect(store.bytes).toBe(0);
});

test("windows of received messages grow with what has come, up to what was agreed on", () => {
  const { linear } = sharedWorkspace("simd");
  const memory = deflateMemoryOf(linear);
  const store = new WindowStore();
  const choices = { windowBits: 15, takeover: true, threshold: 0, fast: false, shorterOnly: true };
  const encoder = new DeflateEncoder(memory, choices, new WindowStore());
  const [one, other] = [
    new DeflateDecoder(memory, 12, true, store),
    new DeflateDecoder(memory, 12, true, new WindowStore()),
  ];
  const hello = Buffer.from("Hello, Hello, Hello");
  const sizes: number[] = [];
  for (const length of [20, 500, 3000, 9000]) {
    const payload = Buffer.alloc(length, "abc");
    const encoded = encoder.encode(payload, true)?.slice() ?? payload;
    encoder.stop();
    expect(decodePart(linear, one, encoded, true)).toEqual(payload);
    // Another connection takes the place.
    const short = encoder.encode(hello, true)?.slice() ?? hello;
    encoder.stop();
    expect(decodePart(linear, other, short, true)).toEqual(hello);
    sizes.push(store.bytes);
  }
  expect(sizes).toEqual([256, 1024, 4096, 4096]);
  one.stop();
  other.stop();
  expect(store.bytes).toBe(0);
});
