// The request that a client writes.
import { describe, expect, test } from "vitest";
import { makeKey } from "../../../src/handshake/accept-key.js";
import { buildRequest, type RequestOptions } from "../../../src/handshake/index.js";
import { accepted } from "./every-cut.js";

const decoder = new TextDecoder();
const GOOD: RequestOptions = { host: "example.com:8080", target: "/a?b", key: makeKey(new Uint8Array(16)) };

describe("buildRequest", () => {
  test("has no line for what is not asked for", () => {
    expect(decoder.decode(buildRequest({ host: "a", target: "/", key: GOOD.key }))).toBe(
      `GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${GOOD.key}\r\n` +
        "Sec-WebSocket-Version: 13\r\n\r\n",
    );
  });

  test("a name that only begins as a reserved one is the caller's, and a value may be empty", () => {
    const headers = { "Host-Name": "a", "Upgrade-Insecure-Requests": "1", Empty: "" };
    expect(decoder.decode(buildRequest({ ...GOOD, headers }))).toMatch(
      /\r\nHost-Name: a\r\nUpgrade-Insecure-Requests: 1\r\nEmpty: \r\n\r\n$/,
    );
  });

  test("is a request that our own server takes (RFC 6455 section 4.1)", () => {
    const sent = buildRequest({ ...GOOD, headers: new Map([["X-A", "1"]]), protocols: ["a"] });
    const request = accepted(decoder.decode(sent));
    expect(request).toMatchObject({ host: "example.com:8080", path: "/a", query: "b", protocols: ["a"] });
    expect(request.headers.get("x-a")).toBe("1");
  });

  test.each<Partial<RequestOptions>>([
    { host: "" },
    { host: "a b" },
    { host: "a\r\nX: y" },
    { host: "user@a" },
    { host: "a/b" },
    { target: "" },
    { target: "a" },
    { target: "http://a/" },
    { target: "/a b" },
    { target: "/a#b" },
    { target: "/a\r\nX: y" },
    { target: "/\u00e9" },
    { key: "" },
    { key: "AAAAAAAAAAAAAAAAAAAAAA=" },
    { protocols: [""] },
    { protocols: ["a", "a"] },
    { protocols: ["a b"] },
    { protocols: ["a\r\nX: y"] },
    { origin: "http://a\r\nX: y" },
    { headers: { X: "a\r\nY: b" } },
    { headers: { X: "a\nb" } },
    { headers: { X: "a\0" } },
    { headers: { X: "\u00e9" } },
    { headers: { "X Y": "a" } },
    { headers: { "": "a" } },
    { headers: [["X\u00e9", "a"]] },
  ])("throws for %j before anything is written (RFC 9110 section 5)", (bad) => {
    expect(() => buildRequest({ ...GOOD, ...bad })).toThrow(TypeError);
  });

  test.each([
    "Host",
    "connection",
    "UPGRADE",
    "Sec-WebSocket-Key",
    "sec-websocket-version",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Protocol",
    "Content-Length",
    "Transfer-Encoding",
  ])("%s is not the caller's to set (RFC 6455 section 4.1)", (name) => {
    expect(() => buildRequest({ ...GOOD, headers: { [name]: "x" } })).toThrow(TypeError);
  });

  test("Origin is set in one place or the other, not in both (RFC 6454 section 7.3)", () => {
    const headers = { Origin: "http://a" };
    expect(decoder.decode(buildRequest({ ...GOOD, headers }))).toContain("\r\nOrigin: http://a\r\n");
    expect(() => buildRequest({ ...GOOD, headers, origin: "http://a" })).toThrow(TypeError);
  });

  test.each([7, ["a"]])("a name or a value that is %j throws, from JavaScript as well", (odd) => {
    const named: [string, string] = ["X", "a"];
    Reflect.set(named, 0, odd);
    expect(() => buildRequest({ ...GOOD, headers: [named] })).toThrow(
      new TypeError(`${JSON.stringify(odd)} is no header name`),
    );
    const valued: [string, string] = ["X", "a"];
    Reflect.set(valued, 1, odd);
    expect(() => buildRequest({ ...GOOD, headers: [valued] })).toThrow(
      new TypeError("the value of the header X must be a string of visible ASCII, spaces and tabs"),
    );
  });
});
