// Puts frames before what is tested, which echoes messages, and judges what comes back.
import { encode, text } from "./frames.js";
import { ABSENT, breaks, CONFORMS, departs, differs } from "./verdict.js";

/**
 * What must come of frames. All of these have messages that were whole echoed first.
 * @typedef {object} FrameCase
 * @property {string} [name] - what tells it from the others of its rule
 * @property {readonly import("./frames.js").Frame[]} frames
 * @property {readonly import("./frames.js").Frame[]} [later] - sent only if it has not failed by then
 * @property {readonly string[]} [messages] - that are echoed, `described`
 * @property {readonly string[]} [pongs] - payloads as hex digits; the last must come, those before may
 * @property {{ fails: number } | { closes: number | undefined; orFails?: boolean } | "open"} end - Close code
 * @property {boolean} [must] - whether another end breaks a MUST; default true
 * @property {readonly Way[]} [ways] - default: all
 */
/**
 * Frames on a connection with permessage-deflate.
 * @typedef {object} DeflatedCase
 * @property {string} name
 * @property {import("./target.js").Wish} wish
 * @property {(deflater: import("./deflate.js").Deflater) => FrameCase | undefined} make - undefined if what was agreed on
 * does not allow the frames
 * @property {readonly Way[]} [ways] - default: all
 * @property {boolean} [alone]
 */
/** How the bytes are cut into chunks.
 * @typedef {"in one write" | "a write for each frame" | "byte by byte" | "behind the 101"} Way
 */

const BEHIND = "behind the 101";
/** @type {readonly Way[]} */
const WAYS = ["in one write", "a write for each frame", "byte by byte", BEHIND];
const PROBE = text("still there?");
const PROBE_ECHO = 'text "still there?"';
/** Up to here every byte goes alone. */
const MOST_SINGLE_BYTES = 64;
const CUTS_OF_MORE = 16;
const HEAVY_FRAMES = 10_000;

/**
 * @param {FrameCase} frameCase
 * @returns {import("./verdict.js").Trial[]}
 */
export function frameTrials(frameCase) {
  const { ways = WAYS } = frameCase;
  return ways.map((way) => ({ ...trial(frameCase, way), ...(way === BEHIND && { role: "client" }) }));
}

/**
 * @param {FrameCase} frameCase
 * @param {Way} way
 * @returns {import("./verdict.js").Trial}
 */
function trial(frameCase, way) {
  return {
    name: frameCase.name ?? "",
    way,
    ...(frameCase.frames.length > HEAVY_FRAMES && { alone: true }),
    async run(target, patience) {
      const behind = way === BEHIND ? bytesOf(frameCase, target) : undefined;
      return exchange(frameCase, way, target, patience, await target.open(behind));
    },
  };
}

/**
 * The same on a connection with permessage-deflate, of what has it.
 * @param {DeflatedCase} deflatedCase
 * @returns {import("./verdict.js").Trial[]}
 */
export function deflatedTrials({ name, wish, make, ways = WAYS, alone = false }) {
  return ways.map((way) => ({
    name,
    way,
    alone,
    ...(way === BEHIND && { role: "client" }),
    async run(target, patience) {
      /** @type {FrameCase | undefined} */
      let frameCase;
      const opened = await target.openDeflated(wish, (deflater) => {
        frameCase = way === BEHIND ? make(deflater) : undefined;
        return frameCase === undefined ? Buffer.alloc(0) : bytesOf(frameCase, target);
      });
      if (opened === undefined) return ABSENT;
      frameCase ??= make(opened.deflater);
      if (frameCase !== undefined) return exchange(frameCase, way, target, patience, opened.peer);
      opened.peer.destroy();
      return ABSENT;
    },
  }));
}

/**
 * @param {FrameCase} frameCase
 * @param {Way} way
 * @param {import("./target.js").Target} target
 * @param {import("./verdict.js").Patience} patience
 * @param {import("./peer.js").Peer} peer - to which the bytes behind the 101 have been sent
 */
async function exchange(frameCase, way, target, patience, peer) {
  try {
    if (way !== BEHIND) {
      const bytes = bytesOf(frameCase, target);
      await peer.write(bytes, cutsOf(way, sentFrames(frameCase), bytes.length, target.role === "server"));
    }
    return await judge(frameCase, target.role, peer, patience);
  } finally {
    peer.destroy();
  }
}

/** With a frame that must not be answered any more, or proves that the connection lives. @param {FrameCase} frameCase */
function sentFrames({ frames, later }) {
  return later === undefined ? [...frames, PROBE] : frames;
}

/**
 * @param {FrameCase} frameCase
 * @param {import("./target.js").Target} target
 */
function bytesOf(frameCase, target) {
  return encode(sentFrames(frameCase), target.role === "server");
}

/**
 * @param {Way} way
 * @param {readonly import("./frames.js").Frame[]} frames
 * @param {number} length
 * @param {boolean} fromClient
 */
function cutsOf(way, frames, length, fromClient) {
  if (way === "in one write") return [];
  if (way === "a write for each frame") {
    let at = 0;
    return frames.slice(0, -1).map((each) => (at += encode([each], fromClient).length));
  }
  if (length <= MOST_SINGLE_BYTES) return Array.from({ length: length - 1 }, (_, i) => i + 1);
  const single = Array.from({ length: CUTS_OF_MORE }, (_, i) => i + 1);
  const step = (length - CUTS_OF_MORE) / CUTS_OF_MORE;
  return [
    ...single,
    ...Array.from({ length: CUTS_OF_MORE - 1 }, (_, i) => CUTS_OF_MORE + Math.floor((i + 1) * step)),
  ];
}

/**
 * @param {FrameCase} frameCase
 * @param {"server" | "client"} role
 * @param {import("./peer.js").Peer} peer
 * @param {import("./verdict.js").Patience} patience
 */
async function judge(frameCase, role, peer, patience) {
  const { end, later } = frameCase;
  const over = () => peer.over || peer.close !== undefined || peer.messages.includes(PROBE_ECHO);
  let late = false;
  if (later !== undefined && !(await peer.until(over, patience.hesitation))) {
    late = true;
    await peer.write(encode([...later, PROBE], role === "server"));
  }
  const answered = await peer.until(over, patience.answer);
  if (peer.fault !== undefined) return breaks(peer.fault);
  if (end === "open") return judgeOpen(frameCase, peer);
  const must = frameCase.must ?? true;
  if (!answered)
    return departs(must, later === undefined ? "neither answers nor closes" : "waits for the rest");
  const finding =
    "fails" in end ? judgeFailure(frameCase, end.fails, peer, late) : judgeClose(frameCase, end, peer);
  if (finding.verdict === "breaks") return finding;
  const ending = await judgeEnding("closes" in end, role, peer, patience);
  if (peer.fault !== undefined) return breaks(peer.fault);
  return ending ?? finding;
}

/**
 * @param {FrameCase} frameCase
 * @param {import("./peer.js").Peer} peer
 */
function judgeOpen({ messages = [], pongs = [], must = true }, peer) {
  if (peer.close !== undefined) return departs(must, `refuses it with ${closeName(peer)}`);
  if (peer.over) return departs(must, "refuses it: ends the connection");
  const expected = [...messages, PROBE_ECHO];
  if (!same(peer.messages, expected))
    return departs(must, `${listed(peer.messages)} came back, not ${listed(expected)}`);
  return judgePongs(pongs, peer);
}

/**
 * @param {readonly string[]} expected
 * @param {import("./peer.js").Peer} peer
 */
function judgePongs(expected, { pongs }) {
  let at = 0;
  for (const pong of pongs) {
    at = expected.indexOf(pong, at) + 1;
    if (at === 0) return breaks(`pongs ${listed(pongs)}, not ${listed(expected)} (5.5.3)`);
  }
  if (expected.length > 0 && pongs.at(-1) !== expected.at(-1))
    return breaks("a ping is not answered (5.5.2)");
  return CONFORMS;
}

/**
 * @param {FrameCase} frameCase
 * @param {number} code
 * @param {import("./peer.js").Peer} peer
 * @param {boolean} late
 */
function judgeFailure({ messages = [], must = true }, code, peer, late) {
  const extra = peer.messages.slice(messages.length);
  if (extra.length > 0)
    return departs(
      must,
      extra[0] === PROBE_ECHO ? "goes on as if nothing were wrong" : "takes it as a message",
    );
  if (peer.close === undefined) return differs("ends TCP without a Close");
  if (peer.close.code !== code) return differs(`${closeName(peer)} instead of ${code}`);
  if (late) return differs("only at the end of the message");
  if (!same(peer.messages, messages)) return differs("drops what was whole before it");
  return CONFORMS;
}

/**
 * @param {FrameCase} frameCase
 * @param {{ closes: number | undefined; orFails?: boolean }} end
 * @param {import("./peer.js").Peer} peer
 */
function judgeClose({ messages = [], pongs = [] }, end, peer) {
  const extra = peer.messages.slice(messages.length);
  if (extra.length > 0) return breaks(`answers ${extra[0]}, which comes behind a Close (5.5.1)`);
  if (peer.close === undefined) return breaks("sends no Close in response (5.5.1)");
  if (!same(peer.messages, messages)) return differs("drops what was whole before it");
  if (peer.close.code !== end.closes) return differs(`${closeName(peer)} in response`);
  return judgePongs(pongs, peer);
}

/**
 * How TCP ends.
 * @param {boolean} clean
 * @param {"server" | "client"} role
 * @param {import("./peer.js").Peer} peer
 * @param {import("./verdict.js").Patience} patience
 * @returns {Promise<import("./verdict.js").Finding | undefined>}
 */
async function judgeEnding(clean, role, peer, patience) {
  // After a clean close the server ends TCP first.
  if (clean && role === "server") {
    if (await peer.until(() => peer.over, patience.answer)) return undefined;
    return breaks("does not end TCP after both Closes (5.5.1)");
  }
  peer.end();
  if (await peer.until(() => peer.over, patience.answer)) return undefined;
  return breaks("does not end TCP (7.1.1)");
}

/** @param {import("./peer.js").Peer} peer */
function closeName({ close }) {
  return close?.code === undefined ? "an empty Close" : `Close ${close.code}`;
}

/**
 * @param {readonly string[]} a
 * @param {readonly string[]} b
 */
function same(a, b) {
  return a.length === b.length && a.every((each, i) => each === b[i]);
}

/** @param {readonly string[]} list */
function listed(list) {
  if (list.length > 4) return `${list.length} (the first: ${list[0]})`;
  return list.length === 0 ? "nothing" : list.join(", ");
}
