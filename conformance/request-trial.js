// Puts requests before a server, and judges its answers.
import { acceptFor, field, fields, hasToken, request, statusOf } from "./handshake.js";
import { ServerTarget } from "./target.js";
import { breaks, CONFORMS, departs, differs } from "./verdict.js";

/**
 * @typedef {import("./verdict.js").Rule} Rule
 * @typedef {import("./verdict.js").Finding} Finding
 * @typedef {import("./verdict.js").Patience} Patience
 * @typedef {import("./peer.js").Peer} Peer
 */
/**
 * A request, and what to make of the answer.
 * @typedef {object} Request
 * @property {string} name
 * @property {(target: ServerTarget) => string} head
 * @property {(reply: string | undefined, head: string) => Finding} judge
 */
export const GROUP = "Opening handshake of a server";
const WAYS = ["in one write", "cut"];
export const CUT_BYTES = 7;

/**
 * @param {string} section
 * @param {string} title
 * @param {readonly Request[]} requests
 * @param {string} [group]
 * @returns {Rule}
 */
export function handshakeRule(section, title, requests, group = GROUP) {
  const trials = requests.flatMap((each) => WAYS.map((way) => trial(each, way)));
  return { group, section, title, role: "server", trials };
}

/**
 * @param {Request} request
 * @param {string} way
 * @returns {import("./verdict.js").Trial}
 */
function trial({ name, head, judge }, way) {
  const run = async (/** @type {ServerTarget} */ target, /** @type {Patience} */ patience) => {
    const peer = await target.dial();
    try {
      const bytes = Buffer.from(head(target), "latin1");
      await peer.write(bytes, way === "cut" ? cuts(bytes.length) : []);
      const reply = await peer.head(patience.answer);
      if (reply === undefined && !peer.over) return breaks("gives no answer");
      return judge(reply, bytes.toString("latin1"));
    } finally {
      peer.destroy();
    }
  };
  return { ...serverTrial(name, run), way };
}

/**
 * @param {string} name
 * @param {(target: ServerTarget, patience: Patience) => Promise<Finding>} run
 * @returns {import("./verdict.js").Trial}
 */
export function serverTrial(name, run) {
  return {
    name,
    async run(target, patience) {
      if (!(target instanceof ServerTarget)) throw new TypeError("not a server");
      return run(target, patience);
    },
  };
}

/** @param {number} length */
function cuts(length) {
  return Array.from(
    { length: Math.min(60, Math.ceil(length / CUT_BYTES) - 1) },
    (_, i) => (i + 1) * CUT_BYTES,
  );
}

/**
 * Whether a 101 says all that it must, and nothing that was not asked for.
 * @param {string | undefined} reply
 * @param {string} head - of the request
 * @returns {Finding}
 */
export function opens(reply, head) {
  if (reply === undefined) return breaks("ends TCP without an answer");
  if (statusOf(reply) !== 101) return breaks(`answers ${statusOf(reply)}`);
  if (field(reply, "Upgrade")?.toLowerCase() !== "websocket")
    return breaks("answers without Upgrade: websocket (4.2.2)");
  if (!hasToken(reply, "Connection", "upgrade")) return breaks("answers without Connection: Upgrade (4.2.2)");
  const accepts = fields(reply, "Sec-WebSocket-Accept");
  if (accepts.length !== 1 || accepts[0] !== acceptFor(field(head, "Sec-WebSocket-Key") ?? "")) {
    return breaks("answers with a wrong Sec-WebSocket-Accept (4.2.2)");
  }
  const offered = (field(head, "Sec-WebSocket-Protocol") ?? "").split(/\s*,\s*/);
  const protocol = field(reply, "Sec-WebSocket-Protocol");
  if (protocol !== undefined && !offered.includes(protocol))
    return breaks(`chooses the subprotocol ${protocol} (4.2.2)`);
  const extension = field(reply, "Sec-WebSocket-Extensions")?.split(/[;,]/)[0]?.trim();
  if (extension !== undefined && !(field(head, "Sec-WebSocket-Extensions") ?? "").includes(extension)) {
    return breaks(`chooses the extension ${extension} (4.2.2)`);
  }
  return CONFORMS;
}

/**
 * As {@link opens}, for what a server SHOULD take.
 * @param {string | undefined} reply
 * @param {string} head - of the request
 * @returns {Finding}
 */
export function shouldOpen(reply, head) {
  if (reply === undefined) return differs("ends TCP without an answer");
  return statusOf(reply) === 101 ? opens(reply, head) : differs(`answers ${statusOf(reply)}`);
}

/**
 * A request that is to be refused.
 * @param {number} status
 * @param {boolean} must - whether accepting it breaks a MUST
 * @param {Record<string, RegExp>} [headers] - that the answer must have
 * @returns {(reply: string | undefined) => Finding}
 */
export function refused(status, must, headers = {}) {
  return (reply) => {
    if (reply === undefined) return differs("ends TCP without an answer");
    const found = statusOf(reply);
    if (found === 101) return departs(must, "accepts it");
    if (Number.isNaN(found)) return breaks("answers with what is no HTTP");
    if (found === 426 && !hasToken(reply, "Upgrade", "websocket"))
      return breaks("426 without Upgrade (RFC 9110, 15.5.22)");
    if (found === 405 && field(reply, "Allow") === undefined)
      return breaks("405 without Allow (RFC 9110, 15.5.6)");
    for (const [name, value] of Object.entries(headers)) {
      if (!value.test(field(reply, name) ?? ""))
        return breaks(`answers ${found} without ${name} (4.2.2, 4.4)`);
    }
    return found === status ? CONFORMS : differs(`${found} instead of ${status}`);
  };
}

/**
 * @param {string} name
 * @param {import("./handshake.js").Lines} lines
 * @param {Request["judge"]} judge
 * @param {string} [start]
 * @returns {Request}
 */
export const asking = (name, lines, judge, start) => ({
  name,
  head: (target) => request(target, lines, start),
  judge,
});

/**
 * A good request with another line in front of its last.
 * @param {string} line
 * @param {Request["judge"]} judge
 * @returns {Request}
 */
export const adding = (line, judge) => ({
  name: JSON.stringify(line),
  head: (target) => request(target).replace("Sec-WebSocket-Version", `${line}\r\nSec-WebSocket-Version`),
  judge,
});
