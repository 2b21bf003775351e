// Text that is taken although it is not UTF-8, on each kernel: whole, cut at every byte and byte by byte, from a client
// and from a server.
import { describe, expect, it } from "vitest";
import * as layout from "../../../src/kernel/generated/layout.js";
import { loadKernel } from "../../../src/kernel/load.js";
import { byteByByte, everyCut } from "../../support/cuts.js";
import { referenceDecode } from "../../support/reference-decode.js";
import { drive } from "../../support/reference-driver.js";
import { keyFor, wire } from "../../support/wire.js";

const STREAMS: readonly {
  readonly name: string;
  readonly frames: readonly string[];
  readonly log: string[];
}[] = [
  { name: "bytes that are no UTF-8", frames: ["81 03 | ff fe 41"], log: ["1 fffe41"] },
  { name: "an unfinished character", frames: ["81 01 | c3", "81 01 | 'a'"], log: ["1 c3", "1 61"] },
  { name: "ASCII", frames: ["81 02 | 'ok'"], log: ["1 6f6b"] },
  {
    name: "a message of frames, around a control frame",
    frames: ["01 01 | c3", "89 01 | ff", "80 02 | ff 28"],
    log: ["9 ff", "1 c3ff28"],
  },
  { name: "200 bytes", frames: ["81 7e 00 c8 | ff*200"], log: [`1 ${"ff".repeat(200)}`] },
];

const RULES = { maxMessageBytes: 1000, maxFragments: 10, uncheckedText: true };

describe.each(["simd", "scalar", "js"] as const)("unchecked text on the %s kernel", (name) => {
  const kernel = loadKernel(name);

  describe.each(["server", "client"] as const)("as a %s", (role) => {
    const fromServer = role === "client";

    it.each(STREAMS)("$name", ({ frames, log }) => {
      const { bytes } = wire(frames, keyFor(role));
      const rules = { ...RULES, fromServer };
      const reference = referenceDecode(bytes, rules);
      for (const cuts of [[], byteByByte(bytes.length), ...everyCut(bytes.length)]) {
        const found = drive(kernel, bytes, [0, ...cuts, bytes.length], rules, reference.frames);
        if (found.log.join() !== log.join()) expect({ cuts, log: found.log }).toEqual({ cuts, log });
      }
    });

    it("keeps the other rules", () => {
      const { bytes, marked } = wire(["81 01 | ff", "^83 00 |"], keyFor(role));
      const rules = { ...RULES, fromServer };
      const { frames } = referenceDecode(bytes, rules);
      const { log } = drive(kernel, bytes, [0, bytes.length], rules, frames);
      expect(log).toEqual(["1 ff", `violation ${layout.VIOLATION_RESERVED_OPCODE} at ${marked}`]);
    });
  });
});
