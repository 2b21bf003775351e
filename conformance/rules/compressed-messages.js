// What RFC 7692 says of compressed messages, and of what they may refer to: sections 6, 7.1 and 7.2.
import { constants } from "node:zlib";
import {
  echoed,
  FIRST,
  FRESH,
  given,
  HELLO,
  IN_ONE,
  INVALID_DATA,
  MORE,
  noise,
  prose,
  RSV1,
  readAs,
  rule,
  SMALL,
  TAKEOVER,
} from "../deflated-cases.js";
import { binary, close, continuation, described, hex, ping, pong, text } from "../frames.js";

/**
 * @typedef {import("../frame-trial.js").DeflatedCase} DeflatedCase
 * @typedef {import("../verdict.js").Rule} Rule
 */

const EDGES = [0, 1, 125, 126, 65_535, 65_536];
const LONG = prose(1 << 18);

/** @type {readonly Rule[]} */
const messageRules = [
  rule("RFC 7692, 7.2.3", "the examples of the RFC", [
    readAs("one block", HELLO, "Hello"),
    readAs("no compression", "00 05 00 fa ff 48 65 6c 6c 6f 00", "Hello"),
    readAs("two blocks", "f2 48 05 00 00 00 ff ff ca c9 c9 07 00", "Hello"),
    readAs("an empty message", "00", ""),
    given("two frames", {
      frames: [text(hex("f2 48 cd"), FIRST), continuation(hex("c9 c9 07 00"))],
      messages: [described("text", "Hello")],
      end: "open",
    }),
    {
      name: "the window of the first",
      wish: TAKEOVER,
      make: ({ takesOver }) =>
        takesOver
          ? {
              frames: [text(hex(HELLO), RSV1), text(hex("f2 00 11 00 00"), RSV1)],
              messages: [described("text", "Hello"), described("text", "Hello")],
              end: "open",
            }
          : undefined,
    },
  ]),
  rule("RFC 7692, 7.2.3.4", "a block with BFINAL", [
    readAs("and the first byte of an empty one", "f3 48 cd c9 c9 07 00 00", "Hello"),
    given("twice", {
      frames: [0, 1].map(() => text(hex("f3 48 cd c9 c9 07 00 00"), RSV1)),
      messages: [described("text", "Hello"), described("text", "Hello")],
      end: "open",
    }),
  ]),
  rule("RFC 7692, 7.2.1", "blocks of each type, and of all levels of zlib", [
    ...[0, 1, 6, 9].map((level) => echoed(`level ${level}`, [prose(3000), prose(70_000)], { level })),
    echoed("fixed codes", [prose(3000)], { strategy: constants.Z_FIXED }),
    echoed("codes only", [prose(3000)], { strategy: constants.Z_HUFFMAN_ONLY }),
    echoed("runs", ["x".repeat(60_000)], { strategy: constants.Z_RLE }),
  ]),
  rule("RFC 7692, 7.2.2", "messages of many lengths", [
    ...EDGES.map((length) => echoed(`${length} bytes`, ["a".repeat(length), noise(length)])),
    echoed("256 KiB", [LONG], {}, { wish: TAKEOVER, ways: IN_ONE }),
  ]),
  rule("RFC 7692, 7.2.2", "an empty payload with RSV1 is an empty message", [
    given("text", { frames: [text("", RSV1)], messages: [described("text", "")], end: "open", must: false }),
  ]),
  rule("RFC 7692, 6", "compressed messages among others", [
    {
      name: "mixed",
      wish: TAKEOVER,
      make: (deflater) => ({
        frames: [
          text(deflater.message(prose(500)), RSV1),
          text("plain"),
          binary(deflater.message(prose(500)), RSV1),
          text("pl", MORE),
          continuation("ain"),
          text(deflater.message("plain, and not"), RSV1),
        ],
        messages: [
          described("text", prose(500)),
          described("text", "plain"),
          described("binary", prose(500)),
          described("text", "plain"),
          described("text", "plain, and not"),
        ],
        end: "open",
      }),
    },
  ]),
  rule("RFC 7692, 6.1", "a compressed message in parts, cut anywhere", [
    ...[1, 2, 100].map((size) => inParts(`of ${size} bytes`, size)),
    {
      name: "some without payload",
      wish: TAKEOVER,
      make: (deflater) => {
        const payload = deflater.message(prose(300));
        const parts = [payload.subarray(0, 40), Buffer.alloc(0), payload.subarray(40), Buffer.alloc(0)];
        return {
          frames: [text("", FIRST), ...parts.map((part, i) => continuation(part, { fin: i === 3 }))],
          messages: [described("text", prose(300))],
          end: "open",
        };
      },
    },
  ]),
  rule("RFC 7692, 6.1", "control frames between the parts of a compressed message", [
    given("pings and a pong", {
      frames: [
        text(hex("f2 48"), FIRST),
        ping("1"),
        continuation(hex("cd c9 c9"), MORE),
        pong("unasked"),
        ping("2"),
        continuation(hex("07 00")),
      ],
      messages: [described("text", "Hello")],
      pongs: ["31", "32"],
      end: "open",
    }),
    given("a close", { frames: [text(hex("f2 48"), FIRST), close(1000)], end: { closes: 1000 } }),
  ]),
];

/**
 * @param {string} name
 * @param {number} size
 * @returns {DeflatedCase}
 */
function inParts(name, size) {
  return {
    name,
    wish: TAKEOVER,
    ways: ["in one write", "byte by byte"],
    make: (deflater) => {
      const payload = deflater.message(prose(1200));
      const frames = Array.from({ length: Math.ceil(payload.length / size) }, (_, i) => {
        const part = payload.subarray(i * size, (i + 1) * size);
        const fin = (i + 1) * size >= payload.length;
        return i === 0 ? text(part, { fin, rsv: 4 }) : continuation(part, { fin });
      });
      return { frames, messages: [described("text", prose(1200))], end: "open" };
    },
  };
}

/** As long as two of the windows that SMALL agrees on, so that the second of two alike lies beyond. */
const BEYOND_SMALL = noise(700);

/** @type {readonly Rule[]} */
const contextRules = [
  rule("RFC 7692, 7.1.1", "messages that refer to those before, through a window that moves on", [
    echoed("again", [prose(2000), prose(2000), noise(3000), prose(2000), noise(3000)]),
    echoed(
      "over 64 KiB",
      Array.from({ length: 30 }, (_, i) => noise(3000, i % 2) + prose(100 * i)),
    ),
  ]),
  rule("RFC 7692, 7.1.1", "no_context_takeover is obeyed", [
    echoed("both sides", [prose(900), prose(900), noise(900), noise(900), prose(900)], {}, { wish: FRESH }),
  ]),
  rule("RFC 7692, 7.1.2", "a smaller window is obeyed", [
    echoed(
      "512 bytes",
      [BEYOND_SMALL, BEYOND_SMALL, prose(4000), BEYOND_SMALL + BEYOND_SMALL],
      {},
      { wish: SMALL },
    ),
  ]),
  rule("RFC 7692, 7.1.2", "a message that refers to bytes beyond the window", [
    {
      name: "512 bytes",
      wish: SMALL,
      make: (deflater) =>
        deflater.bits > 12
          ? undefined
          : {
              frames: [text(deflater.message(noise(5000) + noise(5000), { windowBits: 15 }), RSV1)],
              end: INVALID_DATA,
              must: false,
            },
    },
  ]),
  rule("RFC 7692, 7.1.1", "a message that refers to one before, in spite of no_context_takeover", [
    {
      name: "again",
      wish: FRESH,
      make: () => ({
        frames: [text(hex(HELLO), RSV1), text(hex("f2 00 11 00 00"), RSV1)],
        messages: [described("text", "Hello")],
        end: INVALID_DATA,
        must: false,
      }),
    },
  ]),
];

export const COMPRESSED_MESSAGE_RULES = [...messageRules, ...contextRules];
