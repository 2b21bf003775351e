// The start of a response's content.
import { describe, expect, test } from "vitest";
import { ContentStart } from "../../../src/http/content-start.js";
import type { ResponseHead } from "../../../src/http/head.js";
import { HeaderList } from "../../../src/http/header-list.js";
import { latin1 } from "../handshake/every-cut.js";

function head(status: number, ...raw: string[]): ResponseHead {
  return { status, reason: "", headers: HeaderList.from(raw) };
}

/** What is collected of these chunks, and whether that is all. */
function collected(of: ResponseHead, chunks: readonly Uint8Array[], most: number): string {
  const content = new ContentStart(of, most);
  for (const chunk of chunks) {
    const borrowed = chunk.slice();
    content.push(borrowed);
    borrowed.fill(0xa5);
  }
  return `${Buffer.from(content.bytes).toString("latin1")}${content.isOver ? "|" : ""}`;
}

/** The one outcome, whole, at every cut and byte by byte. The mark at its end says that nothing more is wanted. */
function everyCut(of: ResponseHead, wire: string, most = 8192): string {
  const bytes = latin1(wire);
  const whole = collected(of, [bytes], most);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const chunks = [bytes.subarray(0, cut), bytes.subarray(cut)];
    expect(collected(of, chunks, most), `cut at ${cut}`).toBe(whole);
  }
  const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
  expect(collected(of, single, most), "byte by byte").toBe(whole);
  return whole;
}

const CHUNKED = ["Transfer-Encoding", "chunked"];

describe("ContentStart", () => {
  test.each([
    ["an end at Content-Length", ["Content-Length", "5"], "hello, and more", "hello|"],
    ["one that is not there yet", ["Content-Length", "6"], "hello", "hello"],
    ["none", ["Content-Length", "0"], "hello", "|"],
    ["the end of the connection", [], "hello", "hello"],
    ["chunks", CHUNKED, "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello|"],
    ["chunks, unfinished", CHUNKED, "2\r\nhe\r\n3\r\nllo\r\n", "hello"],
    ["chunks, cut in their data", CHUNKED, "A\r\nhello", "hello"],
    ["chunks with extensions and a trailer", CHUNKED, "5;a=1\r\nhello\r\n0 ; b\r\nX: 1\r\n\r\n", "hello|"],
    [
      "chunk sizes in any spelling",
      CHUNKED,
      "00a\r\n0123456789\r\nF\r\n0123456789abcde\r\n0",
      "01234567890123456789abcde",
    ],
    [
      "chunks, whatever Content-Length says",
      ["Content-Length", "1", ...CHUNKED],
      "2\r\nhe\r\n0\r\n\r\n",
      "he|",
    ],
    ["chunks, in capitals", ["transfer-encoding", "Chunked"], "2\r\nhe\r\n0\r\n\r\n", "he|"],
  ])("is framed by %s", (_, fields, wire, expected) => {
    expect(everyCut(head(403, ...fields), wire)).toBe(expected);
  });

  test.each([
    ["a length that is none", ["Content-Length", "5x"], "hello", "|"],
    ["a negative length", ["Content-Length", "-5"], "hello", "|"],
    ["two lengths", ["Content-Length", "5", "Content-Length", "6"], "hello", "|"],
    ["an unknown coding", ["Transfer-Encoding", "gzip, chunked"], "5\r\nhello\r\n0\r\n\r\n", "|"],
    ["no size", CHUNKED, "\r\nhello", "|"],
    ["a size that is none", CHUNKED, "5\r\nhello\r\nx\r\n", "hello|"],
    ["a size with a sign", CHUNKED, "+5\r\nhello\r\n", "|"],
    ["a size of too many digits", CHUNKED, "0000000000005\r\nhello", "|"],
    ["a bare LF behind a size", CHUNKED, "5\nhello\r\n", "|"],
    ["a bare CR behind a size", CHUNKED, "5\rhello\r\n", "|"],
    ["data that is longer than its size", CHUNKED, "4\r\nhello\r\n", "hell|"],
    ["data that ends in a bare LF", CHUNKED, "5\r\nhello\n0\r\n", "hello|"],
    ["data that ends in a bare CR", CHUNKED, "5\r\nhello\r0\r\n", "hello|"],
  ])("ends where the framing is wrong: %s", (_, fields, wire, expected) => {
    expect(everyCut(head(403, ...fields), wire)).toBe(expected);
  });

  test.each([101, 204, 304])("has nothing of a %i", (status) => {
    expect(everyCut(head(status), "hello")).toBe("|");
    expect(everyCut(head(status, ...CHUNKED), "5\r\nhello\r\n")).toBe("|");
  });

  test("stops at the limit", () => {
    for (const fields of [[], ["Content-Length", "5"], ["Content-Length", "999"]]) {
      expect(everyCut(head(500, ...fields), "hello, world", 5)).toBe("hello|");
      expect(everyCut(head(500, ...fields), "hello, world", 0)).toBe("|");
    }
    expect(everyCut(head(500, ...CHUNKED), "3\r\nhel\r\n9\r\nlo, world\r\n", 5)).toBe("hello|");
  });

  test("holds no more than the limit, however long the content and however it is cut", () => {
    const long = new ContentStart(head(500, ...CHUNKED), 8192);
    const chunk = latin1("1\r\nx\r\n");
    for (let i = 0; i < 10_000; i++) long.push(chunk);
    expect(long.isOver).toBe(true);
    expect(long.bytes).toEqual(new Uint8Array(8192).fill(0x78));
    expect(long.bytes.buffer.byteLength).toBe(8192);
  });
});
