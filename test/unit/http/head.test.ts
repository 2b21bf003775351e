// Heads of requests and responses, whole and in every cut.
import { describe, expect, test, vi } from "vitest";
import { HeadParser } from "../../../src/handshake/index.js";
import { EXAMPLE, everyCut, latin1, outcomeOf, wire } from "../handshake/every-cut.js";

describe("HeadParser", () => {
  test("gives start line and fields as sent, in every cut", () => {
    const outcome = everyCut("request", `${wire(EXAMPLE)}rest`);
    expect(outcome.start).toEqual(["GET", "/chat"]);
    expect(outcome.fields.map(([name, value]) => `${name}: ${value}`)).toEqual(EXAMPLE.slice(1));
    expect(outcome.rest).toBe("rest");
  });

  test("reads a head without fields (RFC 9112 section 2.1)", () => {
    expect(everyCut("request", "GET / HTTP/1.1\r\n\r\n").fields).toEqual([]);
    expect(everyCut("response", "HTTP/1.1 101\r\n\r\n").start).toEqual([101, ""]);
    expect(everyCut("response", "HTTP/1.1 599 caf\xe9 \r\n\r\n").start).toEqual([599, "caf\xe9 "]);
  });

  test("rest is a view of the last chunk", () => {
    const chunk = latin1(`${wire(EXAMPLE)}rest`);
    const result = new HeadParser("request").push(chunk);
    if (result.type !== "head") throw new Error(result.type);
    expect(result.rest.buffer).toBe(chunk.buffer);
    expect(result.rest.byteOffset).toBe(chunk.length - 4);
  });

  test("takes a chunk at any offset of its buffer", () => {
    const buffer = latin1(`xxx${wire(EXAMPLE)}rest`);
    expect(outcomeOf("request", [buffer.subarray(3)])).toEqual(everyCut("request", `${wire(EXAMPLE)}rest`));
  });

  test("does not depend on a chunk after the call", () => {
    const bytes = latin1(wire(EXAMPLE));
    const parser = new HeadParser("request");
    const first = bytes.slice(0, 100);
    parser.push(first);
    first.fill(0xa5);
    const result = parser.push(bytes.subarray(100));
    if (result.type !== "head") throw new Error(result.type);
    expect(result.head.headers.get("host")).toBe("server.example.com");
  });

  test("takes shared memory, of which nothing is needed after the call", () => {
    const bytes = latin1(`${wire(EXAMPLE)}rest`);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    expect(outcomeOf("request", [shared])).toEqual(outcomeOf("request", [bytes]));
    const result = new HeadParser("request").push(shared);
    if (result.type !== "head") throw new Error(result.type);
    shared.fill(0xa5);
    expect(result.rest).toEqual(latin1("rest"));
  });

  test("reads where the host has no shared memory", () => {
    const bytes = latin1(wire(EXAMPLE));
    vi.stubGlobal("SharedArrayBuffer", undefined);
    try {
      expect(new HeadParser("request").push(bytes).type).toBe("head");
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test("passes over one empty line in front of a request line, in every cut (RFC 9112 section 2.2)", () => {
    const text = `\r\n${wire(EXAMPLE)}`;
    expect(everyCut("request", `${text}rest`)).toEqual({
      ...everyCut("request", `${wire(EXAMPLE)}rest`),
      headBytes: text.length,
    });
    expect(everyCut("request", text, { maxHeadBytes: text.length }).failure).toBeUndefined();
    expect(everyCut("request", text, { maxHeadBytes: text.length - 1 }).failure).toMatch(/^431 /);
    for (const more of ["\r\n", "\n", "\r", " ", "\r\n\r\n"]) {
      expect(everyCut("request", more + text).failure).toMatch(/^400 /);
    }
    expect(everyCut("response", "\r\nHTTP/1.1 200 OK\r\n\r\n").failure).toMatch(/^400 /);
  });

  test.each([
    ["HTTP/1.0", "1.0"],
    ["HTTP/1.1", "1.1"],
    ["HTTP/1.2", "1.1"],
    ["HTTP/1.5", "1.1"],
    ["HTTP/1.9", "1.1"],
  ])("a request in %s is answered as %s (RFC 9110 section 2.5)", (sent, version) => {
    const result = new HeadParser("request").push(latin1(`GET / ${sent}\r\n\r\n`));
    if (result.type !== "head") throw new Error(result.type);
    expect(result.head.httpVersion).toBe(version);
    expect(everyCut("request", `GET / ${sent}\r\n\r\n`).start).toEqual(["GET", "/"]);
    expect(everyCut("response", `${sent} 200 OK\r\n\r\n`).start).toEqual([200, "OK"]);
  });

  test("fails at the first bad byte, waiting for nothing", () => {
    for (const start of [
      "\n",
      "G\x00",
      "GET /a\x80",
      "GET / HTTQ",
      "GET / HTTP/1.1\n",
      "GET / HTTP/1.1\r\n ",
    ]) {
      expect(new HeadParser("request").push(latin1(start)).type).toBe("failed");
      expect(new HeadParser("request").push(latin1(start.slice(0, -1))).type).toBe("more");
    }
  });

  test("gives the same failure for ever, and holds nothing", () => {
    const parser = new HeadParser("request");
    parser.push(latin1("GET /"));
    const failure = parser.push(latin1("\x00"));
    expect(failure).toMatchObject({ type: "failed", status: 400 });
    expect(parser.push(latin1("GET / HTTP/1.1\r\n\r\n"))).toBe(failure);
    expect([parser.retainedBytes, parser.headBytes]).toEqual([0, 6]);
  });

  test("throws if it is fed behind the head", () => {
    const parser = new HeadParser("request");
    parser.push(latin1(wire(EXAMPLE)));
    expect(parser.retainedBytes).toBe(0);
    expect(() => parser.push(latin1("x"))).toThrow("the head is complete");
  });

  test("empty chunks change nothing", () => {
    const empty = new Uint8Array(0);
    const bytes = latin1(wire(EXAMPLE));
    expect(outcomeOf("request", [empty, bytes.subarray(0, 9), empty, empty, bytes.subarray(9)])).toEqual(
      outcomeOf("request", [bytes]),
    );
  });

  test("the parsers' limits are positive integers", () => {
    for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new HeadParser("request", { maxHeadBytes: limit })).toThrow(RangeError);
      expect(() => new HeadParser("request", { maxHeaderLines: limit })).toThrow(RangeError);
    }
  });

  test("retains no more than twice what came, and never more than the limit", () => {
    const parser = new HeadParser("request", { maxHeadBytes: 5000 });
    parser.push(latin1("GET /"));
    for (let length = 5; length < 4999; length++) {
      expect(parser.push(Uint8Array.of(0x78)).type).toBe("more");
      expect(parser.retainedBytes).toBeLessThanOrEqual(Math.min(5000, Math.max(512, 2 * (length + 1))));
    }
    expect(parser.push(Uint8Array.of(0x78))).toMatchObject({ status: 431 });
  });

  test.each([
    [1, 512],
    [512, 512],
    [513, 1024],
    [1024, 1024],
    [3000, 3001],
  ])("the first %i bytes of a head are kept in %i", (length, kept) => {
    const parser = new HeadParser("request", { maxHeadBytes: 3001 });
    parser.push(latin1(`GET /${"a".repeat(5000)}`.slice(0, length)));
    expect(parser.retainedBytes).toBe(kept);
  });

  test("what is wrong with the last byte that a head may have is said, not that it is too long", () => {
    expect(outcomeOf("request", [latin1("GET /\0")], { maxHeadBytes: 6 }).failure).toBe(
      "400 the request target is malformed",
    );
    for (const text of ["GET /a", "GET /ab", "GET /abc", "GET /a\0"]) {
      expect(outcomeOf("request", [latin1(text)], { maxHeadBytes: 6 }).failure).toBe(
        "431 the head is over 6 bytes",
      );
    }
  });

  test("a limit that is the length of the head lets it through", () => {
    const text = "GET / HTTP/1.1\r\n\r\n";
    expect(outcomeOf("request", [latin1(text)], { maxHeadBytes: text.length }).start).toEqual(["GET", "/"]);
  });

  test.each(["GET / 1", "GET / 0", "GET / HTTP1", "GET / HTTP/11", "GET / HTTP/10", "GET / HTTP/1.1\r1"])(
    "a digit at the end of %j, where the version has none, is answered 400 (RFC 9112 section 2.3)",
    (text) => {
      expect(outcomeOf("request", [latin1(text)]).failure).toMatch(/^400 /);
    },
  );
});
