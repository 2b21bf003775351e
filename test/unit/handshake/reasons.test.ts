// What is said when something is wrong: peers get it as the body of an answer, applications as an exception's message.
import { STATUS_CODES } from "node:http";
import { describe, expect, test } from "vitest";
import {
  acceptKey,
  buildAccept,
  buildAnswer,
  buildConnect,
  buildRefusal,
  buildRequest,
  checkPlain,
  checkResponse,
  checkUpgrade,
  HeaderList,
  HeadParser,
  makeKey,
  type UpgradeOptions,
} from "../../../src/handshake/index.js";
import { reasonPhrase } from "../../../src/http/reason-phrase.js";
import { add, change, EXAMPLE, latin1, outcomeOf, wire } from "./every-cut.js";

const KEY = makeKey(new Uint8Array(16));

function requestOf(text: string) {
  const result = new HeadParser("request").push(latin1(text));
  if (result.type !== "head") throw new Error(result.type);
  return result.head;
}

describe("a server says", () => {
  const UPGRADE = { Upgrade: "websocket" };
  const VERSION = { Upgrade: "websocket", "Sec-WebSocket-Version": "13" };
  const origins: UpgradeOptions = { origins: [] };

  test.each<[string, number, string, Record<string, string>, UpgradeOptions?]>([
    [change("GET", "PUT / HTTP/1.1"), 405, "the method is not GET", { Allow: "GET" }],
    [change("GET", "GET / HTTP/1.0"), 400, "HTTP/1.0 cannot upgrade a connection", {}],
    [change("Host"), 400, "there is not exactly one valid Host header", {}],
    [change("GET", "GET * HTTP/1.1"), 400, "the request target is malformed or not of this host", {}],
    [change("Upgrade"), 426, "the Upgrade header does not name websocket", UPGRADE],
    [change("Connection"), 426, "the Connection header does not name upgrade", UPGRADE],
    [
      change("Sec-WebSocket-Key"),
      400,
      "there is not exactly one Sec-WebSocket-Key of 16 bytes in base64",
      {},
    ],
    [change("Sec-WebSocket-Version"), 426, "the WebSocket version is not 13", VERSION],
    [add("Content-Length: 5"), 400, "an upgrade request cannot have content", {}],
    [
      change("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: ,"),
      400,
      "Sec-WebSocket-Protocol is malformed",
      {},
    ],
    [add("Sec-WebSocket-Extensions: ,"), 400, "Sec-WebSocket-Extensions is malformed", {}],
    [add("Origin: b"), 400, "there is more than one Origin header", {}],
    [wire(EXAMPLE), 403, "the origin is not allowed", {}, origins],
  ])("to the upgrade request %j: %i %s", (text, status, reason, headers, options) => {
    expect(checkUpgrade(requestOf(text), options)).toEqual({ type: "refusal", status, reason, headers });
  });

  test.each([
    ["GET / HTTP/1.1", "X: y", 400, "there is not exactly one valid Host header"],
    ["TRACE / HTTP/1.1", "Host: a", 501, "no such method here"],
    ["PUT / HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked", 411, "content needs a Content-Length"],
    ["PUT / HTTP/1.1", "Host: a\r\nContent-Length: x", 400, "Content-Length is no number"],
    ["PUT / HTTP/1.1", "Host: a\r\nContent-Length: 2", 413, "the content is too long"],
  ])("to the plain request %j %j: %i %s", (line, fields, status, reason) => {
    const refusal = checkPlain(requestOf(wire([line, fields])), 1);
    expect(refusal).toEqual({ type: "refusal", status, reason, headers: {} });
  });

  test.each([
    [" ", "400 the request line is malformed"],
    ["GET  ", "400 the request target is malformed"],
    ["GET / HTTP/1.1 ", "400 the HTTP version is malformed"],
    ["GET / HTTX", "400 the HTTP version is malformed"],
    ["\r\r", "400 a line does not end with CR LF"],
    ["\r\n\r", "400 the request line is malformed"],
    ["\r\n ", "400 the request line is malformed"],
    ["GET / HTTP/0", "505 the HTTP version is not 1.1"],
    ["GET / HTTP/9", "505 the HTTP version is not 1.1"],
    ["GET / HTTP/1:", "400 the HTTP version is malformed"],
    ["GET / HTTP/1./", "400 the HTTP version is malformed"],
    ["GET / HTTP/1.:", "400 the HTTP version is malformed"],
    ["GET / HTTP//", "400 the HTTP version is malformed"],
    ["GET / HTTP/:", "400 the HTTP version is malformed"],
    ["GET / HTTP/1.1\rX", "400 a line does not end with CR LF"],
    ["GET / HTTP/1.1\r\n ", "400 a header line is folded"],
    ["GET / HTTP/1.1\r\n(", "400 a header name is malformed"],
    ["GET / HTTP/1.1\r\nA ", "400 a header name is malformed"],
    ["GET / HTTP/1.1\r\nA:\0", "400 a header value holds a control character"],
    ["GET / HTTP/1.1\r\nA:b\0", "400 a header value holds a control character"],
    ["GET / HTTP/1.1\r\nA:\r\nB:\r\nC", "431 there are more than 2 header lines"],
    [`GET /${"a".repeat(95)}`, "431 the head is over 100 bytes"],
  ])("of the head %j: %s", (text, failure) => {
    const limits = { maxHeadBytes: 100, maxHeaderLines: 2 };
    expect(outcomeOf("request", [latin1(text)], limits).failure).toBe(failure);
    expect(outcomeOf("request", [latin1(text.slice(0, -1))], limits).failure).toBe("more");
  });

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

describe("a client says", () => {
  test.each([
    ["HTTP/1.1 X", "400 the status code is malformed"],
    ["HTTP/1.1 101x", "400 the status code is malformed"],
    ["HTTP/1.1 0", "400 the status code is malformed"],
    ["HTTP/1.1 1:", "400 the status code is malformed"],
    ["HTTP/1.1 1/", "400 the status code is malformed"],
    ["HTTP/1.0 101 ", "400 HTTP/1.0 cannot upgrade a connection"],
    ["HTTP/1.1 200 a\0", "400 the status line is malformed"],
    ["HTTP/1.1\r", "400 the HTTP version is malformed"],
  ])("of the head %j: %s", (text, failure) => {
    expect(outcomeOf("response", [latin1(text)]).failure).toBe(failure);
  });

  const accept = `Sec-WebSocket-Accept: ${acceptKey(KEY)}`;
  test.each([
    ["HTTP/1.1 404", [], "UNEXPECTED_STATUS", "the server answered 404"],
    ["HTTP/1.1 101", [], "INVALID_UPGRADE", "the Upgrade header is not websocket"],
    [
      "HTTP/1.1 101",
      ["Upgrade: websocket"],
      "INVALID_CONNECTION",
      "the Connection header does not name upgrade",
    ],
    [
      "HTTP/1.1 101",
      ["Upgrade: websocket", "Connection: upgrade"],
      "INVALID_ACCEPT",
      "the Sec-WebSocket-Accept header does not answer the key",
    ],
    [
      "HTTP/1.1 101",
      ["Upgrade: websocket", "Connection: upgrade", accept, "Sec-WebSocket-Extensions: a"],
      "UNREQUESTED_EXTENSION",
      "the server uses an extension that was not asked for",
    ],
    [
      "HTTP/1.1 101",
      ["Upgrade: websocket", "Connection: upgrade", accept, "Sec-WebSocket-Protocol: a"],
      "UNREQUESTED_SUBPROTOCOL",
      "the server uses a subprotocol that was not asked for",
    ],
  ])("to the answer %s %j: %s, %s", (line, fields, code, reason) => {
    const result = new HeadParser("response").push(latin1(wire([line, ...fields])));
    if (result.type !== "head") throw new Error(result.type);
    expect(checkResponse(result.head, { key: KEY })).toMatchObject({ type: "failure", code, reason });
  });
});

describe("who calls with what makes no sense is told", () => {
  const request = { host: "a", target: "/", key: KEY };
  const offer = { key: KEY, protocols: ["chat"] };
  const answer = { status: 200, phrase: "", headers: [], body: new Uint8Array(0) };
  const finished = new HeadParser("request");
  finished.push(latin1(wire(EXAMPLE)));
  const broken: string[] = ["a", ""];
  Reflect.set(broken, 1, 7);

  test.each<[Error, () => unknown]>([
    [new TypeError("the key must be 16 bytes in base64"), () => acceptKey("x")],
    [new RangeError("a key is made of 16 random bytes"), () => makeKey(new Uint8Array(8))],
    [new TypeError("raw headers must hold a value for each name"), () => HeaderList.from(["a"])],
    [new TypeError("raw headers must be strings"), () => HeaderList.from(broken)],
    [
      new RangeError("maxHeadBytes must be a positive integer"),
      () => new HeadParser("request", { maxHeadBytes: 0 }),
    ],
    [
      new RangeError("maxHeaderLines must be a positive integer"),
      () => new HeadParser("request", { maxHeaderLines: 0 }),
    ],
    [
      new Error("the head is complete; what follows it is not for this parser"),
      () => finished.push(latin1("x")),
    ],
    [
      new TypeError("host must be a host with an optional port"),
      () => buildRequest({ ...request, host: "a b" }),
    ],
    [
      new TypeError("target must begin with / and be percent-encoded, without a fragment"),
      () => buildRequest({ ...request, target: "a" }),
    ],
    [new TypeError("key must be 16 bytes in base64"), () => buildRequest({ ...request, key: "a" })],
    [
      new TypeError("subprotocols must be tokens, each of them once"),
      () => buildRequest({ ...request, protocols: ["a", "a"] }),
    ],
    [
      new TypeError("the header Proxy-Authorization is not yours to set"),
      () => buildRequest({ ...request, headers: { "Proxy-Authorization": "a" } }),
    ],
    [new TypeError('"a b" is no header name'), () => buildRequest({ ...request, headers: { "a b": "" } })],
    [
      new TypeError("the value of the header a must be a string of visible ASCII, spaces and tabs"),
      () => buildRequest({ ...request, headers: { a: "\n" } }),
    ],
    [
      new TypeError("the subprotocol is not one that the client offered"),
      () => buildAccept(offer, { protocol: "x" }),
    ],
    [new RangeError("a refusal has a status from 300 to 599"), () => buildRefusal({ status: 200 })],
    [
      new TypeError("the status text must be Latin-1 without control characters"),
      () => buildAnswer("GET", { ...answer, phrase: "\n" }),
    ],
    [new TypeError("authority must be a host with a port"), () => buildConnect({ authority: "" })],
  ])("%s", (error, act) => {
    expect(act).toThrow(error);
  });
});
