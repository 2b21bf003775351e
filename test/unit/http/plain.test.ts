// Requests that ask for no WebSocket, and their answers.
import { describe, expect, test } from "vitest";
import { HeadParser } from "../../../src/handshake/index.js";
import { buildAnswer, checkPlain } from "../../../src/http/plain.js";
import { latin1, wire } from "../handshake/every-cut.js";

function check(lines: readonly string[], maxContentBytes = 100) {
  const result = new HeadParser("request").push(latin1(wire(lines)));
  if (result.type !== "head" || !("method" in result.head)) throw new Error(result.type);
  return checkPlain(result.head, maxContentBytes);
}

const HOST = "Host: example.org:8080";

describe("checkPlain", () => {
  test.each([
    [["GET / HTTP/1.1", HOST], { method: "GET", path: "/", query: undefined, contentLength: 0 }],
    [["POST /a?b HTTP/1.1", HOST, "Content-Length: 100"], { path: "/a", query: "b", contentLength: 100 }],
    [["PUT / HTTP/1.1", HOST, "Content-Length: 0007"], { contentLength: 7, expectsContinue: false }],
    [["PUT / HTTP/1.1", HOST, "Expect: 100-Continue"], { expectsContinue: true }],
    [["PUT / HTTP/1.1", HOST, "Expect: x, 100-continue,"], { expectsContinue: true }],
    [["PUT / HTTP/1.1", HOST, "Expect: nothing"], { expectsContinue: false }],
    [["PUT / HTTP/1.0", HOST, "Expect: 100-continue"], { expectsContinue: false }],
    [["OPTIONS * HTTP/1.1", HOST], { path: "/", query: undefined }],
    [["OPTIONS * HTTP/1.0", HOST], { path: "/", query: undefined }],
    [["OPTIONS /a HTTP/1.1", HOST], { path: "/a" }],
    [["patch / HTTP/1.1", HOST], { method: "patch" }],
    [["PROPFIND / HTTP/1.1", HOST], { method: "PROPFIND" }],
  ] as const)("takes %j", (lines, expected) => {
    expect(check(lines)).toMatchObject({ type: "plain", host: "example.org:8080", ...expected });
  });

  test.each([
    [["OPTIONS / HTTP/1.0"], { host: "localhost", path: "/" }],
    [["OPTIONS * HTTP/1.0"], { host: "localhost", path: "/" }],
    [["GET /a?b HTTP/1.0"], { host: "localhost", path: "/a", query: "b" }],
    [["GET http://Example.org:8080/a?b HTTP/1.0"], { host: "Example.org:8080", path: "/a", query: "b" }],
    [["GET http://[::1]?b HTTP/1.0"], { host: "[::1]", path: "/", query: "b" }],
    [["POST / HTTP/1.0", "Content-Length: 3"], { host: "localhost", contentLength: 3 }],
  ] as const)("takes %j, which names no Host (RFC 9112 section 3.3)", (lines, expected) => {
    expect(check(lines)).toMatchObject({ type: "plain", ...expected });
  });

  test.each([
    [["GET / HTTP/1.0", "Host:"], 400],
    [["GET / HTTP/1.0", HOST, HOST], 400],
    [["GET / HTTP/1.0", "Host: a b"], 400],
    [["GET http:/// HTTP/1.0"], 400],
    [["GET http://a@b/ HTTP/1.0"], 400],
    [["GET http://other/ HTTP/1.0", HOST], 400],
    [["GET * HTTP/1.1", HOST], 400],
    [["OPTIONS ** HTTP/1.1", HOST], 400],
    [["OPTIONS *?a HTTP/1.1", HOST], 400],
    [["OPTIONS * HTTP/1.1"], 400],
    [["GET / HTTP/1.1"], 400],
    [["GET http://other/ HTTP/1.1", HOST], 400],
    [["CONNECT / HTTP/1.1", HOST], 501],
    [["TRACE / HTTP/1.1", HOST], 501],
    [["trace / HTTP/1.1", HOST], 501],
    [["Connect / HTTP/1.1", HOST], 501],
    [["get / HTTP/1.1", HOST], 501],
    [["Post / HTTP/1.1", HOST, "Content-Length: 1"], 501],
    [["oPTIONS * HTTP/1.1", HOST], 400],
    [["TRACK / HTTP/1.1", HOST], 501],
    [["POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked"], 411],
    [["POST / HTTP/1.1", HOST, "Content-Length: 1", "Content-Length: 1"], 400],
    [["POST / HTTP/1.1", HOST, "Content-Length: +1"], 400],
    [["POST / HTTP/1.1", HOST, "Content-Length: 1x"], 400],
    [["POST / HTTP/1.1", HOST, "Content-Length:"], 400],
    [["POST / HTTP/1.1", HOST, "Content-Length: 101"], 413],
  ] as const)("refuses %j with %i", (lines, status) => {
    expect(check(lines)).toMatchObject({ type: "refusal", status });
  });
});

describe("buildAnswer", () => {
  const body = latin1("body");
  const text = (chunks: readonly Uint8Array[]) =>
    chunks.map((chunk) => Buffer.from(chunk).toString("latin1")).join("");
  const answer = { status: 200, phrase: "", headers: [["X-A", "1"]] as const, body };

  test("is a head and a body", () => {
    expect(text(buildAnswer("GET", answer))).toBe(
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\nX-A: 1\r\n\r\nbody",
    );
  });

  test("to HEAD says how long the body would be", () => {
    expect(text(buildAnswer("HEAD", answer))).toMatch(/\r\nContent-Length: 4\r\n.*\r\n\r\n$/s);
  });

  test.each([204, 304])("of %i has no body and no length", (status) => {
    const sent = text(buildAnswer("GET", { ...answer, status }));
    expect(sent).toMatch(/^HTTP\/1\.1 \d+ [A-Za-z ]+\r\nConnection: close\r\nX-A: 1\r\n\r\n$/);
  });

  test("has nothing behind the head if the body is empty", () => {
    expect(buildAnswer("GET", { ...answer, body: new Uint8Array(0) })).toHaveLength(1);
    expect(text(buildAnswer("GET", { ...answer, body: new Uint8Array(0) }))).toContain(
      "Content-Length: 0\r\n",
    );
  });

  test.each(["So\tSo", "caf\u00e9", "\u0080\u00ff"])(
    "takes the application's phrase %j (RFC 9112 section 4)",
    (phrase) => {
      expect(text(buildAnswer("GET", { ...answer, phrase }))).toContain(`HTTP/1.1 200 ${phrase}\r\n`);
    },
  );

  test.each(["caf\u00e9", "\u0080", "\u00ff", "a\u00a0b\tc"])(
    "sends the value %j as a byte for each character (RFC 9110 section 5.5)",
    (value) => {
      const sent = text(buildAnswer("GET", { ...answer, headers: [["X-A", value]] }));
      expect(sent).toContain(`\r\nX-A: ${value}\r\n`);
      expect(sent).toMatch(/\r\n\r\nbody$/);
    },
  );

  test.each([
    "a\r\nb",
    "\n",
    "\r",
    "\u0000",
    "\u0001",
    "\u007f",
    "\u0100",
    "\u20ac",
    "\u{1f600}",
    "\u010d\u010a",
  ])("never sends %j in a value", (value) => {
    expect(() => buildAnswer("GET", { ...answer, headers: [["X-A", value]] })).toThrow(TypeError);
  });

  test("has a Date if there is a clock, unless the application gives one (RFC 9110 section 6.6.1)", () => {
    const now = Date.UTC(1994, 10, 6, 8, 49, 37, 999);
    const dates = (sent: string) => sent.match(/^Date: .*$/gim);
    expect(dates(text(buildAnswer("GET", answer, now)))).toEqual(["Date: Sun, 06 Nov 1994 08:49:37 GMT"]);
    expect(dates(text(buildAnswer("GET", { ...answer, status: 304 }, now + 1)))).toEqual([
      "Date: Sun, 06 Nov 1994 08:49:38 GMT",
    ]);
    expect(dates(text(buildAnswer("GET", answer)))).toBeNull();
    const own = { ...answer, headers: [["date", "today"]] as const };
    expect(dates(text(buildAnswer("GET", own, now)))).toEqual(["date: today"]);
  });

  test("takes no phrase that is not Latin-1, or holds a control character", () => {
    for (const phrase of ["a\r\nb", "\u0100", "\u0000", "\u007f"]) {
      expect(() => buildAnswer("GET", { ...answer, phrase })).toThrow(TypeError);
    }
  });

  test.each(["connection", "Content-Length", "KEEP-ALIVE", "transfer-encoding", "Upgrade"])(
    "leaves out the application's %s",
    (name) => {
      const sent = text(buildAnswer("GET", { ...answer, headers: [[name, "evil"]] }));
      expect(sent).not.toContain("evil");
    },
  );
});
