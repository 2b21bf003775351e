// Messages on hosts that lack a kind of memory.
import { afterEach, beforeEach, expect, test, vi } from "vitest";

beforeEach(() => vi.resetModules());
afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test("where there is no SharedArrayBuffer, as in pages that are not isolated, bytes are sent all the same", async () => {
  vi.stubGlobal("SharedArrayBuffer", undefined);
  const { Connection } = await import("../../../src/index.js");
  const connection = new Connection({ role: "server" });
  connection.sendBinary(Uint8Array.of(1, 2));
  connection.sendBinary(Uint8Array.of(3).buffer);
  expect(connection.takeOutput().map((bytes) => [...bytes])).toEqual([
    [0x82, 2, 1, 2],
    [0x82, 1, 3],
  ]);
});

test("memory whose length cannot be told is an error at once", async () => {
  vi.stubGlobal("SharedArrayBuffer", class {});
  await expect(import("../../../src/index.js")).rejects.toThrow(TypeError);
});
