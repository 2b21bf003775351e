// Where a head is at the very edge of what is kept, counted or taken.
import { expect, test } from "vitest";
import { HeadParser } from "../../../src/handshake/index.js";
import { latin1, outcomeOf } from "./every-cut.js";

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
  expect(outcomeOf("request", [latin1("GET /a")], { maxHeadBytes: 6 }).failure).toBe(
    "431 the head is over 6 bytes",
  );
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
