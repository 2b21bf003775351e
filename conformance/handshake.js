// Opening handshakes as text, good ones and those that a rule spoils.
import { createHash, randomBytes } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** @param {string} key */
export function acceptFor(key) {
  return createHash("sha1")
    .update(key + GUID)
    .digest("base64");
}

/** Header lines; `undefined` takes a line away, a list makes several of it.
 * @typedef {Record<string, string | readonly string[] | undefined>} Lines
 */

/**
 * A good request, but for these lines.
 * @param {{ host: string; path: string }} target
 * @param {Lines} [lines]
 * @param {string} [start] - the request line, `PATH` standing for the path
 */
export function request({ host, path }, lines = {}, start = "GET PATH HTTP/1.1") {
  const good = {
    Host: host,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    "Sec-WebSocket-Version": "13",
  };
  return headOf(start.replace("PATH", path), { ...good, ...lines });
}

/**
 * A good answer, but for these lines.
 * @param {string} requestHead
 * @param {Lines} [lines]
 * @param {string} [start]
 */
export function answer(requestHead, lines = {}, start = "HTTP/1.1 101 Switching Protocols") {
  const good = {
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Accept": acceptFor(field(requestHead, "Sec-WebSocket-Key") ?? ""),
  };
  return headOf(start, { ...good, ...lines });
}

/**
 * @param {string} start
 * @param {Lines} lines
 */
function headOf(start, lines) {
  const all = Object.entries(lines).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((each) => `${name}: ${each}\r\n`),
  );
  return `${start}\r\n${all.join("")}\r\n`;
}

/**
 * The value of a header, several being joined by commas.
 * @param {string} head
 * @param {string} name
 */
export function field(head, name) {
  const values = fields(head, name);
  return values.length === 0 ? undefined : values.join(", ");
}

/**
 * @param {string} head
 * @param {string} name
 */
export function fields(head, name) {
  const prefix = `${name.toLowerCase()}:`;
  const lines = head.split("\r\n").slice(1);
  return lines
    .filter((line) => line.toLowerCase().startsWith(prefix))
    .map((line) => line.slice(prefix.length).trim());
}

/**
 * Whether a header that is a list has a token, without regard to case.
 * @param {string} head
 * @param {string} name
 * @param {string} token
 */
export function hasToken(head, name, token) {
  const tokens = (field(head, name) ?? "").toLowerCase().split(",");
  return tokens.some((each) => each.trim() === token);
}

/** The status of an answer's head, NaN if it is none. @param {string} head */
export function statusOf(head) {
  return Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/m.exec(head.split("\r\n")[0] ?? "")?.[1]);
}
