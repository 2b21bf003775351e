// The methods of Buffers that are not documented do what the documented ones do that stand in for them.
import { afterEach, expect, test, vi } from "vitest";

type Methods = typeof import("../../../src/host/buffer-methods.js");

const NAMES = new Set<PropertyKey>(["latin1Slice", "utf8Slice", "ucs2Slice", "utf8Write"]);

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

async function load(missing: boolean): Promise<Methods> {
  vi.resetModules();
  const { get } = Reflect;
  let asked = 0;
  vi.spyOn(Reflect, "get").mockImplementation((holder: object, name: PropertyKey, ...more: unknown[]) => {
    if (holder !== Buffer.prototype || !NAMES.has(name))
      return Reflect.apply(get, Reflect, [holder, name, ...more]);
    asked++;
    return missing ? undefined : Reflect.apply(get, Reflect, [holder, name]);
  });
  const methods = await import("../../../src/host/buffer-methods.js");
  vi.restoreAllMocks();
  expect(asked).toBe(NAMES.size);
  return methods;
}

test("strings and bytes are the same with and without them", async () => {
  const there = await load(false);
  const missing = await load(true);
  const memory = new Uint8Array(64);
  // No Buffer, and not at the beginning of its memory.
  const bytes = memory.subarray(8, 48);
  bytes.set(Buffer.from("añ世🚀 text that goes on"));
  for (const [start, end] of [
    [0, 0],
    [0, 10],
    [1, 8],
    [10, 40],
  ] as const) {
    for (const name of ["latin1Slice", "utf8Slice", "utf16Slice"] as const)
      expect(missing[name](bytes, start, end), name).toBe(there[name](bytes, start, end));
  }
  for (const text of ["", "abc", "é世🚀", "\ud83d", "a".repeat(20)]) {
    for (const length of [0, 4, 30]) {
      const [one, other] = [new Uint8Array(40), new Uint8Array(40)];
      expect(missing.utf8Write(one, text, 3, length)).toBe(there.utf8Write(other, text, 3, length));
      expect(one).toEqual(other);
    }
  }
});
