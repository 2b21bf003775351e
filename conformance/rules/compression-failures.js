// How an endpoint fails for what it cannot inflate: RFC 7692 sections 6 and 7.2, and limits of RFC 6455.
import { FIRST, given, HELLO, IN_ONE, INVALID_DATA, MORE, RSV1, rule, TAKEOVER } from "../deflated-cases.js";
import { binary, continuation, described, frame, hex, ping, pong, text } from "../frames.js";

/**
 * @typedef {import("../frame-trial.js").FrameCase} FrameCase
 * @typedef {import("../frames.js").Frame} Frame
 */

/** @type {FrameCase["end"]} */
const PROTOCOL_ERROR = { fails: 1002 };

/**
 * What must fail behind a message that is good.
 * @param {string} name
 * @param {readonly Frame[]} frames
 * @param {Partial<FrameCase>} [more]
 */
const failing = (name, frames, more = {}) =>
  given(name, {
    frames: [text("Hello"), ...frames],
    messages: [described("text", "Hello")],
    end: INVALID_DATA,
    ...more,
  });

const BOMB_BYTES = 256 << 20;

/** @type {readonly import("../verdict.js").Rule[]} */
export const COMPRESSION_FAILURE_RULES = [
  rule("RFC 7692, 6", "RSV bits where the extension gives them no meaning", [
    failing(
      "RSV1 of a continuation",
      [text(hex("f2 48"), FIRST), continuation(hex("cd c9 c9 07 00"), RSV1)],
      {
        end: PROTOCOL_ERROR,
      },
    ),
    failing("RSV1 of a continuation, plain", [text("a", MORE), continuation(hex(HELLO), RSV1)], {
      end: PROTOCOL_ERROR,
    }),
    failing("RSV1 of a ping", [ping("x", RSV1)], { end: PROTOCOL_ERROR }),
    failing("RSV1 of a pong", [pong("x", RSV1)], { end: PROTOCOL_ERROR }),
    failing("RSV1 of a close", [frame(8, hex("03e8"), RSV1)], { end: PROTOCOL_ERROR }),
    failing("RSV1 and a reserved opcode", [frame(3, hex(HELLO), RSV1)], { end: PROTOCOL_ERROR }),
    ...[1, 2, 3, 5, 6, 7].map((rsv) =>
      failing(`RSV ${rsv}`, [text(hex(HELLO), { rsv })], { end: PROTOCOL_ERROR }),
    ),
  ]),
  rule("RFC 7692, 7.2.2", "data that is not DEFLATE", [
    failing("a block of type 3", [binary(hex("06"), RSV1)]),
    failing("a stored block whose lengths differ", [binary(hex("00 05 00 fb ff 48 65 6c 6c 6f 00"), RSV1)]),
    failing("a distance without bytes", [binary(hex("02 00 11 00 00"), RSV1)]),
    failing("codes that are none", [binary(hex("04 ff ff ff ff ff ff ff 00"), RSV1)]),
    failing("plain text", [text("not compressed at all", RSV1)]),
  ]),
  rule("RFC 7692, 7.2.2", "a message that ends inside of a block", [
    failing("fixed codes", [binary(hex("f2 48 cd"), RSV1)], { must: false }),
    failing("stored", [binary(hex("00 05 00 fa ff 48 65"), RSV1)], { must: false }),
    failing("in its last part", [binary(hex("f2 48"), FIRST), continuation("")], { must: false }),
  ]),
  rule("8.1", "compressed text that is not UTF-8", [
    failing("bad", [text(hex("00 02 00 fd ff 61 ff 00"), RSV1)]),
    failing("cut", [text(hex("00 02 00 fd ff e2 82 00"), RSV1)]),
    failing("a surrogate", [text(hex("00 03 00 fc ff ed a0 80 00"), RSV1)]),
    failing("in parts", [text(hex("00 02 00 fd ff 61"), FIRST), continuation(hex("ff 00"))]),
  ]),
  rule("8.1", "compressed text fails at its first bad byte, before the message ends", [
    failing("bad", [text(hex("00 02 00 fd ff 61 ff 00"), FIRST)], { later: [continuation("")], must: false }),
  ]),
  rule("10.4", `a message of few bytes that inflates to ${BOMB_BYTES >> 20} MiB`, [
    {
      name: "zeros",
      wish: TAKEOVER,
      ways: IN_ONE,
      alone: true,
      make: (deflater) => ({
        frames: [binary(deflater.message(Buffer.alloc(BOMB_BYTES)), RSV1)],
        end: { fails: 1009 },
        must: false,
      }),
    },
  ]),
];
