// Decoding the binary that is inlined, with what each host has for it.
import { afterEach, describe, expect, it, vi } from "vitest";
import { SIMD_BASE64 } from "../../../src/kernel/generated/simd.js";
import { bytesFromBase64 } from "../../../src/kernel/inlined.js";

const { Buffer } = globalThis;

afterEach(() => {
  vi.unstubAllGlobals();
});

describe.each(["a Buffer", "atob alone"])("bytesFromBase64 with %s", (host) => {
  it.each([
    ["", []],
    ["AP+Af/4=", [0x00, 0xff, 0x80, 0x7f, 0xfe]],
    ["AGFzbQ==", [0x00, 0x61, 0x73, 0x6d]],
  ])("decodes %j", (base64, bytes) => {
    if (host === "atob alone") vi.stubGlobal("Buffer", undefined);
    expect([...bytesFromBase64(base64)]).toEqual(bytes);
  });

  it("decodes a kernel", () => {
    if (host === "atob alone") vi.stubGlobal("Buffer", undefined);
    const bytes = bytesFromBase64(SIMD_BASE64);
    vi.unstubAllGlobals();
    expect(Buffer.compare(bytes, Buffer.from(SIMD_BASE64, "base64"))).toBe(0);
    expect(WebAssembly.validate(bytes)).toBe(true);
  });
});
