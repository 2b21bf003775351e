// The answer that turns a request away.
import { describe, expect, test } from "vitest";
import { buildRefusal, HeadParser, type RefusalOptions } from "../../../src/handshake/index.js";
import { everyCut, latin1 } from "../handshake/every-cut.js";

const decoder = new TextDecoder();

describe("buildRefusal", () => {
  test("names the problem, in UTF-8, and ends the connection (RFC 9112 section 9.6)", () => {
    expect(decoder.decode(buildRefusal({ status: 403, body: "caf\u00e9", headers: { "X-A": "b" } }))).toBe(
      "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n" +
        "Content-Length: 5\r\nX-A: b\r\n\r\ncaf\u00e9",
    );
    expect(decoder.decode(buildRefusal({ status: 404 }))).toBe(
      "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n" +
        "Content-Length: 10\r\n\r\nNot Found\n",
    );
    expect(decoder.decode(buildRefusal({ status: 418, reason: "no" }))).toMatch(/^HTTP\/1.1 418 \r\n/);
  });

  test("has a Date if there is a clock, unless the caller gives one (RFC 9110 section 6.6.1)", () => {
    const now = Date.UTC(2026, 0, 31, 23, 59, 59);
    const dates = (options: RefusalOptions, clock?: number) =>
      decoder.decode(buildRefusal(options, clock)).match(/^Date: .*$/gim);
    for (const status of [301, 426, 503]) {
      expect(dates({ status }, now)).toEqual(["Date: Sat, 31 Jan 2026 23:59:59 GMT"]);
      expect(dates({ status }, now + 1000)).toEqual(["Date: Sun, 01 Feb 2026 00:00:00 GMT"]);
    }
    expect(dates({ status: 400 })).toBeNull();
    expect(dates({ status: 400, headers: { DATE: "today" } }, now)).toEqual(["DATE: today"]);
  });

  test("reads an iterator of fields once, and finds in it what it finds in a list", () => {
    const now = Date.UTC(2026, 0, 31);
    const fields = [
      ["Content-Type", "text/html"],
      ["Upgrade", "a"],
      ["Date", "today"],
    ] as const;
    const options = { status: 400, body: "" };
    const asList = decoder.decode(buildRefusal({ ...options, headers: fields }, now));
    expect(decoder.decode(buildRefusal({ ...options, headers: fields.values() }, now))).toBe(asList);
  });

  test("names another protocol only where it is asked for (RFC 9110 section 7.8)", () => {
    const connectionOf = (headers: Record<string, string>) =>
      /\r\nConnection: (.*)\r\n/.exec(decoder.decode(buildRefusal({ status: 400, headers })))?.[1];
    expect(connectionOf({ Upgrade: "a" })).toBe("close, Upgrade");
    expect(connectionOf({ "X-A": "a" })).toBe("close");
  });

  test("leaves the content type to the caller", () => {
    const text = decoder.decode(
      buildRefusal({ status: 403, body: "{}", headers: { "content-type": "x/json" } }),
    );
    expect(text).toBe(
      "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\ncontent-type: x/json\r\n\r\n{}",
    );
  });

  test("takes the failure of a parser as it is", () => {
    const failure = new HeadParser("request").push(latin1("GET / HTTP/3.0"));
    if (failure.type !== "failed") throw new Error(failure.type);
    const outcome = everyCut("response", decoder.decode(buildRefusal(failure)));
    expect(outcome.start).toEqual([505, "HTTP Version Not Supported"]);
    expect(outcome.rest).toBe("the HTTP version is not 1.1\n");
  });

  test.each([300, 599])("takes status %d", (status) => {
    expect(decoder.decode(buildRefusal({ status }))).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test.each([101, 200, 299, 600, 400.5, Number.NaN, -1])("throws for status %d", (status) => {
    expect(() => buildRefusal({ status })).toThrow(RangeError);
  });

  test.each(["Connection", "content-length", "Transfer-Encoding"])(
    "%s is not the caller's to set",
    (name) => {
      expect(() => buildRefusal({ status: 400, headers: { [name]: "x" } })).toThrow(TypeError);
    },
  );
});
