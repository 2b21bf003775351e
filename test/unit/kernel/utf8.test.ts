// `validateUtf8` by hand-written texts, on each kernel.
import { describe, expect, it } from "vitest";
import * as layout from "../../../src/kernel/generated/layout.js";
import { loadKernel } from "../../../src/kernel/load.js";
import { hex } from "../../support/hex.js";

const PTR = layout.SCRATCH_WINDOW_PTR;

describe.each(["simd", "scalar", "js"] as const)("validateUtf8 on the %s kernel", (name) => {
  const kernel = loadKernel(name);
  const view = new DataView(kernel.memory.buffer);

  /** `valid`, `carry …` of an unfinished sequence as needed, lowest and highest next byte, or `bad …` with its index. */
  function validate(text: string, carry = 0): string {
    const bytes = hex(text);
    kernel.memory.set(bytes, PTR);
    const result = kernel.validateUtf8(PTR, bytes.length, carry);
    if (result === 0) return "valid";
    if (result !== -1) return `carry ${result.toString(16)}`;
    return `bad ${view.getUint32(layout.STATE_PTR + layout.STATE_BAD_BYTE, true) - PTR}`;
  }

  it.each([
    ["", "valid"],
    ["'plain'", "valid"],
    ["'é€💖'", "valid"],
    ["'a' c3", "carry bf8001"],
    ["e0", "carry bfa002"],
    ["ed", "carry 9f8002"],
    ["f0", "carry bf9003"],
    ["f4", "carry 8f8003"],
    ["f1 80 80", "carry bf8001"],
    ["'a' 80", "bad 1"],
    ["c1 81", "bad 0"],
    ["c3 'a'", "bad 1"],
    ["e0 9f 80", "bad 1"],
    ["ed a0 80", "bad 1"],
    ["f4 90 80 80", "bad 1"],
    ["f5 80 80 80", "bad 0"],
    ["e2 82 'a'", "bad 2"],
  ])("finds %s %s (RFC 3629 section 4)", (text, verdict) => {
    expect(validate(text)).toBe(verdict);
  });

  it("goes on where the last call ended", () => {
    expect(validate("ac", 0xbf8001)).toBe("valid");
    expect(validate("80", 0xbfa002)).toBe("bad 0");
    expect(validate("'a'", 0xbf8001)).toBe("bad 0");
  });
});
