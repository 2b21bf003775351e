// What RFC 6455 says of text and of how a connection ends: sections 5.5.1, 7 and 8.1.
import { close, continuation, described, frame, hex, ping, text, unfinished } from "../frames.js";
import { frameRule } from "./frames.js";

/**
 * @typedef {import("../frame-trial.js").FrameCase} FrameCase
 * @typedef {import("../verdict.js").Rule} Rule
 */

const TEXT = "Text";
/** @type {{ fails: number }} */
const INVALID = { fails: 1007 };

/** @type {readonly [name: string, bytes: string][]} */
const NOT_UTF8 = [
  ["a continuation byte alone", "80"],
  ["two of them", "bf bf"],
  ["a lead byte before ASCII", "c3 28"],
  ["a sequence of 3 cut by ASCII", "e2 28 a1"],
  ["a sequence of 4 cut by ASCII", "f0 90 28 bc"],
  ["overlong NUL, 2 bytes", "c0 80"],
  ["overlong slash, 2 bytes", "c0 af"],
  ["overlong slash, 3 bytes", "e0 80 af"],
  ["overlong slash, 4 bytes", "f0 80 80 af"],
  ["overlong, the largest of 2 bytes", "c1 bf"],
  ["overlong, the largest of 3 bytes", "e0 9f bf"],
  ["overlong, the largest of 4 bytes", "f0 8f bf bf"],
  ["the first surrogate", "ed a0 80"],
  ["the last surrogate", "ed bf bf"],
  ["a pair of surrogates", "ed a0 80 ed b0 80"],
  ["U+110000", "f4 90 80 80"],
  ["a lead byte of 5", "f8 88 80 80 80"],
  ["a lead byte of 6", "fc 84 80 80 80 80"],
  ["FE", "fe"],
  ["FF", "ff"],
  ["cut at the end, of 2", "c3"],
  ["cut at the end, of 3", "e2 82"],
  ["cut at the end, of 4", "f0 9f 98"],
  ["behind much ASCII", `${"61 ".repeat(300)}ff`],
];

const VALID = [
  "κόσμε",
  "\u0000\u007f\u0080\u07ff\u0800\ud7ff\ue000\ufffd\ufffe\uffff",
  "\u{10000}\u{10ffff}",
  "Größe 水 😀",
];
const MANY = "Größe 水 😀 ".repeat(200);

/**
 * Valid text in parts of so many bytes.
 * @param {string} whole
 * @param {number} size
 * @returns {FrameCase}
 */
function inParts(whole, size) {
  const bytes = Buffer.from(whole);
  const frames = [];
  for (let at = 0; at < bytes.length; at += size) {
    const fin = at + size >= bytes.length;
    frames.push(frame(at === 0 ? 1 : 0, bytes.subarray(at, at + size), { fin }));
  }
  return { name: `parts of ${size}`, frames, messages: [described("text", whole)], end: "open" };
}

/** @type {readonly Rule[]} */
const textRules = [
  frameRule(TEXT, "5.6", "text at the edges of UTF-8", [
    ...VALID.map((each) => ({
      name: each,
      frames: [text(each)],
      messages: [described("text", each)],
      end: /** @type {const} */ ("open"),
    })),
    { name: "long", frames: [text(MANY)], messages: [described("text", MANY)], end: "open" },
  ]),
  frameRule(TEXT, "5.6", "a byte order mark is a character like others", [
    {
      frames: [text("\ufeffBOM")],
      messages: [described("text", "\ufeffBOM")],
      end: "open",
      must: false,
    },
  ]),
  frameRule(
    TEXT,
    "8.1",
    "UTF-8 cut anywhere between parts",
    [1, 2, 3, 5].map((size) => inParts("κόσμε 水 😀!", size)),
  ),
  frameRule(
    TEXT,
    "8.1",
    "text that is not UTF-8",
    NOT_UTF8.map(([name, bytes]) => ({ name, frames: [text(hex(bytes))], end: INVALID })),
  ),
  frameRule(TEXT, "8.1", "text in parts that is not UTF-8", [
    {
      name: "bad in the last",
      frames: [text("ok", unfinished), continuation(hex("ff"))],
      end: INVALID,
    },
    {
      name: "bad by the cut",
      frames: [text(hex("c3"), unfinished), continuation("x")],
      end: INVALID,
    },
    {
      name: "cut at the end",
      frames: [text(hex("e2 82"), unfinished), continuation("")],
      end: INVALID,
    },
  ]),
  frameRule(TEXT, "8.1", "text fails at its first bad byte, before the message ends", [
    { name: "in a part", frames: [text(hex("61 ff"), unfinished)], later: [continuation("b")], end: INVALID },
    {
      name: "in a later part",
      frames: [text(hex("f0 9f"), unfinished), continuation("x", unfinished)],
      later: [continuation("b")],
      end: INVALID,
    },
  ]),
  frameRule(TEXT, "8.1", "text fails at its first bad byte, before the frame ends", [
    {
      frames: [text(Buffer.concat([hex("61 ff"), Buffer.alloc(1000, 0x62)]), { cut: 500 })],
      later: [],
      end: INVALID,
      must: false,
    },
  ]),
  frameRule(TEXT, "5.6", "binary messages may be anything", [
    ...NOT_UTF8.slice(0, 3).map(([name, bytes]) => ({
      name,
      frames: [frame(2, hex(bytes))],
      messages: [described("binary", hex(bytes))],
      end: /** @type {const} */ ("open"),
    })),
  ]),
];

const CLOSING = "Closing";
const GOOD_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const LATER_CODES = [1012, 1013, 1014];
const BAD_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
const LONGEST_REASON = `${"é".repeat(61)}x`;

/**
 * @param {number} code
 * @returns {FrameCase}
 */
const closedWith = (code) => ({ name: `${code}`, frames: [close(code, "bye")], end: { closes: code } });

/**
 * @param {string} name
 * @param {import("../frames.js").Frame} bad
 * @returns {FrameCase}
 */
const badClose = (name, bad) => ({ name, frames: [bad], end: { fails: 1002 } });

/** @type {readonly Rule[]} */
const closeRules = [
  frameRule(CLOSING, "7.4.1", "a Close with a code is answered with the code", GOOD_CODES.map(closedWith)),
  frameRule(CLOSING, "7.4.1", "codes 1012-1014, registered after the RFC", LATER_CODES.map(closedWith)),
  frameRule(CLOSING, "7.1.5", "a Close with no body is answered with one", [
    { frames: [frame(8)], end: { closes: undefined } },
  ]),
  frameRule(CLOSING, "5.5.1", "a reason of any valid text", [
    { name: "longest", frames: [close(1000, LONGEST_REASON)], end: { closes: 1000 } },
    { name: "UTF-8", frames: [close(1000, "tschüß 😀")], end: { closes: 1000 } },
  ]),
  frameRule(CLOSING, "5.5.1", "a Close with a body of 1 byte", [badClose("", frame(8, hex("03")))]),
  frameRule(
    CLOSING,
    "7.4",
    "a Close with a code that must not be on the wire",
    BAD_CODES.map((code) => badClose(`${code}`, close(code))),
  ),
  frameRule(CLOSING, "8.1", "a Close whose reason is not UTF-8", [
    { name: "FF", frames: [close(1000, hex("ff"))], end: INVALID },
    { name: "cut", frames: [close(1000, hex("e2 82"))], end: INVALID },
    { name: "surrogate", frames: [close(1000, hex("61 ed a0 80"))], end: INVALID },
  ]),
  frameRule(CLOSING, "5.5.1", "nothing behind a Close is answered", [
    { name: "text", frames: [close(1000), text("late")], end: { closes: 1000 } },
    { name: "ping", frames: [close(1000), ping("late")], end: { closes: 1000 } },
    { name: "another", frames: [close(1000), close(1001)], end: { closes: 1000 } },
    { name: "a violation", frames: [close(1000), frame(3, "late")], end: { closes: 1000 } },
  ]),
  frameRule(CLOSING, "5.5.1", "what was whole before a Close is answered before it", [
    {
      frames: [text("a"), ping("p"), text("b"), close(1001)],
      messages: [described("text", "a"), described("text", "b")],
      pongs: ["70"],
      end: { closes: 1001 },
    },
  ]),
];

export const TEXT_AND_CLOSE_RULES = [...textRules, ...closeRules];
