// Masking keys are fresh for each frame, and cleared after use.
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { Connection, randomMaskingKey } from "../../../src/index.js";
import { parseFrames } from "../../support/frame.js";
import { concat } from "../../support/hex.js";

afterEach(() => {
  vi.restoreAllMocks();
});

const POOL_KEYS = 2048;

/** Replaces the host's CSPRNG by a counter. @returns the pools that it filled */
function stubRandomness(): { pools: Uint32Array[]; next: number } {
  const stub: { pools: Uint32Array[]; next: number } = { pools: [], next: 1 };
  vi.spyOn(crypto, "getRandomValues").mockImplementation((pool) => {
    if (!(pool instanceof Uint32Array)) throw new TypeError("the pool is of 32-bit keys");
    for (let i = 0; i < pool.length; i++) pool[i] = stub.next++;
    stub.pools.push(pool);
    return pool;
  });
  return stub;
}

/** Uses up what is left of keys from before. */
function drain(stub: { pools: Uint32Array[] }): number {
  for (let i = 0; i <= POOL_KEYS; i++) {
    const key = randomMaskingKey();
    if (stub.pools.length > 0) return key;
  }
  throw new Error("the pool never ends");
}

test("each key is given once, across the edges of the pool too", () => {
  const stub = stubRandomness();
  const first = drain(stub);
  const keys = Array.from({ length: 3 * POOL_KEYS + 10 }, randomMaskingKey);
  expect(keys).toEqual(Array.from(keys, (_, i) => first + 1 + i));
  expect(stub.pools.length).toBeGreaterThanOrEqual(4);
});

test("a used key is cleared from memory", () => {
  const stub = stubRandomness();
  drain(stub);
  for (let i = 0; i < 10; i++) randomMaskingKey();
  const pool = stub.pools[0] ?? new Uint32Array();
  expect(Array.from(pool.subarray(0, 11))).toEqual(new Array(11).fill(0));
  expect(pool[11]).not.toBe(0);
});

test("each frame of a client takes exactly 4 fresh bytes, whatever its kind and length", () => {
  const stub = stubRandomness();
  let expected = drain(stub) + 1;
  const client = new Connection({ role: "client" });
  client.sendText("");
  client.sendText("Hello");
  client.sendText("é".repeat(100_000));
  client.sendBinary(new Uint8Array(10));
  client.sendBinary(new Uint8Array(100_000));
  client.sendFragment("a", false);
  client.sendFragment("b", true);
  client.ping();
  client.pong(new Uint8Array(125));
  client.receive(Uint8Array.of(0x89, 0));
  client.close(1000);
  const frames = parseFrames(concat(client.takeOutput()));
  expect(frames).toHaveLength(11);
  for (const { mask } of frames) {
    expect(mask).toEqual([expected & 0xff, (expected >> 8) & 0xff, (expected >> 16) & 0xff, 0]);
    expect(mask).not.toBeUndefined();
    expected++;
  }
});

test("a server takes no keys at all", () => {
  const server = new Connection({
    role: "server",
    maskingKey: () => {
      throw new Error("a server does not mask");
    },
  });
  server.sendText("Hello");
  server.sendBinary(new Uint8Array(100_000));
  server.close(1000);
  expect(parseFrames(concat(server.takeOutput())).map(({ mask }) => mask)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("10^6 keys of the real source hardly repeat", () => {
  // Of 10^6 draws from 2^32, 116 repeat on average; a source of 2^28 or one that wraps would repeat 1,800 times.
  const keys = Uint32Array.from({ length: 1_000_000 }, randomMaskingKey).sort();
  const repeated = keys.filter((key, i) => i > 0 && key === keys[i - 1]);
  expect(repeated.length).toBeLessThan(300);
});

/** The delays between attempts to connect again are no secret. */
const NO_SECRETS = ["adapter/client/reconnection.ts"];

test("Math.random stands nowhere in src where anything is secret", () => {
  const src = new URL("../../../src/", import.meta.url);
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && !NO_SECRETS.includes(name),
  );
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) {
    expect(/Math\s*(\.|\?\.|\[\s*["'`])\s*random/.test(readFileSync(new URL(file, src), "utf8")), file).toBe(
      false,
    );
  }
});
