// Each thing that can be wrong with a handshake has a reason of its own: peers get it as the body of an answer, applications as the message
// of an exception.
import { STATUS_CODES } from "node:http";
import { describe, expect, test } from "vitest";
import { acceptKey, makeKey } from "../../../src/handshake/accept-key.js";
import {
  buildAccept,
  buildRefusal,
  buildRequest,
  checkResponse,
  checkUpgrade,
  HeadParser,
  type UpgradeRules,
} from "../../../src/handshake/index.js";
import { HeaderList } from "../../../src/http/header-list.js";
import { buildAnswer, checkPlain } from "../../../src/http/plain.js";
import { reasonPhrase } from "../../../src/http/reason-phrase.js";
import { buildConnect } from "../../../src/http/tunnel.js";
import { add, change, EXAMPLE, latin1, outcomeOf, wire } from "./every-cut.js";

const KEY = makeKey(new Uint8Array(16));

function requestOf(text: string) {
  const result = new HeadParser("request").push(latin1(text));
  if (result.type !== "head") throw new Error(result.type);
  return result.head;
}

/** The reason of a refusal or a failure. */
function reasonOf(result: object | undefined): string {
  const reason: unknown = Reflect.get(result ?? {}, "reason");
  if (typeof reason !== "string") throw new Error(`${JSON.stringify(result)} has no reason`);
  return reason;
}

/** Makes a test of each kind of bad head: its status, at its last byte, and one reason for all that is wrong in the same way. */
function expectHeads(
  kind: "request" | "response",
  heads: Readonly<Record<string, readonly [status: number, ...texts: string[]]>>,
): void {
  const limits = { maxHeadBytes: 100, maxHeaderLines: 2 };
  const failureOf = (text: string): string => outcomeOf(kind, [latin1(text)], limits).failure ?? "none";

  test.each(Object.entries(heads))("a head for %s", (_, [status, ...texts]) => {
    for (const text of texts) {
      expect(failureOf(text), JSON.stringify(text)).toMatch(new RegExp(`^${status} \\S`));
      expect(failureOf(text.slice(0, -1)), JSON.stringify(text)).toBe("more");
    }
    expect(new Set(texts.map(failureOf)).size).toBe(1);
  });

  test("each kind of bad head with a reason of its own", () => {
    expectDistinct(Object.values(heads).map(([, text = ""]) => failureOf(text)));
  });
}

/** A reason is there, and different things have different reasons. */
function expectDistinct(reasons: readonly string[]): void {
  expect(reasons.filter((reason) => reason.trim() === "")).toEqual([]);
  expect(new Set(reasons).size).toBe(reasons.length);
}

describe("a server refuses", () => {
  const UPGRADE = { Upgrade: "websocket" };
  const VERSION = { Upgrade: "websocket", "Sec-WebSocket-Version": "13" };
  const origins: UpgradeRules = { origins: [] };

  const UPGRADES: readonly [string, number, Record<string, string>, UpgradeRules?][] = [
    [change("GET", "PUT / HTTP/1.1"), 405, { Allow: "GET" }],
    [change("GET", "GET / HTTP/1.0"), 400, {}],
    [change("Host"), 400, {}],
    [change("GET", "GET * HTTP/1.1"), 400, {}],
    [change("Upgrade"), 426, UPGRADE],
    [change("Connection"), 426, UPGRADE],
    [change("Sec-WebSocket-Key"), 400, {}],
    [change("Sec-WebSocket-Version"), 426, VERSION],
    [add("Content-Length: 5"), 400, {}],
    [change("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: ,"), 400, {}],
    [add("Sec-WebSocket-Extensions: ,"), 400, {}],
    [add("Origin: b"), 400, {}],
    [wire(EXAMPLE), 403, {}, origins],
  ];

  test.each(UPGRADES)("the upgrade request %j with %i", (text, status, headers, options) => {
    expect(checkUpgrade(requestOf(text), options)).toMatchObject({ type: "refusal", status, headers });
  });

  test("each kind of bad upgrade request with a reason of its own", () => {
    expectDistinct(UPGRADES.map(([text, , , options]) => reasonOf(checkUpgrade(requestOf(text), options))));
  });

  const PLAIN: readonly [string, string, number][] = [
    ["GET / HTTP/1.1", "X: y", 400],
    ["TRACE / HTTP/1.1", "Host: a", 501],
    ["PUT / HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked", 411],
    ["PUT / HTTP/1.1", "Host: a\r\nContent-Length: x", 400],
    ["PUT / HTTP/1.1", "Host: a\r\nContent-Length: 2", 413],
  ];

  test.each(PLAIN)("the plain request %j %j with %i", (line, fields, status) => {
    const refusal = checkPlain(requestOf(wire([line, fields])), 1);
    expect(refusal).toMatchObject({ type: "refusal", status, headers: {} });
  });

  test("each kind of bad plain request with a reason of its own", () => {
    expectDistinct(PLAIN.map(([line, fields]) => reasonOf(checkPlain(requestOf(wire([line, fields])), 1))));
  });

  /** Heads by what is wrong with them, each at its last byte. */
  const HEADS: Readonly<Record<string, readonly [status: number, ...texts: string[]]>> = {
    "the request line": [400, " ", "\r\n\r", "\r\n "],
    "the target": [400, "GET  "],
    "the version": [
      400,
      ...["GET / HTTP/1.1 ", "GET / HTTX", "GET / HTTP/1:", "GET / HTTP/1./", "GET / HTTP/1.:"],
      ...["GET / HTTP//", "GET / HTTP/:"],
    ],
    "another version": [505, "GET / HTTP/0", "GET / HTTP/9"],
    "the end of a line": [400, "\r\r", "GET / HTTP/1.1\rX"],
    "a folded line": [400, "GET / HTTP/1.1\r\n "],
    "the name of a header": [400, "GET / HTTP/1.1\r\n(", "GET / HTTP/1.1\r\nA "],
    "the value of a header": [400, "GET / HTTP/1.1\r\nA:\0", "GET / HTTP/1.1\r\nA:b\0"],
    "too many lines": [431, "GET / HTTP/1.1\r\nA:\r\nB:\r\nC"],
    "too many bytes": [431, `GET /${"a".repeat(95)}`],
  };

  expectHeads("request", HEADS);

  test.each(statusWords())("%i with the words of the registry", (status, words) => {
    expect(reasonPhrase(status)).toBe(words);
  });
});

/** Those that a server here is likely to send; the rest go without. */
function statusWords(): [number, string][] {
  const known = [
    ...[200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 411],
    ...[426, 429, 431, 500, 501, 502, 503, 504, 505],
  ];
  const words = known.map((status): [number, string] => [status, STATUS_CODES[status] ?? ""]);
  // Node 20 has the older name.
  return [...words, [413, "Content Too Large"], [418, ""], [599, ""]];
}

describe("a client refuses", () => {
  expectHeads("response", {
    "the status code": [400, "HTTP/1.1 X", "HTTP/1.1 101x", "HTTP/1.1 0", "HTTP/1.1 1:", "HTTP/1.1 1/"],
    "an older version": [400, "HTTP/1.0 101 "],
    "the status line": [400, "HTTP/1.1 200 a\0"],
    "the version": [400, "HTTP/1.1\r"],
  });

  const accept = `Sec-WebSocket-Accept: ${acceptKey(KEY)}`;
  const switching = ["Upgrade: websocket", "Connection: upgrade"];
  const ANSWERS: readonly [string, readonly string[], string][] = [
    ["HTTP/1.1 404", [], "UNEXPECTED_STATUS"],
    ["HTTP/1.1 101", [], "INVALID_UPGRADE"],
    ["HTTP/1.1 101", ["Upgrade: websocket"], "INVALID_CONNECTION"],
    ["HTTP/1.1 101", switching, "INVALID_ACCEPT"],
    ["HTTP/1.1 101", [...switching, accept, "Sec-WebSocket-Extensions: a"], "UNREQUESTED_EXTENSION"],
    ["HTTP/1.1 101", [...switching, accept, "Sec-WebSocket-Protocol: a"], "UNREQUESTED_SUBPROTOCOL"],
  ];
  const check = (line: string, fields: readonly string[]) => {
    const result = new HeadParser("response").push(latin1(wire([line, ...fields])));
    if (result.type !== "head") throw new Error(result.type);
    return checkResponse(result.head, { key: KEY });
  };

  test.each(ANSWERS)("the answer %s %j: %s", (line, fields, code) => {
    expect(check(line, fields)).toMatchObject({ type: "failure", code });
  });

  test("each kind of bad answer with a reason of its own", () => {
    expectDistinct(ANSWERS.map(([line, fields]) => reasonOf(check(line, fields))));
  });
});

describe("a call that makes no sense throws", () => {
  const request = { host: "a", target: "/", key: KEY };
  const offer = { key: KEY, protocols: ["chat"] };
  const answer = { status: 200, phrase: "", headers: [], body: new Uint8Array(0) };
  const finished = new HeadParser("request");
  finished.push(latin1(wire(EXAMPLE)));
  const broken: string[] = ["a", ""];
  Reflect.set(broken, 1, 7);

  const CALLS: readonly [string, ErrorConstructor, () => unknown][] = [
    ["acceptKey: the key", TypeError, () => acceptKey("x")],
    ["makeKey: too few bytes", RangeError, () => makeKey(new Uint8Array(8))],
    ["HeaderList.from: an odd count", TypeError, () => HeaderList.from(["a"])],
    ["HeaderList.from: no string", TypeError, () => HeaderList.from(broken)],
    ["HeadParser: maxHeadBytes", RangeError, () => new HeadParser("request", { maxHeadBytes: 0 })],
    ["HeadParser: maxHeaderLines", RangeError, () => new HeadParser("request", { maxHeaderLines: 0 })],
    ["HeadParser: bytes behind the head", Error, () => finished.push(latin1("x"))],
    ["buildRequest: host", TypeError, () => buildRequest({ ...request, host: "a b" })],
    ["buildRequest: target", TypeError, () => buildRequest({ ...request, target: "a" })],
    ["buildRequest: key", TypeError, () => buildRequest({ ...request, key: "a" })],
    ["buildRequest: protocols", TypeError, () => buildRequest({ ...request, protocols: ["a", "a"] })],
    [
      "buildRequest: a header of its own",
      TypeError,
      () => buildRequest({ ...request, headers: { "Proxy-Authorization": "a" } }),
    ],
    ["buildRequest: a header name", TypeError, () => buildRequest({ ...request, headers: { "a b": "" } })],
    ["buildRequest: a header value", TypeError, () => buildRequest({ ...request, headers: { a: "\n" } })],
    ["buildAccept: a protocol that was not offered", TypeError, () => buildAccept(offer, { protocol: "x" })],
    ["buildRefusal: a status that refuses nothing", RangeError, () => buildRefusal({ status: 200 })],
    ["buildAnswer: a status text", TypeError, () => buildAnswer("GET", { ...answer, phrase: "\n" })],
    ["buildConnect: authority", TypeError, () => buildConnect({ authority: "" })],
  ];

  test.each(CALLS)("%s", (_, type, act) => {
    expect(act).toThrow(type);
  });

  test("with a message of its own", () => {
    expectDistinct(CALLS.map(([, , act]) => messageOf(act)));
  });
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  return "";
}
