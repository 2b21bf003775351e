// Gives answers to the requests of a client, and judges what it makes of them.
import { agreement, elements } from "./deflate.js";
import { described, encode, text } from "./frames.js";
import { answer } from "./handshake.js";
import { ClientTarget } from "./target.js";
import { breaks, CONFORMS, departs, differs } from "./verdict.js";

/**
 * @typedef {import("./verdict.js").Rule} Rule
 * @typedef {import("./verdict.js").Finding} Finding
 * @typedef {import("./verdict.js").Patience} Patience
 */
/**
 * An answer to the client's request.
 * @typedef {object} Answer
 * @property {string} name
 * @property {(head: string) => string} reply
 */
export const GROUP = "Opening handshake of a client";
const WAYS = ["in one write", "cut"];
const CUT_BYTES = 5;
const HELLO = described("text", "Hello");

/**
 * @param {string} section
 * @param {string} title
 * @param {readonly Answer[]} answers
 * @param {(target: ClientTarget, patience: Patience, answer: Answer, cut: boolean) => Promise<Finding>} run
 * @param {string} [group]
 * @returns {Rule}
 */
export function answerRule(section, title, answers, run, group = GROUP) {
  const trials = answers.flatMap((each) =>
    WAYS.map((way) => ({
      ...clientTrial(each.name, (target, patience) => run(target, patience, each, way === "cut")),
      way,
    })),
  );
  return { group, section, title, role: "client", trials };
}

/**
 * @param {string} name
 * @param {(target: ClientTarget, patience: Patience) => Promise<Finding>} run
 * @returns {import("./verdict.js").Trial}
 */
function clientTrial(name, run) {
  return {
    name,
    async run(target, patience) {
      if (!(target instanceof ClientTarget)) throw new TypeError("not a client");
      return run(target, patience);
    },
  };
}

/**
 * @param {string} title
 * @param {string} section
 * @param {string} name
 * @param {(target: ClientTarget, patience: Patience) => Promise<Finding>} run
 * @returns {Rule}
 */
export const single = (section, title, name, run) => ({
  group: GROUP,
  section,
  title,
  role: "client",
  trials: [clientTrial(name, run)],
});

/**
 * Gives an answer with a message behind it, and sees whether that is echoed.
 * @param {ClientTarget} target
 * @param {Answer} given
 * @param {boolean} cut
 */
async function give(target, { reply }, cut) {
  const { peer, head, lane } = await target.accept();
  const replied = reply(head);
  const bytes = Buffer.concat([Buffer.from(replied, "latin1"), encode([text("Hello")], false)]);
  const count = Math.min(60, Math.ceil(bytes.length / CUT_BYTES) - 1);
  await peer.write(bytes, cut ? Array.from({ length: count }, (_, i) => (i + 1) * CUT_BYTES) : []);
  peer.readFrames(elements(replied).length > 0 ? agreement(elements(replied)[0]) : undefined);
  return { peer, lane };
}

/**
 * @param {ClientTarget} target
 * @param {Patience} patience
 * @param {Answer} given
 * @param {boolean} cut
 */
export async function opens(target, patience, given, cut) {
  const { peer } = await give(target, given, cut);
  try {
    await peer.until(() => peer.messages.length > 0 || peer.over, patience.answer);
    if (peer.fault !== undefined) return breaks(peer.fault);
    return peer.messages[0] === HELLO ? CONFORMS : breaks("does not take it");
  } finally {
    peer.destroy();
  }
}

/** @param {boolean} must */
export function fails(must) {
  /**
   * @param {ClientTarget} target
   * @param {Patience} patience
   * @param {Answer} given
   * @param {boolean} cut
   * @returns {Promise<Finding>}
   */
  return async (target, patience, given, cut) => {
    const { peer } = await give(target, given, cut);
    try {
      const over = await peer.until(() => peer.over || peer.messages.length > 0, patience.answer);
      if (peer.messages.length > 0) return departs(must, "takes it");
      if (!over) return departs(must, "does not end the connection");
      return peer.close === undefined ? CONFORMS : differs(`sends Close ${peer.close.code} first`);
    } finally {
      peer.destroy();
    }
  };
}

/**
 * An answer that is not the start of a connection; this side ends TCP behind it.
 * @param {ClientTarget} target
 * @param {Patience} patience
 * @param {Answer} given
 * @param {boolean} cut
 */
export async function refuses(target, patience, given, cut) {
  const { peer } = await give(target, given, cut);
  try {
    peer.end();
    const over = await peer.until(() => peer.over, patience.answer);
    if (peer.messages.length > 0) return breaks("takes it as an open connection");
    return over ? CONFORMS : breaks("does not end the connection");
  } finally {
    peer.destroy();
  }
}

/**
 * @param {string} name
 * @param {import("./handshake.js").Lines} lines
 * @param {string} [start]
 * @returns {Answer}
 */
export const answering = (name, lines, start) => ({ name, reply: (head) => answer(head, lines, start) });

/** @param {string} status @param {string} [line] */
export const status = (status, line = "") => ({
  name: status,
  reply: () => `HTTP/1.1 ${status}\r\n${line}Connection: close\r\nContent-Length: 0\r\n\r\n`,
});
