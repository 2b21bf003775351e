import { describe, expect, test } from "vitest";
import * as layout from "../../../src/kernel/generated/layout.js";
import { Workspace } from "../../../src/kernel/workspace.js";
import { nodeRuntime } from "../../../src/node/host.js";
import { portableHost } from "../../../src/protocol/host.js";
import { textAt } from "../../../src/protocol/text.js";

const UNITS = [
  "a",
  "é",
  "€",
  "😀",
  "b ",
  "\u0000",
  "\u007f",
  "\u0080",
  "\u07ff",
  "\u0800",
  "\ud7ff",
  "\ue000",
  "\uffff",
];
const EDGES = [...UNITS, "\u{10000}", "\u{10ffff}", "\ufeff", "0123456789abcdef"];
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Every pair of edge characters, behind 0 to 17 of ASCII. */
function* samples(): Generator<string> {
  for (const one of EDGES) {
    for (const other of EDGES) {
      for (let before = 0; before < 18; before++) yield "x".repeat(before) + one + other;
    }
  }
}

describe.each(["simd", "scalar", "js"] as const)("text [%s]", (name) => {
  const workspace = new Workspace(name);

  test.each([
    ["Node", nodeRuntime.host],
    ["portable", portableHost],
  ])("in linear memory, %s", (_, host) => {
    expect(workspace.kernel.name).toBe(name);
    for (const text of samples()) {
      const bytes = bytesOf(text);
      workspace.memory.set(bytes, layout.READ_WINDOW_PTR);
      expect(textAt(workspace, host, layout.READ_WINDOW_PTR, bytes.length, false)).toBe(text);
    }
  });

  test("a whole window stays within the wide one", () => {
    const ascii = "a".repeat(layout.READ_WINDOW_LENGTH);
    const { memory } = workspace;
    const behind = layout.WIDE_WINDOW_PTR + layout.WIDE_WINDOW_LENGTH;
    memory.set(bytesOf(ascii), layout.READ_WINDOW_PTR);
    memory.fill(0xa5, layout.WIDE_WINDOW_PTR - 64, layout.WIDE_WINDOW_PTR);
    memory.fill(0xa5, behind, behind + 64);
    expect(textAt(workspace, nodeRuntime.host, layout.READ_WINDOW_PTR, ascii.length, false)).toBe(ascii);
    for (let i = 0; i < 64; i++) {
      expect(memory[layout.WIDE_WINDOW_PTR - 1 - i]).toBe(0xa5);
      expect(memory[behind + i]).toBe(0xa5);
    }
  });
});
