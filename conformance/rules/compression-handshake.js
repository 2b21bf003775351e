// What RFC 7692 says of how permessage-deflate is agreed on: sections 5 and 7.1.
import { answering, answerRule, fails, opens as takes } from "../answer-trial.js";
import { answerFault, answerTo, element, elements } from "../deflate.js";
import { answer, request } from "../handshake.js";
import { asking, handshakeRule, opens } from "../request-trial.js";
import { ABSENT, breaks, CONFORMS, differs } from "../verdict.js";

/**
 * @typedef {import("../verdict.js").Rule} Rule
 * @typedef {import("../verdict.js").Finding} Finding
 * @typedef {import("../target.js").Target} Target
 */

const GROUP = "Agreeing on compression";
const EXTENSIONS = "Sec-WebSocket-Extensions";
const PLAIN = { offer: "", answer: "" };
/** Each can be in no offer. In an answer, `client_max_window_bits` without a value can't be, either. */
const INVALID = [
  "x",
  "mode=1",
  "server_no_context_takeover=1",
  "client_no_context_takeover=true",
  "server_no_context_takeover; server_no_context_takeover",
  "client_no_context_takeover; client_no_context_takeover",
  "server_max_window_bits",
  ...["7", "16", "08", "0", "1x", "-8"].map((value) => `server_max_window_bits=${value}`),
  "server_max_window_bits=10; server_max_window_bits=10",
  ...["7", "16", "010", "x"].map((value) => `client_max_window_bits=${value}`),
  "client_max_window_bits=10; client_max_window_bits=12",
];

/** Whether what is tested has the extension, by its target. @type {WeakMap<Target, Promise<boolean>>} */
const compressing = new WeakMap();

/** @param {Target} target */
async function compresses(target) {
  const opened = await target.openDeflated(PLAIN);
  opened?.peer.destroy();
  return opened !== undefined;
}

/**
 * The rule for what has the extension: others decline each offer, good or bad.
 * @param {Rule} rule
 * @returns {Rule}
 */
function ifCompressing(rule) {
  const trials = rule.trials.map((trial) => ({
    ...trial,
    run: async (/** @type {Target} */ target, /** @type {import("../verdict.js").Patience} */ patience) => {
      const known = compressing.get(target) ?? compresses(target);
      compressing.set(target, known);
      return (await known) ? trial.run(target, patience) : ABSENT;
    },
  }));
  return { ...rule, trials };
}

/**
 * Offers, the last of which a server can take, while it must decline those before.
 * @param {readonly string[]} offers - the parameters of each
 */
function takingLast(...offers) {
  const value = offers.map(element).join(", ");
  return asking(value, { [EXTENSIONS]: value }, (reply, head) => {
    const opened = opens(reply, head);
    if (opened.verdict !== "conforms") return differs(opened.reason ?? "");
    const answers = elements(reply ?? "");
    if (answers.length === 0) return differs("declines it");
    if (answers.length > 1) return breaks("answers twice (5.1)");
    const fault = answerFault(answers[0], elements(head).at(-1));
    return fault === undefined ? CONFORMS : breaks(fault);
  });
}

/** @param {string} offer */
function declining(offer) {
  const value = element(offer);
  return asking(offer, { [EXTENSIONS]: value }, (reply, head) => {
    const opened = opens(reply, head);
    if (opened.verdict !== "conforms") return differs("refuses the connection");
    return elements(reply ?? "").length === 0 ? CONFORMS : breaks("accepts it");
  });
}

/** @type {readonly Rule[]} */
const serverRules = [
  handshakeRule(
    "RFC 7692, 7.1",
    "an offer is accepted with parameters that answer it",
    [
      takingLast(""),
      takingLast("client_max_window_bits"),
      takingLast("client_no_context_takeover"),
      takingLast("server_no_context_takeover; client_no_context_takeover"),
      {
        ...takingLast("client_max_window_bits; server_max_window_bits=10"),
        name: "with more white space",
        head: (target) =>
          request(target, {
            [EXTENSIONS]: `permessage-deflate ;  client_max_window_bits\t; server_max_window_bits=10 `,
          }),
      },
    ],
    GROUP,
  ),
  handshakeRule(
    "RFC 7692, 7.1.1.1",
    "server_no_context_takeover is confirmed",
    [
      takingLast("server_no_context_takeover"),
      takingLast("client_max_window_bits; server_no_context_takeover"),
    ],
    GROUP,
  ),
  handshakeRule(
    "RFC 7692, 7.1.2.1",
    "server_max_window_bits is confirmed, and not raised",
    [8, 9, 10, 11, 12, 13, 14, 15].map((bits) => takingLast(`server_max_window_bits=${bits}`)),
    GROUP,
  ),
  handshakeRule(
    "RFC 7692, 7.1.2.2",
    "client_max_window_bits is answered only if it was offered, and not raised",
    [
      takingLast("server_max_window_bits=15"),
      ...[8, 9, 10, 11, 12, 13, 14, 15].map((bits) => takingLast(`client_max_window_bits=${bits}`)),
    ],
    GROUP,
  ),
  handshakeRule(
    "RFC 7692, 7.1",
    "an offer with an invalid parameter is declined",
    INVALID.map(declining),
    GROUP,
  ),
  handshakeRule(
    "RFC 7692, 5.1",
    "behind an offer that it must decline, the next one is accepted",
    [
      ...INVALID.map((offer) => takingLast(offer, "")),
      takingLast("x", "server_max_window_bits", "client_max_window_bits; server_no_context_takeover"),
    ],
    GROUP,
  ),
];

/**
 * @param {string} wish
 * @returns {import("../answer-trial.js").Answer}
 */
const wishing = (wish) => ({
  name: wish,
  reply: (head) => answer(head, { [EXTENSIONS]: answerTo(head, wish) }),
});

/** @type {readonly Rule[]} */
const clientRules = [
  answerRule(
    "RFC 7692, 7.1",
    "an answer that answers its offer opens the connection",
    [
      "",
      "server_no_context_takeover",
      "client_no_context_takeover",
      "server_no_context_takeover; client_no_context_takeover",
      "client_max_window_bits=9",
      "client_max_window_bits=15",
      "client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=12",
    ].map(wishing),
    takes,
    GROUP,
  ),
  answerRule(
    "RFC 7692, 7.1",
    "an answer with an invalid parameter fails",
    [...INVALID, "client_max_window_bits"].map((each) => answering(each, { [EXTENSIONS]: element(each) })),
    fails(true),
    GROUP,
  ),
  answerRule(
    "RFC 7692, 5.1",
    "an answer with the extension twice fails",
    [answering("twice", { [EXTENSIONS]: `${element("")}, ${element("")}` })],
    fails(false),
    GROUP,
  ),
];

export const COMPRESSION_HANDSHAKE_RULES = [...serverRules, ...clientRules].map(ifCompressing);
