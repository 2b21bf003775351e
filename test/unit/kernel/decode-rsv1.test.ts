// RSV1 on the frames of a connection with permessage-deflate (RFC 7692 section 6), on each kernel: whole, cut at every
// byte and byte by byte, from a client and from a server.
import { describe, expect, it } from "vitest";
import * as layout from "../../../src/kernel/generated/layout.js";
import { loadKernel } from "../../../src/kernel/load.js";
import { byteByByte, everyCut } from "../../support/cuts.js";
import { type DecodeRules, referenceDecode } from "../../support/reference-decode.js";
import { drive } from "../../support/reference-driver.js";
import { keyFor, wire } from "../../support/wire.js";

interface Vector {
  readonly name: string;
  /** In the notation of `wire`, `^` before the byte that breaks a rule. */
  readonly frames: readonly string[];
  /** In the notation of `logLine`. A violation's line is added. */
  readonly log?: readonly string[];
  readonly violation?: number;
}

const { VIOLATION_RESERVED_BITS: RESERVED_BITS, VIOLATION_EXPECTED_CONTINUATION } = layout;

const VECTORS: readonly Vector[] = [
  { name: "text in one frame", frames: ["c1 05 | ff fe 80 c1 41"], log: ["1 compressed fffe80c141"] },
  { name: "binary in one frame", frames: ["c2 03 | 00 ff 41"], log: ["2 compressed 00ff41"] },
  { name: "ASCII text in one frame", frames: ["c1 02 | 'ok'"], log: ["1 compressed 6f6b"] },
  { name: "an empty message", frames: ["c1 00 |"], log: ["1 compressed "] },
  {
    name: "a message of three frames",
    frames: ["41 02 | ff c3", "00 00 |", "80 02 | 80 ff"],
    log: ["1 compressed ffc380ff"],
  },
  {
    name: "a message of an empty frame and another one",
    frames: ["42 00 |", "80 01 | ff"],
    log: ["2 compressed ff"],
  },
  {
    name: "a message around control frames, which are not compressed",
    frames: ["41 01 | c3", "89 02 | ff fe", "8a 00 |", "80 01 | c3"],
    log: ["9 fffe", "10 ", "1 compressed c3c3"],
  },
  {
    name: "a payload of 200 bytes",
    frames: ["c1 7e 00 c8 | ff*200"],
    log: [`1 compressed ${"ff".repeat(200)}`],
  },
  {
    name: "an unfinished character, which the next text does not go on with",
    frames: ["c1 02 | 41 c3", "81 02 | c3 a9", "81 01 | 'a'"],
    log: ["1 compressed 41c3", "1 c3a9", "1 61"],
  },
  {
    name: "messages that are not compressed, before, between and after",
    frames: ["81 01 | 'a'", "c1 01 | ff", "82 01 | 00", "42 01 | 01", "80 01 | 02", "81 02 | c3 a9"],
    log: ["1 61", "1 compressed ff", "2 00", "2 compressed 0102", "1 c3a9"],
  },
  {
    name: "text of a message without RSV1 is still validated",
    frames: ["c1 01 | ff", "81 02 | 'a' ^ff"],
    log: ["1 compressed ff", "1 61 unfinished"],
    violation: layout.VIOLATION_INVALID_UTF8,
  },
  {
    name: "RSV1 on a continuation of a compressed message",
    frames: ["41 01 | ff", "^c0 01 | ff"],
    log: ["1 compressed ff unfinished"],
    violation: RESERVED_BITS,
  },
  {
    name: "RSV1 on a continuation of a message that is not compressed",
    frames: ["01 01 | 'a'", "^40 01 | 'b'"],
    log: ["1 61 unfinished"],
    violation: RESERVED_BITS,
  },
  { name: "RSV1 on a continuation without a message", frames: ["^c0 00 |"], violation: RESERVED_BITS },
  { name: "RSV1 on a Close", frames: ["^c8 00 |"], violation: RESERVED_BITS },
  { name: "RSV1 on a Ping", frames: ["^c9 00 |"], violation: RESERVED_BITS },
  { name: "RSV1 on a Pong", frames: ["^ca 00 |"], violation: RESERVED_BITS },
  { name: "RSV1 on a reserved opcode", frames: ["^c3 00 |"], violation: RESERVED_BITS },
  {
    name: "RSV1 on a Ping within a compressed message",
    frames: ["42 01 | ff", "^c9 00 |"],
    log: ["2 compressed ff unfinished"],
    violation: RESERVED_BITS,
  },
  { name: "RSV2", frames: ["^a1 00 |"], violation: RESERVED_BITS },
  { name: "RSV3", frames: ["^92 00 |"], violation: RESERVED_BITS },
  { name: "RSV1 with RSV2", frames: ["^e1 00 |"], violation: RESERVED_BITS },
  { name: "RSV1 with RSV3", frames: ["^d2 00 |"], violation: RESERVED_BITS },
  {
    name: "a compressed message begun in a message",
    frames: ["42 01 | ff", "^c1 00 |"],
    log: ["2 compressed ff unfinished"],
    violation: VIOLATION_EXPECTED_CONTINUATION,
  },
];

const RULES = { maxMessageBytes: 1000, maxFragments: 10, rsv1: true };

describe.each(["simd", "scalar", "js"] as const)("RSV1 on the %s kernel", (name) => {
  const kernel = loadKernel(name);

  describe.each(["server", "client"] as const)("as a %s", (role) => {
    const fromServer = role === "client";

    it.each(VECTORS)("$name", ({ frames, log = [], violation }) => {
      const { bytes, marked } = wire(frames, keyFor(role));
      const expected = violation === undefined ? log : [...log, `violation ${violation} at ${marked}`];
      const rules = { ...RULES, fromServer };
      const reference = referenceDecode(bytes, rules);
      for (const cuts of [[], byteByByte(bytes.length), ...everyCut(bytes.length)]) {
        const found = drive(kernel, bytes, [0, ...cuts, bytes.length], rules, reference.frames);
        if (found.log.join() !== expected.join())
          expect({ cuts, log: found.log }).toEqual({ cuts, log: expected });
      }
    });

    function expectLog(bytes: Uint8Array, rules: DecodeRules, expected: readonly string[]): void {
      const { frames } = referenceDecode(bytes, rules);
      for (const cuts of [[], byteByByte(bytes.length), ...everyCut(bytes.length)]) {
        const { log } = drive(kernel, bytes, [0, ...cuts, bytes.length], rules, frames);
        expect(log, `cut at ${cuts}`).toEqual(expected);
      }
    }

    it("is a violation without the flag", () => {
      for (const first of ["c1", "c2", "41", "42"]) {
        const { bytes } = wire([`81 01 | 'a'`, `^${first} 01 | 'b'`], keyFor(role));
        const rules = { ...RULES, fromServer, rsv1: false };
        const { frames } = referenceDecode(bytes, rules);
        const { log } = drive(kernel, bytes, [0, bytes.length], rules, frames);
        const offset = fromServer ? 3 : 7;
        expect(log).toEqual(["1 61", `violation ${RESERVED_BITS} at ${offset}`]);
      }
    });

    const tooLong = layout.VIOLATION_MESSAGE_TOO_LONG;

    it.each([
      ["of three bytes", ["41 02 | ff ff", "80 ^02 | ff ff"], ["1 compressed ffff unfinished"], 4],
      ["over 125 bytes", ["c1 7e ^00 7e |"], [], 126],
      [
        "of which a frame without RSV1 is a part",
        ["42 03 | 00*3", "00 ^01 |"],
        ["2 compressed 000000 unfinished"],
        4,
      ],
      ["behind one that is not compressed", ["82 05 | 00*5", "c2 ^04 |"], ["2 0000000000"], 4],
    ])("a compressed message has a limit of its own: one %s", (_, parts, log, actual) => {
      const { bytes, marked } = wire(parts, keyFor(role));
      const rules = { ...RULES, fromServer, maxCompressedBytes: 3 };
      expectLog(bytes, rules, [...log, `violation ${tooLong} at ${marked}, ${actual}`]);
    });

    it.each([
      ["of one frame", ["82 ^06 |"], [], 6],
      ["of a frame over 125 bytes", ["82 7e ^00 7e |"], [], 126],
      ["of two frames", ["02 05 | 00*5", "80 ^01 |"], ["2 0000000000 unfinished"], 6],
      ["behind one that is compressed", ["c2 08 | 00*8", "82 ^06 |"], ["2 compressed 0000000000000000"], 6],
    ])(
      "a message without RSV1 fails by its header at the limit of a message: one %s",
      (_, parts, log, actual) => {
        const { bytes, marked } = wire(parts, keyFor(role));
        const rules = { ...RULES, fromServer, maxMessageBytes: 5, maxCompressedBytes: 69 };
        expectLog(bytes, rules, [...log, `violation ${tooLong} at ${marked}, ${actual}`]);
      },
    );
  });
});
