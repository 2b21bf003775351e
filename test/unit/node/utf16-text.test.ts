import { describe, expect, test } from "vitest";
import { kernelInUse } from "../../../src/index.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { sharedWorkspace } from "../../../src/kernel/workspace.js";
import { byUtf16 } from "../../../src/node/utf16-text.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);

test("text of several scratch windows is cut between characters only", () => {
  expect(kernelInUse().name).toBe("simd");
  for (const shift of [0, 1, 2, 3]) {
    const text = "x".repeat(shift) + "😀é€".repeat(30_000);
    const bytes = bytesOf(`ab${text}c`);
    expect(byUtf16.decodeText(bytes, 2, bytes.length - 1, false)).toBe(text);
  }
});

test("what stands behind the text in its block is no part of its last character", () => {
  const bytes = Uint8Array.of(...bytesOf("é"), 0x80, 0x80);
  expect(byUtf16.decodeText(bytes, 0, 2, false)).toBe("é");
  const whole = new Uint8Array(layout.SCRATCH_WINDOW_LENGTH + 1).fill(0x80);
  whole.set(bytesOf("é".repeat(layout.SCRATCH_WINDOW_LENGTH / 2)));
  expect(byUtf16.decodeText(whole, 0, layout.SCRATCH_WINDOW_LENGTH, false)).toHaveLength(
    layout.SCRATCH_WINDOW_LENGTH / 2,
  );
});

test("ASCII takes the short way, and nothing is a text, too", () => {
  expect(byUtf16.decodeText(bytesOf("abcd"), 1, 3, true)).toBe("bc");
  expect(byUtf16.decodeText(bytesOf("abcd"), 1, 1, false)).toBe("");
});

describe("a kernel that leaves it to the host", () => {
  test("has the host decode all of it", () => {
    const workspace = sharedWorkspace();
    const { kernel } = workspace;
    const { utf8ToUtf16: _, ...rest } = kernel;
    workspace.kernel = rest;
    try {
      const text = "é😀".repeat(20_000);
      expect(byUtf16.decodeText(bytesOf(`a${text}`), 1, 1 + 6 * 20_000, false)).toBe(text);
    } finally {
      workspace.kernel = kernel;
    }
  });
});
