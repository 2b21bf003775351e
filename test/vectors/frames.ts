// What must come of which bytes. One entry for each rule, named after it and its section of RFC 6455.
import type { FailureCode, Limits, Role } from "../../src/index.js";
import { hex, toHex } from "../support/hex.js";
import { bytesLine } from "../support/run.js";

export interface FrameVector {
  /** The rule that this shows. */
  readonly name: string;
  readonly section: string;
  /** Default: both. */
  readonly roles?: readonly Role[];
  /** The frames are on the wire as they stand here; else they are masked for a server. */
  readonly raw?: boolean;
  readonly limits?: Partial<Limits>;
  /** In the notation of `wire`: `header | payload`, `^` before the byte that breaks the rule. */
  readonly frames: readonly string[];
  /** In the words of `run`, without the close event of a failure. */
  readonly events?: readonly string[];
  /** Frames that go out, unmasked, without the Close frame of a failure. */
  readonly replies?: readonly string[];
  readonly failure?: { readonly code: FailureCode; readonly closeCode: number; readonly section: string };
}

const protocolError = (code: FailureCode, section: string) => ({ code, closeCode: 1002, section });
const tooLong = { code: "MESSAGE_TOO_LONG", closeCode: 1009, section: "10.4" } as const;
const notUtf8 = { code: "INVALID_UTF8", closeCode: 1007, section: "8.1" } as const;
const times = (count: number, text: string) => Array.from({ length: count }, () => text).join(" ");
/** The name of the one that knows that nothing of the output was taken. */
export const OVER_1_KIB = "of Pings whose Pongs are over 1 KiB and not read, only the newest is answered";

/** One byte of each of ten messages. */
const TEN = Array.from({ length: 10 }, (_, i) => `0${i}`);
const hello = ['text "Hello"'];

const EXAMPLES: readonly FrameVector[] = [
  {
    name: "a single-frame unmasked text message",
    section: "5.7",
    roles: ["client"],
    raw: true,
    frames: ["81 05 48 65 6c 6c 6f"],
    events: hello,
  },
  {
    name: "a single-frame masked text message",
    section: "5.7",
    roles: ["server"],
    raw: true,
    frames: ["81 85 37 fa 21 3d 7f 9f 4d 51 58"],
    events: hello,
  },
  {
    name: "a fragmented unmasked text message",
    section: "5.7",
    roles: ["client"],
    raw: true,
    frames: ["01 03 48 65 6c", "80 02 6c 6f"],
    events: hello,
  },
  {
    name: "an unmasked Ping and its masked Pong",
    section: "5.7",
    roles: ["client"],
    raw: true,
    frames: ["89 05 48 65 6c 6c 6f"],
    events: ["ping 48 65 6c 6c 6f"],
    replies: ["8a 05 | 48 65 6c 6c 6f"],
  },
  {
    name: "a masked Pong",
    section: "5.7",
    roles: ["server"],
    raw: true,
    frames: ["8a 85 37 fa 21 3d 7f 9f 4d 51 58"],
    events: ["pong 48 65 6c 6c 6f"],
  },
  {
    name: "256 bytes of binary in a single unmasked frame",
    section: "5.7",
    roles: ["client"],
    raw: true,
    frames: ["82 7e 01 00 b7*256"],
    events: [`binary ${times(256, "b7")}`],
  },
  {
    name: "64 KiB of binary in a single unmasked frame",
    section: "5.7",
    roles: ["client"],
    raw: true,
    frames: ["82 7f 00 00 00 00 00 01 00 00 b7*65536"],
    events: [bytesLine("binary", hex("b7*65536"))],
  },
];

const KNOWN_OPCODES = [0, 1, 2, 8, 9, 10];

/** Section 5.2: each of the 128 combinations of RSV1-3 and opcode, with FIN set. */
const FIRST_BYTES: readonly FrameVector[] = Array.from({ length: 128 }, (_, low): FrameVector => {
  const first = (0x80 | low).toString(16);
  const opcode = low & 0x0f;
  const name = `first byte ${first}: RSV ${(low >> 4).toString(2).padStart(3, "0")}, opcode ${opcode.toString(16)}`;
  const bad = (failure: FrameVector["failure"] & object): FrameVector => ({
    name,
    section: failure.section,
    frames: [`^${first} 00 |`],
    failure,
  });
  if (low >= 0x10) return bad(protocolError("RESERVED_BITS", "5.2"));
  if (!KNOWN_OPCODES.includes(opcode)) return bad(protocolError("RESERVED_OPCODE", "5.2"));
  if (opcode === 0) return bad(protocolError("UNEXPECTED_CONTINUATION", "5.4"));
  const good = { name, section: "5.2", frames: [`${first} 00 |`] };
  if (opcode === 1) return { ...good, events: ['text ""'] };
  if (opcode === 2) return { ...good, events: ["binary"] };
  if (opcode === 8) return { ...good, events: ['close 1005 "" clean'], replies: ["88 00 |"] };
  if (opcode === 9) return { ...good, events: ["ping"], replies: ["8a 00 |"] };
  return { ...good, events: ["pong"] };
});

const HEADERS: readonly FrameVector[] = [
  {
    name: "the first byte alone fails, before the length arrives",
    section: "5.2",
    frames: ["^c1"],
    failure: protocolError("RESERVED_BITS", "5.2"),
  },
  {
    name: "a reserved opcode fails before its length is looked at",
    section: "5.2",
    frames: ["^83 7f ff ff ff ff ff ff ff ff |"],
    failure: protocolError("RESERVED_OPCODE", "5.2"),
  },
  {
    name: "a reserved control opcode fails as one, whatever its FIN and length",
    section: "5.2",
    frames: ["^0b 7f ff ff ff ff ff ff ff ff |"],
    failure: protocolError("RESERVED_OPCODE", "5.2"),
  },
  {
    name: "RSV bits of a continuation inside of a message",
    section: "5.2",
    frames: ["01 01 | 'a'", "^c0 01 | 'b'"],
    failure: protocolError("RESERVED_BITS", "5.2"),
  },
  ...([0, 1, 125] as const).map(
    (length): FrameVector => ({
      name: `a length of ${length} in 16 bits is not the shortest form`,
      section: "5.2",
      frames: [`82 7e ^00 ${length.toString(16).padStart(2, "0")} | 00*${length}`],
      failure: protocolError("LENGTH_NOT_MINIMAL", "5.2"),
    }),
  ),
  ...(["00 00", "00 7d", "00 7e", "ff ff"] as const).map(
    (low): FrameVector => ({
      name: `a length of ${low} in 64 bits is not the shortest form`,
      section: "5.2",
      frames: [`82 7f ^00 00 00 00 00 00 ${low} |`],
      failure: protocolError("LENGTH_NOT_MINIMAL", "5.2"),
    }),
  ),
  ...(["80 00 00 00 00 00 00 00", "80 00 00 00 00 00 00 01", "ff ff ff ff ff ff ff ff"] as const).map(
    (length): FrameVector => ({
      name: `a length of ${length}: the top bit must be 0`,
      section: "5.2",
      frames: [`82 7f ^${length}`],
      failure: protocolError("LENGTH_TOP_BIT", "5.2"),
    }),
  ),
  ...(["00 20 00 00 00 00 00 00", "00 20 00 00 00 00 00 01", "7f ff ff ff ff ff ff ff"] as const).map(
    (length): FrameVector => ({
      name: `a length of ${length}: over 2^53 - 1, with no limit set`,
      section: "10.4",
      limits: { maxMessageBytes: Number.POSITIVE_INFINITY },
      frames: [`82 7f ^${length}`],
      failure: tooLong,
    }),
  ),
  ...(
    [
      "00 00 00 00 7f ff ff ff",
      "00 00 00 00 80 00 00 00",
      "00 00 00 00 ff ff ff ff",
      "00 00 00 01 00 00 00 00",
      "00 1f ff ff ff ff ff ff",
    ] as const
  ).map(
    (length): FrameVector => ({
      name: `a length of ${length} is within no limit, and the message is awaited`,
      section: "5.2",
      limits: { maxMessageBytes: Number.POSITIVE_INFINITY },
      frames: [`82 7f ${length} | 01 02`],
    }),
  ),
  ...(
    [
      "00 00 00 00 7f ff ff ff",
      "00 00 00 00 ff ff ff ff",
      "00 00 00 01 00 00 00 01",
      "00 1f ff ff ff ff ff ff",
    ] as const
  ).map(
    (length): FrameVector => ({
      name: `a length of ${length} is over the default limit`,
      section: "10.4",
      frames: [`82 7f ^${length}`],
      failure: tooLong,
    }),
  ),
  {
    name: "a frame of the limit's length",
    section: "10.4",
    limits: { maxMessageBytes: 5 },
    frames: ["81 05 | 'Hello'"],
    events: hello,
  },
  {
    name: "a frame over the limit, from the header alone",
    section: "10.4",
    limits: { maxMessageBytes: 4 },
    frames: ["81 ^05"],
    failure: tooLong,
  },
  {
    name: "a frame over the limit in the 16-bit form",
    section: "10.4",
    limits: { maxMessageBytes: 200 },
    frames: ["82 7e ^00 c9"],
    failure: tooLong,
  },
  {
    name: "the limit is the message's, not the frame's",
    section: "10.4",
    limits: { maxMessageBytes: 4 },
    frames: ["01 03 | 'Hel'", "80 ^02 | 'lo'"],
    failure: tooLong,
  },
  {
    name: "the limit of one message does not count the last one, nor the controls in it",
    section: "10.4",
    limits: { maxMessageBytes: 5 },
    frames: ["01 03 | 'Hel'", "89 04 | 'ping'", "80 02 | 'lo'", "82 05 | 01 02 03 04 05"],
    events: ["ping 70 69 6e 67", ...hello, "binary 01 02 03 04 05"],
    replies: ["8a 04 | 'ping'"],
  },
  {
    name: "a limit of 0 lets empty messages through",
    section: "10.4",
    limits: { maxMessageBytes: 0 },
    frames: ["82 00 |", "82 ^01"],
    events: ["binary"],
    failure: tooLong,
  },
];

const CONTROL: readonly FrameVector[] = [
  ...(["08", "09", "0a"] as const).map(
    (first): FrameVector => ({
      name: `control frame ${first} without FIN`,
      section: "5.5",
      frames: [`^${first} 00 |`],
      failure: protocolError("CONTROL_FRAGMENTED", "5.5"),
    }),
  ),
  ...(["88", "89", "8a"] as const).flatMap((first): FrameVector[] => [
    {
      name: `control frame ${first} over 125 bytes`,
      section: "5.5",
      frames: [`${first} ^7e 00 7e | 00*126`],
      failure: protocolError("CONTROL_TOO_LONG", "5.5"),
    },
    {
      name: `control frame ${first} over 125 bytes in 64 bits`,
      section: "5.5",
      frames: [`${first} ^7f 00 00 00 00 00 00 00 7e`],
      failure: protocolError("CONTROL_TOO_LONG", "5.5"),
    },
    {
      name: `control frame ${first} with a short length in 16 bits`,
      section: "5.5",
      frames: [`${first} ^7e 00 02 | 03 e8`],
      failure: protocolError("CONTROL_TOO_LONG", "5.5"),
    },
  ]),
  {
    name: "a Ping of 125 bytes is answered whole",
    section: "5.5.2",
    frames: ["89 7d | c3*125"],
    events: [`ping ${times(125, "c3")}`],
    replies: ["8a 7d | c3*125"],
  },
  {
    name: "control frames between fragments are handled at once",
    section: "5.4",
    frames: ["01 03 | 'Hel'", "8a 01 | 02", "89 01 | 01", "80 02 | 'lo'"],
    events: ["pong 02", "ping 01", ...hello],
    replies: ["8a 01 | 01"],
  },
  {
    name: "each Ping is answered, in order",
    section: "5.5.3",
    frames: ["89 01 | 01", "89 00 |", "89 03 | 'abc'"],
    events: ["ping 01", "ping", "ping 61 62 63"],
    replies: ["8a 01 | 01", "8a 00 |", "8a 03 | 'abc'"],
  },
  {
    name: OVER_1_KIB,
    section: "5.5.3",
    frames: TEN.map((byte) => `89 7a | ${byte}*122`),
    events: TEN.map((byte) => `ping ${times(122, byte)}`),
    // With a masking key, eight of them are 1,024 bytes.
    replies: TEN.filter((_, i) => i < 8 || i === 9).map((byte) => `8a 7a | ${byte}*122`),
  },
  {
    name: "a Ping before a Close is answered before it",
    section: "5.5.2",
    frames: ["89 01 | 01", "88 02 | 03 e8"],
    events: ["ping 01", 'close 1000 "" clean'],
    replies: ["8a 01 | 01", "88 02 | 03 e8"],
  },
  {
    name: "a Ping before a violation is answered before the Close",
    section: "5.5.2",
    frames: ["89 01 | 01", "^83 00 |"],
    events: ["ping 01"],
    replies: ["8a 01 | 01"],
    failure: protocolError("RESERVED_OPCODE", "5.2"),
  },
];

const FRAGMENTS: readonly FrameVector[] = [
  {
    name: "a continuation with no message open",
    section: "5.4",
    frames: ["^00 01 | 'a'"],
    failure: protocolError("UNEXPECTED_CONTINUATION", "5.4"),
  },
  {
    name: "a continuation after a message has ended",
    section: "5.4",
    frames: ["01 03 | 'Hel'", "80 02 | 'lo'", "^80 01 | 'x'"],
    events: hello,
    failure: protocolError("UNEXPECTED_CONTINUATION", "5.4"),
  },
  ...(["01", "02", "81", "82"] as const).map(
    (first): FrameVector => ({
      name: `a new message, ${first}, inside of an open one`,
      section: "5.4",
      frames: ["01 03 | 'Hel'", `^${first} 02 | 'lo'`],
      failure: protocolError("EXPECTED_CONTINUATION", "5.4"),
    }),
  ),
  {
    name: "fragments with no payload",
    section: "5.4",
    frames: ["02 00 |", "00 00 |", "00 02 | 01 02", "00 00 |", "80 00 |"],
    events: ["binary 01 02"],
  },
  {
    name: "a message of empty fragments only",
    section: "5.4",
    frames: ["01 00 |", "00 00 |", "80 00 |", "82 01 | 07"],
    events: ['text ""', "binary 07"],
  },
  {
    name: "as many fragments as the limit",
    section: "10.4",
    limits: { maxFragments: 3 },
    frames: ["02 01 | 01", "00 00 |", "89 00 |", "80 01 | 02", "02 00 |", "00 00 |", "80 00 |"],
    events: ["ping", "binary 01 02", "binary"],
    replies: ["8a 00 |"],
  },
  {
    name: "more fragments than the limit",
    section: "10.4",
    limits: { maxFragments: 2 },
    frames: ["02 00 |", "00 00 |", "^80 00 |"],
    failure: { code: "TOO_MANY_FRAGMENTS", closeCode: 1008, section: "10.4" },
  },
];

const MASKING: readonly FrameVector[] = [
  {
    name: "an unmasked frame to a server",
    section: "5.1",
    roles: ["server"],
    raw: true,
    frames: ["81 ^05 | 'Hello'"],
    failure: protocolError("NOT_MASKED", "5.1"),
  },
  {
    name: "a masked frame to a client",
    section: "5.1",
    roles: ["client"],
    raw: true,
    frames: ["81 ^85 37 fa 21 3d 7f 9f 4d 51 58"],
    failure: protocolError("MASKED", "5.1"),
  },
  {
    name: "an unmasked control frame to a server",
    section: "5.1",
    roles: ["server"],
    raw: true,
    frames: ["89 ^00"],
    failure: protocolError("NOT_MASKED", "5.1"),
  },
  {
    name: "a masked Close to a client",
    section: "5.1",
    roles: ["client"],
    raw: true,
    frames: ["88 ^80 00 00 00 00"],
    failure: protocolError("MASKED", "5.1"),
  },
  {
    name: "each frame has a key of its own, 0 among them",
    section: "5.3",
    roles: ["server"],
    raw: true,
    frames: ["01 83 37 fa 21 3d 7f 9f 4d", "00 81 00 00 00 00 'l'", "80 81 ff ff ff ff 90"],
    events: hello,
  },
];

/** Rule, payload: `^` before the first byte that no valid text has there. */
const BAD_TEXT: readonly (readonly [string, string])[] = [
  ["a continuation byte first", "^80"],
  ["two continuation bytes", "'a' ^bf bf"],
  ["overlong 2 bytes, C0", "^c0 80"],
  ["overlong 2 bytes, C1", "^c1 bf"],
  ["overlong 3 bytes", "e0 ^9f bf"],
  ["overlong 4 bytes", "f0 ^8f bf bf"],
  ["the first surrogate", "ed ^a0 80"],
  ["the last surrogate", "ed ^bf bf"],
  ["a surrogate pair", "ed ^a0 81 ed b0 80"],
  ["above U+10FFFF", "f4 ^90 80 80"],
  ["F5", "^f5 80 80 80"],
  ["FE", "^fe"],
  ["FF", "^ff"],
  ["a lead byte in place of a continuation", "e2 82 ^e2"],
  ["ASCII in place of a continuation", "c3 ^28"],
  ["ASCII in place of the last continuation", "f0 9f 92 ^'a'"],
  [
    "a bad byte behind a long run of ASCII",
    "'0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef' ^ff",
  ],
  ["a surrogate inside of mixed text", "ce ba e1 bd b9 cf 83 ce bc ce b5 ed ^a0 80 'edited'"],
];

/** Sequences that want more bytes. */
const CUT_CHARACTERS = ["c2", "df", "e0 a0", "ef bf", "f0 90 80", "f4 8f bf", "'abc' e2 82"];

/** The 7-bit length of a payload. */
const lengthOf = (payload: string) => toHex(Uint8Array.of(hex(payload).length));

const TEXT: readonly FrameVector[] = [
  ...BAD_TEXT.flatMap(([rule, payload]): FrameVector[] => [
    {
      name: `text with ${rule}`,
      section: "8.1",
      frames: [`81 ${lengthOf(payload)} | ${payload}`],
      failure: notUtf8,
    },
    {
      name: `text with ${rule}, before the rest of its frame arrives`,
      section: "8.1",
      frames: ["01 02 | 'ok'", `00 7e 01 00 | ${payload}`],
      failure: notUtf8,
    },
  ]),
  ...CUT_CHARACTERS.flatMap((payload): FrameVector[] => [
    {
      name: `text that ends in ${payload}, at FIN`,
      section: "8.1",
      frames: [`81 ${lengthOf(payload)} | ${payload}`, "^89 00 |"],
      failure: notUtf8,
    },
    {
      name: `text that ends in ${payload}, at FIN of an empty fragment`,
      section: "8.1",
      frames: [`01 ${lengthOf(payload)} | ${payload}`, "80 00 |", "^89 00 |"],
      failure: notUtf8,
    },
  ]),
  {
    name: "text of 1, 2, 3 and 4 bytes, first and last of each",
    section: "8.1",
    frames: ["81 14 | 00 7f c2 80 df bf e0 a0 80 ef bf bf f0 90 80 80 f4 8f bf bf"],
    events: [`text ${JSON.stringify("\u0000\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}")}`],
  },
  {
    name: "the characters on both sides of the surrogates",
    section: "8.1",
    frames: ["81 06 | ed 9f bf ee 80 80"],
    events: ['text "\ud7ff\ue000"'],
  },
  {
    name: "a byte order mark is text like any other",
    section: "8.1",
    frames: ["81 04 | ef bb bf 'a'"],
    events: ['text "\ufeffa"'],
  },
  {
    name: "characters cut between fragments, with a Ping in between",
    section: "8.1",
    frames: ["01 01 | f0", "00 00 |", "00 02 | 9f 92", "89 01 | ff", "80 03 | 96 c3 a9"],
    events: ["ping ff", 'text "💖é"'],
    replies: ["8a 01 | ff"],
  },
  {
    name: "a bad byte in a later fragment",
    section: "8.1",
    frames: ["01 02 | e2 82", "00 00 |", "80 03 | ac ^ff 'a'"],
    failure: notUtf8,
  },
  {
    name: "a bad continuation at the start of a later fragment",
    section: "8.1",
    frames: ["01 02 | 'a' ed", "80 02 | ^a0 80"],
    failure: notUtf8,
  },
  {
    name: "an open character does not reach into the next message",
    section: "8.1",
    frames: ["81 03 | e2 82 ac", "81 01 | 'a'", "82 02 | e2 82", "81 01 | 'b'"],
    events: ['text "€"', 'text "a"', "binary e2 82", 'text "b"'],
  },
  {
    name: "binary is not validated",
    section: "5.6",
    frames: ["82 04 | ff c0 ed a0", "02 01 | ff", "80 01 | fe"],
    events: ["binary ff c0 ed a0", "binary ff fe"],
  },
  {
    name: "nor are Ping and Pong inside of text",
    section: "5.5.2",
    frames: ["01 01 | e2", "89 02 | c0 ff", "8a 01 | 80", "80 02 | 82 ac"],
    events: ["ping c0 ff", "pong 80", 'text "€"'],
    replies: ["8a 02 | c0 ff"],
  },
  {
    name: "a header's error wins over its payload's",
    section: "5.2",
    frames: ["^c1 02 | ff ff"],
    failure: protocolError("RESERVED_BITS", "5.2"),
  },
];

const CLOSE: readonly FrameVector[] = [
  {
    name: "a Close with no body is answered with one",
    section: "7.1.5",
    frames: ["88 00 |"],
    events: ['close 1005 "" clean'],
    replies: ["88 00 |"],
  },
  {
    name: "a Close with a 1-byte body",
    section: "5.5.1",
    frames: ["88 ^01 | 03"],
    failure: protocolError("CLOSE_LENGTH", "5.5.1"),
  },
  {
    name: "a Close's code is echoed, its reason is reported",
    section: "5.5.1",
    frames: ["88 05 | 03 e8 'bye'"],
    events: ['close 1000 "bye" clean'],
    replies: ["88 02 | 03 e8"],
  },
  {
    name: "a reason of 123 bytes",
    section: "5.5.1",
    frames: ["88 7d | 0f a0 61*123"],
    events: [`close 4000 "${"a".repeat(123)}" clean`],
    replies: ["88 02 | 0f a0"],
  },
  {
    name: "a reason that is not ASCII",
    section: "5.5.1",
    frames: ["88 06 | 0b b8 f0 9f 92 96"],
    events: ['close 3000 "💖" clean'],
    replies: ["88 02 | 0b b8"],
  },
  {
    name: "a reason that is not UTF-8",
    section: "8.1",
    frames: ["88 05 | 03 e8 'a' ^ff 'b'"],
    failure: { code: "CLOSE_REASON", closeCode: 1007, section: "8.1" },
  },
  {
    name: "a reason that ends inside of a character",
    section: "8.1",
    frames: ["88 05 | 03 e8 'a' e2 82", "^89 00 |"],
    failure: { code: "CLOSE_REASON", closeCode: 1007, section: "8.1" },
  },
  {
    name: "a reason with a surrogate",
    section: "8.1",
    frames: ["88 05 | 03 e8 ed ^a0 80"],
    failure: { code: "CLOSE_REASON", closeCode: 1007, section: "8.1" },
  },
  {
    name: "a bad code wins over a bad reason",
    section: "7.4",
    frames: ["88 03 | ^03 ed ff"],
    failure: protocolError("CLOSE_CODE", "7.4"),
  },
  {
    name: "a Close inside of a fragmented message drops it",
    section: "5.4",
    frames: ["01 03 | 'Hel'", "88 02 | 03 e9", "80 02 | 'lo'"],
    events: ['close 1001 "" clean'],
    replies: ["88 02 | 03 e9"],
  },
  {
    name: "what follows a Close is ignored and never answered",
    section: "5.5.1",
    frames: ["88 02 | 03 e8", "89 01 | 01", "81 01 | 'a'", "88 00 |", "ff ff"],
    events: ['close 1000 "" clean'],
    replies: ["88 02 | 03 e8"],
  },
  {
    name: "what follows a violation is ignored and never answered",
    section: "7.1.7",
    frames: ["^83 00 |", "89 01 | 01", "81 01 | 'a'", "88 00 |", "ff ff"],
    failure: protocolError("RESERVED_OPCODE", "5.2"),
  },
  {
    name: "messages before a violation are delivered",
    section: "7.1.7",
    frames: ["81 05 | 'Hello'", "82 02 | 01 02", "01 01 | 'a'", "80 01 | 'b'", "02 01 | 00", "^85 00 |"],
    events: [...hello, "binary 01 02", 'text "ab"'],
    failure: protocolError("RESERVED_OPCODE", "5.2"),
  },
];

export const FRAME_VECTORS: readonly FrameVector[] = [
  ...EXAMPLES,
  ...FIRST_BYTES,
  ...HEADERS,
  ...CONTROL,
  ...FRAGMENTS,
  ...MASKING,
  ...TEXT,
  ...CLOSE,
];
