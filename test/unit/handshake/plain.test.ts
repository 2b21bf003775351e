import { describe, expect, test } from "vitest";
import { buildAnswer, checkPlain, HeadParser } from "../../../src/handshake/index.js";
import { latin1, wire } from "./every-cut.js";

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
    [["PUT / HTTP/1.1", HOST, "Expect: nothing"], { expectsContinue: false }],
  ] as const)("takes %j", (lines, expected) => {
    expect(check(lines)).toMatchObject({ type: "plain", host: "example.org:8080", ...expected });
  });

  test.each([
    [["GET / HTTP/1.1"], 400],
    [["GET http://other/ HTTP/1.1", HOST], 400],
    [["CONNECT / HTTP/1.1", HOST], 501],
    [["TRACE / HTTP/1.1", HOST], 501],
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

  test("takes the application's phrase, and none that is not visible ASCII", () => {
    expect(text(buildAnswer("GET", { ...answer, phrase: "So\tSo" }))).toMatch(/^HTTP\/1\.1 200 So\tSo\r\n/);
    for (const phrase of ["a\r\nb", "é", "\u0000"]) {
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
