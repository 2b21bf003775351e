// Decoding the binary that is inlined, with what each host has for it.
import { afterEach, describe, expect, it, vi } from "vitest";
import { SIMD_HEX } from "../../../src/kernel/generated/simd.js";
import { bytesFromHex } from "../../../src/kernel/inlined.js";

const { Buffer } = globalThis;

afterEach(() => {
  vi.unstubAllGlobals();
});

describe.each(["a Buffer", "none"])("bytesFromHex with %s", (host) => {
  it.each([
    ["", []],
    ["00ff807ffe", [0x00, 0xff, 0x80, 0x7f, 0xfe]],
    ["0061736d", [0x00, 0x61, 0x73, 0x6d]],
  ])("decodes %j", (hex, bytes) => {
    if (host === "none") vi.stubGlobal("Buffer", undefined);
    expect([...bytesFromHex(hex)]).toEqual(bytes);
  });

  it("decodes a kernel", () => {
    if (host === "none") vi.stubGlobal("Buffer", undefined);
    const bytes = bytesFromHex(SIMD_HEX);
    vi.unstubAllGlobals();
    expect(Buffer.compare(bytes, Buffer.from(SIMD_HEX, "hex"))).toBe(0);
    expect(WebAssembly.validate(bytes)).toBe(true);
  });
});
