// What RFC 6455 and HTTP say of how a server answers an opening handshake: sections 4.2 and 9.1, RFC 9110 and RFC 9112.
import { described, encode, text } from "../frames.js";
import { field, request, statusOf } from "../handshake.js";
import {
  adding,
  asking,
  CUT_BYTES,
  GROUP,
  handshakeRule,
  opens,
  refused,
  serverTrial,
  shouldOpen,
} from "../request-trial.js";
import { breaks, CONFORMS, differs } from "../verdict.js";

/**
 * @typedef {import("../target.js").ServerTarget} ServerTarget
 * @typedef {import("../verdict.js").Patience} Patience
 */

const KEY = "Sec-WebSocket-Key";
const VERSION = "Sec-WebSocket-Version";
const PROTOCOL = "Sec-WebSocket-Protocol";
const EXTENSIONS = "Sec-WebSocket-Extensions";
const GOOD_KEY = "x3JJHMbDL1EzLkh9GBhXDw==";
const SAYS_13 = { [VERSION]: /\b13\b/ };
const DATE = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/;
const MUST = true;
const MAY = false;

/** @type {readonly import("../verdict.js").Rule[]} */
export const SERVER_HANDSHAKE_RULES = [
  handshakeRule("4.2.2", "a good request gets a 101 with the right Sec-WebSocket-Accept", [
    asking("plain", {}, opens),
    asking("the key of section 1.3", { [KEY]: "dGhlIHNhbXBsZSBub25jZQ==" }, opens),
    asking(
      "like a browser's",
      { Origin: "http://localhost", "User-Agent": "x", Cookie: "a=b", Pragma: "no-cache" },
      opens,
    ),
    adding("__proto__: constructor", opens),
    adding("constructor: __proto__", opens),
    adding("X: \xe9", opens),
  ]),
  handshakeRule("4.2.1", "names, and the tokens of Upgrade and Connection, have no case and come in lists", [
    asking("WebSocket", { Upgrade: "WebSocket", Connection: "upgrade" }, opens),
    asking("keep-alive, Upgrade", { Connection: "keep-alive, Upgrade" }, opens),
    asking("two Connections", { Connection: ["keep-alive", "Upgrade"] }, opens),
    {
      name: "lower case",
      head: (target) => request(target).replace(/^[\w-]+:/gm, (name) => name.toLowerCase()),
      judge: opens,
    },
  ]),
  handshakeRule("4.2.2", "a subprotocol or an extension that it does not know is declined", [
    asking("subprotocol", { [PROTOCOL]: "unheard-of" }, opens),
    asking("__proto__", { [PROTOCOL]: "__proto__, constructor, toString" }, opens),
    asking("extension", { [EXTENSIONS]: "unheard-of; x=1" }, opens),
    asking("unusable, then none", { [EXTENSIONS]: "constructor; __proto__=1, x-unheard-of" }, opens),
  ]),
  handshakeRule("4.2.1", "a method other than GET is answered 405 with Allow", [
    asking("POST", {}, refused(405, MUST), "POST PATH HTTP/1.1"),
    asking("OPTIONS", {}, refused(405, MUST), "OPTIONS PATH HTTP/1.1"),
  ]),
  handshakeRule("4.2.1", "HTTP/1.0 is answered 400", [
    asking("1.0", {}, refused(400, MUST), "GET PATH HTTP/1.0"),
  ]),
  handshakeRule("4.2.1", "no Host, two Hosts: 400", [
    asking("none", { Host: undefined }, refused(400, MUST)),
    asking("two", { Host: ["a.example", "b.example"] }, refused(400, MUST)),
  ]),
  handshakeRule("RFC 9112, 3", "a request line that is malformed: 400", [
    asking("no version", {}, refused(400, MUST), "GET PATH"),
    asking("white space in the target", {}, refused(400, MAY), "GET PATH x HTTP/1.1"),
    asking("lower case", {}, refused(400, MAY), "GET PATH http/1.1"),
    asking("not HTTP", {}, refused(400, MAY), "SSH-2.0-OpenSSH"),
  ]),
  handshakeRule("RFC 9112, 5.1", "white space before a colon: 400", [
    adding("Odd : line", refused(400, MUST)),
  ]),
  handshakeRule("RFC 9112, 5", "a header line that is malformed: 400", [
    adding("no colon", refused(400, MAY)),
    adding(": no name", refused(400, MAY)),
    adding("Na(me: x", refused(400, MAY)),
    adding("Nul: a\0b", refused(400, MAY)),
  ]),
  handshakeRule("RFC 9112, 5.2", "a folded line: 400", [adding("Folded: a\r\n b", refused(400, MAY))]),
  handshakeRule("RFC 9112, 2.2", "a bare CR or LF: 400", [
    adding("A: b\rc", refused(400, MAY)),
    adding("A: b\nC: d", refused(400, MAY)),
  ]),
  handshakeRule("4.2.1", "no websocket in Upgrade: 426 with Upgrade", [
    asking("no Upgrade", { Upgrade: undefined }, refused(426, MUST)),
    asking("another", { Upgrade: "h2c" }, refused(426, MUST)),
  ]),
  handshakeRule("4.2.1", "no upgrade in Connection: 426 with Upgrade", [
    asking("no Connection", { Connection: undefined }, refused(426, MUST)),
    asking("keep-alive", { Connection: "keep-alive" }, refused(426, MUST)),
    asking("almost", { Connection: "upgraded" }, refused(426, MUST)),
  ]),
  handshakeRule("4.2.1", "a key that is missing, twice there, or not 16 bytes in base64: 400", [
    asking("missing", { [KEY]: undefined }, refused(400, MUST)),
    asking("empty", { [KEY]: "" }, refused(400, MUST)),
    asking("twice", { [KEY]: [GOOD_KEY, GOOD_KEY] }, refused(400, MUST)),
    asking("15 bytes", { [KEY]: Buffer.alloc(15).toString("base64") }, refused(400, MUST)),
    asking("17 bytes", { [KEY]: Buffer.alloc(17).toString("base64") }, refused(400, MUST)),
    asking("not base64", { [KEY]: "x3JJHMbDL1EzLkh9GBhXD!==" }, refused(400, MUST)),
  ]),
  handshakeRule("4.1", "a key whose base64 is not canonical is taken as it was sent", [
    asking("the example of section 4.1", { [KEY]: "AQIDBAUGBwgJCgsMDQ4PEC==" }, opens),
    asking("trailing bits", { [KEY]: "x3JJHMbDL1EzLkh9GBhXDx==" }, opens),
  ]),
  handshakeRule("RFC 4648, 3.2", "a key without padding: 400", [
    asking("none", { [KEY]: "x3JJHMbDL1EzLkh9GBhXDw" }, refused(400, MAY)),
    asking("half", { [KEY]: "x3JJHMbDL1EzLkh9GBhXDw=" }, refused(400, MAY)),
  ]),
  handshakeRule("4.4", "a version that is missing or not exactly 13: 426 with Sec-WebSocket-Version", [
    asking("missing", { [VERSION]: undefined }, refused(426, MUST)),
    ...["8", "14", "130", "0xd", "13.0", "x"].map((version) =>
      asking(version, { [VERSION]: version }, refused(426, MUST, SAYS_13)),
    ),
  ]),
  handshakeRule("RFC 9112, 6", "a request with content: 400", [
    asking("Content-Length", { "Content-Length": "5" }, refused(400, MAY)),
    asking("Transfer-Encoding", { "Transfer-Encoding": "chunked" }, refused(400, MAY)),
    asking("both", { "Content-Length": "5", "Transfer-Encoding": "chunked" }, refused(400, MAY)),
    asking("Content-Length that is none", { "Content-Length": "-1" }, refused(400, MUST)),
  ]),
  handshakeRule("4.1", "subprotocols that are empty, twice there, or no tokens: 400", [
    ...["", ",", "a, a", "a b", "a;b", '"a"'].map((value) =>
      asking(value, { [PROTOCOL]: value }, refused(400, MAY)),
    ),
  ]),
  handshakeRule("9.1", "Sec-WebSocket-Extensions that is malformed: 400", [
    ...["", ",", "a;", "a; =1", "a; b=", 'a; b="', "a b", '"a"'].map((value) =>
      asking(value, { [EXTENSIONS]: value }, refused(400, MUST)),
    ),
  ]),
  handshakeRule("RFC 9110, 5.6.1", "empty elements of lists are skipped", [
    ...["a,", ",a", "a,,b", " ,\t, a ,"].flatMap((value) => [
      asking(`subprotocols, ${JSON.stringify(value)}`, { [PROTOCOL]: value }, opens),
      asking(`extensions, ${JSON.stringify(value)}`, { [EXTENSIONS]: value }, opens),
    ]),
  ]),
  handshakeRule("RFC 9112, 2.2", "an empty line in front of the request is skipped", [
    { name: "one", head: (target) => `\r\n${request(target)}`, judge: shouldOpen },
  ]),
  handshakeRule("RFC 9110, 2.5", "a later HTTP/1.x is answered as HTTP/1.1", [
    asking("1.2", {}, shouldOpen, "GET PATH HTTP/1.2"),
    asking("1.9", {}, shouldOpen, "GET PATH HTTP/1.9"),
  ]),
  handshakeRule("RFC 9110, 7.8", "a client that expects it gets a 100 before the 101", [
    asking("100-continue", { Expect: "100-continue" }, continues),
  ]),
  handshakeRule("RFC 9110, 6.6.1", "a refusal has a Date", [
    asking("no key", { [KEY]: undefined }, dated),
    asking("version 8", { [VERSION]: "8" }, dated),
  ]),
  handshakeRule("10.4", "a head over 16 KiB, or over 100 lines: 431", [
    asking("16 KiB", { X: "x".repeat(17 << 10) }, refused(431, MAY)),
    asking("1 MiB", { X: "x".repeat(1 << 20) }, refused(431, MAY)),
    asking(
      "120 lines",
      Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`X-${i}`, "1"])),
      refused(431, MAY),
    ),
  ]),
  {
    group: GROUP,
    section: "4.1",
    title: "frames in the segment of the request are handled after the 101",
    role: "server",
    trials: [serverTrial("text", behindRequest)],
  },
  {
    group: GROUP,
    section: "10.4",
    title: "half a head is given up on within 15 s, with 408",
    role: "server",
    trials: [serverTrial("half a head", halfHead)],
  },
  {
    group: GROUP,
    section: "10.4",
    title: "clients that vanish in the handshake do no harm",
    role: "server",
    trials: [serverTrial("at many bytes", vanishing)],
  },
];

/**
 * @param {string | undefined} reply
 */
function dated(reply) {
  if (reply === undefined) return differs("ends TCP without an answer");
  const status = statusOf(reply);
  if (status === 101) return differs("accepts it");
  return DATE.test(field(reply, "Date") ?? "") ? CONFORMS : breaks(`answers ${status} without Date`);
}

/**
 * @param {string | undefined} reply
 */
function continues(reply) {
  if (reply === undefined) return breaks("ends TCP without an answer");
  const status = statusOf(reply);
  if (status === 100) return CONFORMS;
  // A server that does not take it needs no 100.
  return status === 101 ? breaks("answers 101 at once") : differs(`answers ${status}`);
}

/**
 * @param {ServerTarget} target
 * @param {Patience} patience
 */
async function behindRequest(target, patience) {
  const peer = await target.open(encode([text("early")], true));
  try {
    await peer.until(() => peer.messages.length > 0 || peer.over, patience.answer);
    if (peer.fault !== undefined) return breaks(peer.fault);
    return peer.messages[0] === described("text", "early") ? CONFORMS : differs("they are lost");
  } finally {
    peer.destroy();
  }
}

/**
 * @param {ServerTarget} target
 * @param {Patience} patience
 */
async function halfHead(target, patience) {
  const peer = await target.dial();
  try {
    await peer.write(Buffer.from(request(target).slice(0, 40)));
    const reply = await peer.head(patience.timeout);
    if (reply !== undefined) return refused(408, MAY)(reply);
    return differs(peer.over ? "ends TCP without an answer" : "waits longer");
  } finally {
    peer.destroy();
  }
}

/** @param {ServerTarget} target */
async function vanishing(target) {
  const bytes = Buffer.from(request(target));
  for (let at = 0; at < bytes.length; at += CUT_BYTES) {
    const peer = await target.dial();
    await peer.write(bytes.subarray(0, at));
    if (at % 2 === 0) peer.reset();
    else peer.destroy();
  }
  const survivor = await target.open();
  survivor.destroy();
  return CONFORMS;
}
