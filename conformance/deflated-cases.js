// What the rules of compressed messages are put together from.
import { deflatedTrials } from "./frame-trial.js";
import { binary, described, hex, text } from "./frames.js";

/**
 * @typedef {import("./frame-trial.js").DeflatedCase} DeflatedCase
 * @typedef {import("./frame-trial.js").FrameCase} FrameCase
 * @typedef {import("./verdict.js").Rule} Rule
 */

const GROUP = "Compressed messages";
export const TAKEOVER = { offer: "client_max_window_bits", answer: "" };
export const FRESH = {
  offer: "server_no_context_takeover; client_no_context_takeover",
  answer: "server_no_context_takeover; client_no_context_takeover",
};
export const SMALL = {
  offer: "server_max_window_bits=9; client_max_window_bits=9",
  answer: "server_max_window_bits=9; client_max_window_bits=9",
};
export const RSV1 = { rsv: 4 };
export const FIRST = { rsv: 4, fin: false };
export const MORE = { fin: false };
export const IN_ONE = /** @type {const} */ (["in one write"]);
/** "Hello" in one block. */
export const HELLO = "f2 48 cd c9 c9 07 00";
export const INVALID_DATA = { fails: 1007 };

/** Bytes that nothing compresses, the same in each run, as text. @param {number} length @param {number} seed */
export function noise(length, seed = 1) {
  let state = seed;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return String.fromCharCode(33 + ((state >> 16) % 90));
  }).join("");
}

/** Text that repeats itself. @param {number} length */
export const prose = (length) =>
  Array.from({ length: Math.ceil(length / 16) }, (_, i) => `{"größe":${i % 97},"x":${i}},`)
    .join("")
    .slice(0, length);

/**
 * @param {string} section
 * @param {string} title
 * @param {readonly DeflatedCase[]} cases
 * @returns {Rule}
 */
export const rule = (section, title, cases) => ({
  group: GROUP,
  section,
  title,
  trials: cases.flatMap(deflatedTrials),
});

/**
 * Frames whose payloads were compressed by hand.
 * @param {string} name
 * @param {FrameCase} frameCase
 * @returns {DeflatedCase}
 */
export const given = (name, frameCase) => ({ name, wish: TAKEOVER, make: () => frameCase });

/**
 * @param {string} name
 * @param {string} payload - hex digits
 * @param {string} data
 */
export const readAs = (name, payload, data) =>
  given(name, { frames: [text(hex(payload), RSV1)], messages: [described("text", data)], end: "open" });

/**
 * Messages that are compressed, and come back.
 * @param {string} name
 * @param {readonly string[]} messages
 * @param {import("node:zlib").ZlibOptions} [options]
 * @param {Pick<DeflatedCase, "wish" | "ways">} [more]
 * @returns {DeflatedCase}
 */
export const echoed = (name, messages, options, more = { wish: TAKEOVER }) => ({
  name,
  make: (deflater) => ({
    frames: messages.map((each, i) => (i % 3 === 1 ? binary : text)(deflater.message(each, options), RSV1)),
    messages: messages.map((each, i) => described(i % 3 === 1 ? "binary" : "text", each)),
    end: "open",
  }),
  ...more,
});
