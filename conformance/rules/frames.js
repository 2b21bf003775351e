// What RFC 6455 says of frames and of how they make up messages: sections 5.1 to 5.6 and 10.4.
import { frameTrials } from "../frame-trial.js";
import {
  binary,
  close,
  continuation,
  described,
  frame,
  hex,
  ping,
  pong,
  text,
  unfinished,
} from "../frames.js";

/**
 * @typedef {import("../frame-trial.js").FrameCase} FrameCase
 * @typedef {import("../verdict.js").Rule} Rule
 */

/**
 * @param {string} group
 * @param {string} section
 * @param {string} title
 * @param {readonly FrameCase[]} cases
 * @returns {Rule}
 */
export function frameRule(group, section, title, cases) {
  return { group, section, title, trials: cases.flatMap(frameTrials) };
}

const HELLO = described("text", "Hello");
/** @type {{ fails: number }} */
const PROTOCOL_ERROR = { fails: 1002 };
const hello = text("Hello");
const IN_ONE = /** @type {const} */ (["in one write"]);

/**
 * @param {string} name
 * @param {import("../frames.js").Frame} bad
 * @param {boolean} [must]
 * @returns {FrameCase}
 */
function failing(name, bad, must = true) {
  return { name, frames: [hello, bad], messages: [HELLO], end: PROTOCOL_ERROR, must };
}

const HEADERS = "Frame headers";

/** @type {readonly Rule[]} */
const headerRules = [
  frameRule(
    HEADERS,
    "5.2",
    "RSV1, RSV2 or RSV3 set without an extension",
    [1, 2, 3, 4, 5, 6, 7].map((rsv) => failing(`RSV ${rsv}`, text("x", { rsv }))),
  ),
  frameRule(HEADERS, "5.2", "RSV bits of a continuation and of control frames", [
    {
      name: "continuation",
      frames: [text("a", unfinished), continuation("b", { rsv: 4 })],
      end: PROTOCOL_ERROR,
    },
    failing("ping", ping("x", { rsv: 4 })),
    failing("close", frame(8, "", { rsv: 1 })),
  ]),
  frameRule(
    HEADERS,
    "5.2",
    "reserved opcodes 3-7 and B-F",
    [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => failing(`opcode ${opcode}`, frame(opcode, "x"))),
  ),
  frameRule(HEADERS, "5.2", "a reserved opcode fails before its length counts", [
    failing("2^62 bytes", frame(3, "", { form: 64, length: 1n << 62n }), false),
  ]),
  frameRule(HEADERS, "5.2", "a length that is not in its shortest form", [
    failing("5 in 16 bits", binary("12345", { form: 16 }), false),
    failing("125 in 16 bits", binary(Buffer.alloc(125), { form: 16 }), false),
    failing("5 in 64 bits", binary("12345", { form: 64 }), false),
    failing("65,535 in 64 bits", binary(Buffer.alloc(65_535), { form: 64 }), false),
  ]),
  frameRule(HEADERS, "5.2", "a 64-bit length with its top bit set", [
    failing("2^63", binary("", { form: 64, length: 1n << 63n }), false),
    failing("2^64 - 1", binary("", { form: 64, length: (1n << 64n) - 1n }), false),
  ]),
  frameRule(HEADERS, "5.1", "a frame that is masked for a client, or not for a server", [
    failing("text", text("x", { wronglyMasked: true })),
    failing("empty", text("", { wronglyMasked: true })),
    failing("ping", ping("x", { wronglyMasked: true })),
    failing("continuation", continuation("x", { wronglyMasked: true })),
  ]),
  frameRule(HEADERS, "5.2", "payloads at the edges of the length forms", [
    ...[0, 1, 124, 125, 126, 127, 65_535, 65_536].flatMap((length) => echoed(length)),
    ...[1 << 18, 1 << 20].map((length) => ({ ...echoed(length)[1], ways: IN_ONE })),
  ]),
];

/**
 * @param {number} length
 * @returns {[FrameCase, FrameCase]}
 */
function echoed(length) {
  const letters = "x".repeat(length);
  const bytes = Buffer.from(Array.from({ length }, (_, i) => i & 0xff));
  return [
    {
      name: `text of ${length}`,
      frames: [text(letters)],
      messages: [described("text", letters)],
      end: "open",
    },
    {
      name: `binary of ${length}`,
      frames: [binary(bytes)],
      messages: [described("binary", bytes)],
      end: "open",
    },
  ];
}

const FRAGMENTS = "Fragments";

/** @type {readonly Rule[]} */
const fragmentRules = [
  frameRule(FRAGMENTS, "5.4", "a message in parts", [
    { name: "two", frames: [text("Hel", unfinished), continuation("lo")], messages: [HELLO], end: "open" },
    {
      name: "of one byte each",
      frames: [
        binary("a", unfinished),
        continuation("b", unfinished),
        continuation("c", unfinished),
        continuation("d"),
      ],
      messages: [described("binary", "abcd")],
      end: "open",
    },
    {
      name: "of more than 64 KiB",
      frames: [binary(Buffer.alloc(70_000), unfinished), continuation(Buffer.alloc(70_000))],
      messages: [described("binary", Buffer.alloc(140_000))],
      end: "open",
    },
  ]),
  frameRule(FRAGMENTS, "5.4", "parts with no payload", [
    {
      name: "around one",
      frames: [text("", unfinished), continuation("Hello", unfinished), continuation("")],
      messages: [HELLO],
      end: "open",
    },
    {
      name: "only",
      frames: [binary("", unfinished), continuation("", unfinished), continuation("")],
      messages: [described("binary", "")],
      end: "open",
    },
    {
      name: "a thousand",
      frames: [
        text("He", unfinished),
        ...Array.from({ length: 1000 }, () => continuation("", unfinished)),
        continuation("llo"),
      ],
      messages: [HELLO],
      end: "open",
      ways: IN_ONE,
    },
  ]),
  frameRule(FRAGMENTS, "5.4", "control frames between parts", [
    {
      frames: [
        text("Hel", unfinished),
        ping("1"),
        pong("unasked"),
        continuation("l", unfinished),
        ping("2"),
        continuation("o"),
      ],
      messages: [HELLO],
      pongs: ["31", "32"],
      end: "open",
    },
  ]),
  frameRule(FRAGMENTS, "5.4", "a control frame between parts is handled at once", [
    { frames: [text("Hel", unfinished), close(1000)], end: { closes: 1000 } },
    {
      name: "ping",
      frames: [text("Hel", unfinished), ping("now"), close(1000)],
      pongs: ["6e6f77"],
      end: { closes: 1000 },
    },
  ]),
  frameRule(FRAGMENTS, "5.4", "a continuation with no message open", [
    failing("not final", continuation("x", unfinished)),
    failing("final", continuation("x")),
    failing("empty", continuation("")),
  ]),
  frameRule(FRAGMENTS, "5.4", "a new message inside of an open one", [
    ...[text("lo"), binary("lo"), text("lo", unfinished), binary("lo", unfinished)].map((second, i) => ({
      name: `${i}`,
      frames: [text("Hel", unfinished), second],
      end: PROTOCOL_ERROR,
    })),
  ]),
];

const CONTROL = "Control frames";

/** @type {readonly Rule[]} */
const controlRules = [
  frameRule(CONTROL, "5.5.2", "a ping is answered with its payload", [
    { name: "empty", frames: [ping()], pongs: [""], end: "open" },
    { name: "short", frames: [ping("Hello")], pongs: ["48656c6c6f"], end: "open" },
    {
      name: "binary",
      frames: [ping(hex("00 ff fe fd fc fb 00 ff"))],
      pongs: ["00fffefdfcfb00ff"],
      end: "open",
    },
    { name: "125 bytes", frames: [ping(Buffer.alloc(125, 0xc3))], pongs: ["c3".repeat(125)], end: "open" },
  ]),
  frameRule(CONTROL, "5.5.3", "of many pings at least the last is answered", [
    {
      frames: ["1", "2", "3", "4", "5"].map((each) => ping(each)),
      pongs: ["31", "32", "33", "34", "35"],
      end: "open",
    },
  ]),
  frameRule(CONTROL, "5.5.3", "an unsolicited pong is ignored", [
    { name: "empty", frames: [pong()], end: "open" },
    { name: "with a payload", frames: [pong("unasked"), hello], messages: [HELLO], end: "open" },
  ]),
  frameRule(CONTROL, "5.5", "a control frame over 125 bytes", [
    failing("close", frame(8, Buffer.concat([hex("03e8"), Buffer.alloc(124, 0x78)]))),
    failing("ping", ping(Buffer.alloc(126))),
    failing("pong", pong(Buffer.alloc(126))),
    failing("ping, 64-bit form", ping(Buffer.alloc(126), { form: 64 })),
  ]),
  frameRule(CONTROL, "5.5", "a short control frame in a longer length form", [
    failing("ping", ping("x", { form: 16 }), false),
    failing("close", frame(8, hex("03e8"), { form: 16 }), false),
  ]),
  frameRule(CONTROL, "5.5", "a control frame without FIN", [
    failing("close", frame(8, hex("03e8"), unfinished)),
    failing("ping", ping("x", unfinished)),
    failing("pong", pong("x", unfinished)),
  ]),
];

const LIMITS = "Limits";
const MANY = 140_000;

/** @type {readonly Rule[]} */
const limitRules = [
  frameRule(LIMITS, "10.4", "a payload of 2^40 bytes and more, from the header alone", [
    ...[40n, 53n, 62n].map((power) => ({
      name: `2^${power}`,
      frames: [binary("", { form: 64, length: 1n << power })],
      later: [],
      end: { fails: 1009 },
      must: false,
    })),
    {
      name: "over all parts",
      frames: [binary("a", unfinished), continuation("", { form: 64, length: (1n << 53n) - 2n })],
      later: [],
      end: { fails: 1009 },
      must: false,
    },
  ]),
  frameRule(LIMITS, "10.4", `a message of ${MANY.toLocaleString("en")} parts`, [
    {
      frames: [
        text("", unfinished),
        ...Array.from({ length: MANY }, () => continuation("", unfinished)),
        continuation(""),
      ],
      end: { fails: 1008 },
      must: false,
      ways: IN_ONE,
    },
  ]),
];

export const FRAME_RULES = [...headerRules, ...fragmentRules, ...controlRules, ...limitRules];
