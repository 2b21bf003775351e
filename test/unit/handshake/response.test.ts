// The answer to the opening handshake that a server writes.
import { describe, expect, test } from "vitest";
import { makeKey } from "../../../src/handshake/accept-key.js";
import { buildAccept } from "../../../src/handshake/index.js";

const decoder = new TextDecoder();
const REQUEST = { key: makeKey(new Uint8Array(16)), protocols: ["chat"] };

describe("buildAccept", () => {
  test("with nothing to add and with no headers to add is the same (RFC 6455 section 4.2.2)", () => {
    expect(buildAccept(REQUEST, { headers: {} })).toEqual(buildAccept(REQUEST));
  });

  test("gives its caller bytes of its own", () => {
    const first = buildAccept(REQUEST);
    const copy = first.slice();
    first.fill(0xa5);
    expect(buildAccept(REQUEST)).toEqual(copy);
  });

  test("keeps the order and the repetition of headers (RFC 6265 section 3)", () => {
    const headers = [
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ] as const;
    expect(decoder.decode(buildAccept(REQUEST, { headers }))).toMatch(
      /\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n$/,
    );
  });

  test.each([
    "Connection",
    "upgrade",
    "Sec-WebSocket-Accept",
    "SEC-WEBSOCKET-PROTOCOL",
    "Sec-WebSocket-Extensions",
    "Content-Length",
    "Transfer-Encoding",
  ])("%s is not the caller's to set (RFC 6455 section 4.2.2)", (name) => {
    expect(() => buildAccept(REQUEST, { headers: { [name]: "x" } })).toThrow(TypeError);
  });

  test("throws for a key that is none", () => {
    expect(() => buildAccept({ key: "x", protocols: [] })).toThrow(TypeError);
    expect(() => buildAccept({ key: "x", protocols: [] }, { headers: {} })).toThrow(TypeError);
  });
});
