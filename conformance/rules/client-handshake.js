// What RFC 6455 says of the request of a client, and of how it takes the answer: sections 4.1, 5.3 and 10.3.
import { answering, answerRule, fails, opens, refuses, single, status } from "../answer-trial.js";
import { encode, text } from "../frames.js";
import { answer, field, fields, hasToken } from "../handshake.js";
import { breaks, CONFORMS, differs } from "../verdict.js";

/**
 * @typedef {import("../target.js").ClientTarget} ClientTarget
 * @typedef {import("../verdict.js").Patience} Patience
 */

const ACCEPT = "Sec-WebSocket-Accept";
const PROTOCOL = "Sec-WebSocket-Protocol";
const EXTENSIONS = "Sec-WebSocket-Extensions";

/** @type {readonly import("../verdict.js").Rule[]} */
export const CLIENT_HANDSHAKE_RULES = [
  single(
    "4.1",
    "the request is a GET with Host, Upgrade, Connection, a key of 16 bytes and version 13",
    "request",
    goodRequest,
  ),
  single("4.1", "each request has a key of its own", "two requests", freshKeys),
  single("5.3", "each frame has a masking key of its own", "64 frames", freshMasks),
  answerRule(
    "4.1",
    "a good answer opens the connection, and a frame in its segment is handled",
    [
      answering("plain", {}),
      answering("keep-alive, Upgrade", { Connection: "keep-alive, Upgrade" }),
      answering("no case", { Upgrade: "WebSocket", Connection: "upgrade" }),
      answering("other headers", { Server: "x", "Set-Cookie": "a=b", __proto__: undefined }),
      answering("no reason", {}, "HTTP/1.1 101 "),
      {
        name: "lower case",
        reply: (head) => answer(head).replace(/^[\w-]+:/gm, (name) => name.toLowerCase()),
      },
      {
        name: "white space",
        reply: (head) => answer(head).replace(/^(Sec-WebSocket-Accept: .*)\r\n/m, "$1 \t\r\n"),
      },
    ],
    opens,
  ),
  answerRule(
    "4.1",
    "a status other than 101 opens nothing",
    [
      status("200 OK"),
      status("204 No Content"),
      status("400 Bad Request"),
      status("401 Unauthorized", "WWW-Authenticate: Basic\r\n"),
      status("404 Not Found"),
      status("426 Upgrade Required", "Upgrade: websocket\r\n"),
      status("500 Internal Server Error"),
      answering("200 with all that a 101 has", {}, "HTTP/1.1 200 OK"),
    ],
    refuses,
  ),
  single("4.1", "a redirect is followed on request only", "302", redirect),
  answerRule(
    "4.1",
    "an answer without the right Upgrade fails",
    [
      answering("none", { Upgrade: undefined }),
      answering("another", { Upgrade: "h2c" }),
      answering("a list", { Upgrade: "websocket, h2c" }),
    ],
    fails(true),
  ),
  answerRule(
    "4.1",
    "an answer without upgrade in Connection fails",
    [
      answering("none", { Connection: undefined }),
      answering("keep-alive", { Connection: "keep-alive" }),
      answering("almost", { Connection: "upgraded" }),
    ],
    fails(true),
  ),
  answerRule(
    "4.1",
    "an answer without the right Sec-WebSocket-Accept fails",
    [
      answering("none", { [ACCEPT]: undefined }),
      answering("empty", { [ACCEPT]: "" }),
      answering("another key's", { [ACCEPT]: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }),
      {
        name: "in lower case",
        reply: (head) =>
          answer(head).replace(/^(Sec-WebSocket-Accept: )(.*)$/m, (_, name, value) => name + swapCase(value)),
      },
    ],
    fails(true),
  ),
  answerRule(
    "11.3.3",
    "an answer with two Sec-WebSocket-Accepts fails",
    [{ name: "twice", reply: (head) => answer(head).replace(/^(Sec-WebSocket-Accept: .*\r\n)/m, "$1$1") }],
    fails(false),
  ),
  answerRule(
    "4.1",
    "an extension that was not asked for fails",
    [
      answering("unheard of", { [EXTENSIONS]: "unheard-of" }),
      answering("constructor", { [EXTENSIONS]: "constructor" }),
    ],
    fails(true),
  ),
  answerRule(
    "4.1",
    "a subprotocol that was not asked for fails",
    [
      answering("unheard of", { [PROTOCOL]: "unheard-of" }),
      answering("__proto__", { [PROTOCOL]: "toString" }),
    ],
    fails(true),
  ),
  answerRule(
    "4.1",
    "what is no HTTP/1.1 fails",
    [{ name: "SSH", reply: () => "SSH-2.0-OpenSSH\r\n\r\n" }, answering("no status", {}, "HTTP/1.1")],
    fails(true),
  ),
  answerRule(
    "4.2.2",
    "a 101 in HTTP/1.0 fails",
    [answering("HTTP/1.0", {}, "HTTP/1.0 101 Switching Protocols")],
    fails(false),
  ),
  answerRule(
    "RFC 9112, 2.2",
    "a head with bare LFs fails",
    [{ name: "LF", reply: (head) => answer(head).replaceAll("\r\n", "\n") }],
    fails(false),
  ),
  answerRule(
    "10.4",
    "a head over 16 KiB, or over 100 lines, fails",
    [
      answering("17 KiB", { X: "x".repeat(17 << 10) }),
      answering("1 MiB", { X: "x".repeat(1 << 20) }),
      answering("120 lines", { X: Array.from({ length: 120 }, () => "1") }),
    ],
    fails(false),
  ),
  single("4.1", "an answer that does not come is waited for no longer than 15 s", "silence", silence),
];

/** @param {string} value */
function swapCase(value) {
  return value.replace(/[a-z]/i, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}

/** @param {string} head */
function requestFault(head) {
  const [start = ""] = head.split("\r\n");
  if (!/^GET \/\S* HTTP\/1\.1$/.test(start)) return `asks with ${start}`;
  if (fields(head, "Host").length !== 1) return "sends no Host";
  if (!hasToken(head, "Upgrade", "websocket")) return "sends no Upgrade: websocket";
  if (!hasToken(head, "Connection", "upgrade")) return "sends no Connection: Upgrade";
  if (field(head, "Sec-WebSocket-Version") !== "13") return "sends no Sec-WebSocket-Version: 13";
  const key = field(head, "Sec-WebSocket-Key") ?? "";
  const bytes = Buffer.from(key, "base64");
  return bytes.length === 16 && bytes.toString("base64") === key ? undefined : `sends the key "${key}"`;
}

/** @param {ClientTarget} target */
async function goodRequest(target) {
  const { peer, head } = await target.accept();
  peer.destroy();
  const fault = requestFault(head);
  return fault === undefined ? CONFORMS : breaks(fault);
}

/** @param {ClientTarget} target */
async function freshKeys(target) {
  const keys = new Set();
  for (let i = 0; i < 2; i++) {
    const { peer, head } = await target.accept();
    peer.destroy();
    keys.add(field(head, "Sec-WebSocket-Key"));
  }
  return keys.size === 2 ? CONFORMS : breaks("sends one key twice");
}

/**
 * @param {ClientTarget} target
 * @param {Patience} patience
 */
async function freshMasks(target, patience) {
  const count = 64;
  const peer = await target.open(
    encode(
      Array.from({ length: count }, () => text("x")),
      false,
    ),
  );
  try {
    if (!(await peer.until(() => peer.messages.length === count || peer.over, patience.answer)))
      return breaks("does not echo");
    if (peer.keys.length < count) return breaks("does not mask");
    // Two of 64 random keys are alike once in two million runs.
    return new Set(peer.keys).size === peer.keys.length ? CONFORMS : breaks("uses a masking key twice");
  } finally {
    peer.destroy();
  }
}

/**
 * @param {ClientTarget} target
 * @param {Patience} patience
 */
async function redirect(target, patience) {
  const elsewhere = "/redirected";
  const { peer, lane } = await target.accept();
  const location = `Location: ws://${lane.host}${elsewhere}\r\n`;
  await peer.write(
    Buffer.from(`HTTP/1.1 302 Found\r\n${location}Connection: close\r\nContent-Length: 0\r\n\r\n`),
  );
  peer.end();
  // Whichever connection comes next: the program's next try, or where it was led.
  const next = await lane.next();
  const head = await next.head(patience.answer);
  next.destroy();
  peer.destroy();
  return head?.startsWith(`GET ${elsewhere}`) ? differs("follows it unasked") : CONFORMS;
}

/**
 * @param {ClientTarget} target
 * @param {Patience} patience
 */
async function silence(target, patience) {
  const { peer } = await target.accept();
  const over = await peer.until(() => peer.over, patience.timeout);
  peer.destroy();
  return over ? CONFORMS : differs("waits longer");
}
