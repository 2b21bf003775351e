// What the build made, and its check of it.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { checkBinary } from "../../../scripts/check-wasm.js";
import { DEFLATE_PTR, DEFLATE_STATIC_END } from "../../../src/kernel/generated/deflate-layout.js";
import { DEFLATE_HEX } from "../../../src/kernel/generated/deflate-simd.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { SIMD_HEX } from "../../../src/kernel/generated/simd.js";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const RULES = { pages: layout.MEMORY_PAGES, tablesStart: 0, tablesEnd: layout.STATIC_TABLES_END };
const EXPORTS = WebAssembly.Module.exports(new WebAssembly.Module(built("simd").bytes))
  .map((each) => each.name)
  .sort();

const DEFLATE_RULES = {
  pages: layout.MEMORY_PAGES,
  tablesStart: DEFLATE_PTR,
  tablesEnd: DEFLATE_STATIC_END,
};

type Target = Parameters<typeof checkBinary>[0];

function built(target: Target): { bytes: Buffer<ArrayBuffer>; text: string } {
  const bytes = readFileSync(path.join(ROOT, `src/kernel/generated/${target}.wasm`));
  return { bytes, text: readFileSync(path.join(ROOT, `build/${target}.wat`), "utf8") };
}

describe("the build", () => {
  it("inlines the SIMD kernel", () => {
    expect(built("simd").bytes.equals(Buffer.from(SIMD_HEX, "hex"))).toBe(true);
    expect(built("deflate-simd").bytes.equals(Buffer.from(DEFLATE_HEX, "hex"))).toBe(true);
  });

  it("copies the memory map word for word", () => {
    const source = readFileSync(path.join(ROOT, "assembly/layout.ts"), "utf8");
    const copy = readFileSync(path.join(ROOT, "src/kernel/generated/layout.ts"), "utf8");
    expect(copy.slice(copy.indexOf("\n") + 1)).toBe(source);
  });

  it("copies the memory map of the deflate kernel without its types", () => {
    const source = readFileSync(path.join(ROOT, "assembly/deflate/layout.ts"), "utf8");
    const copy = readFileSync(path.join(ROOT, "src/kernel/generated/deflate-layout.ts"), "utf8");
    expect(copy.slice(copy.indexOf("\n") + 1)).toBe(source.replaceAll(/: (?:usize|u32) =/g, " ="));
  });
});

describe("the build's check of a binary", () => {
  const { bytes, text } = built("simd");
  const scalar = built("scalar");

  it("accepts both kernels", () => {
    expect(checkBinary("simd", bytes, text, RULES)).toBeUndefined();
    expect(checkBinary("scalar", scalar.bytes, scalar.text, RULES)).toBeUndefined();
  });

  it.each(["deflate-simd", "deflate-scalar"] as const)("accepts %s, in the codec's memory", (target) => {
    const { bytes: binary, text: words } = built(target);
    expect(checkBinary(target, binary, words, DEFLATE_RULES)).toBeUndefined();
    expect(checkBinary(target, binary, words, { ...DEFLATE_RULES, pages: 7 })).toMatch(/pages, not 7$/);
    expect(checkBinary(target, binary, words, { ...DEFLATE_RULES, tablesStart: DEFLATE_STATIC_END })).toMatch(
      /^has tables from \d+ on, in another's memory$/,
    );
  });

  it("refuses one in the other's place", () => {
    expect(checkBinary("scalar", bytes, text, RULES)).toBe("has SIMD instructions");
    expect(checkBinary("simd", scalar.bytes, scalar.text, RULES)).toBe("has no SIMD instruction");
  });

  it("refuses what is not WebAssembly, or too much of it", () => {
    expect(checkBinary("simd", bytes.subarray(0, 40), text, RULES)).toBe("is not valid WebAssembly");
    expect(checkBinary("simd", Buffer.alloc(8192), text, RULES)).toBe("has 8192 bytes, the limit is 8192");
  });

  it("refuses another memory, and tables that reach the state", () => {
    expect(checkBinary("simd", bytes, text, { ...RULES, pages: 7 })).toBe("has 41 to 41 memory pages, not 7");
    expect(checkBinary("simd", bytes, text, { ...RULES, tablesEnd: 1100 })).toMatch(
      /^has tables up to 1\d+, beyond/,
    );
  });

  it("refuses other exports, and imports", () => {
    const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    expect(checkBinary("simd", Uint8Array.from(header), "", RULES)).toBe(`exports , not ${EXPORTS.join()}`);
    const imported = Uint8Array.from([...header, ...withEveryExport]);
    expect(checkBinary("simd", imported, "", RULES)).toBe("imports f");
  });
});

/** Sections of a module that imports a function `m.f` and exports it under all names. */
const withEveryExport = [
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
  ...[0x02, 0x07, 0x01, 0x01, 0x6d, 0x01, 0x66, 0x00, 0x00],
  ...section(0x07, [
    5,
    ...["decode", "mask", "memory", "utf8ToUtf16", "validateUtf8"].flatMap((name) => [
      ...named(name),
      0x00,
      0x00,
    ]),
  ]),
];

function section(id: number, body: number[]): number[] {
  return [id, body.length, ...body];
}

function named(name: string): number[] {
  return [name.length, ...Buffer.from(name)];
}
