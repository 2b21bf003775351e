// The request for a tunnel.
import { expect, test } from "vitest";
import { buildConnect } from "../../../src/http/tunnel.js";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

test("asks a proxy for a tunnel (RFC 6455 section 4.1)", () => {
  expect(text(buildConnect({ authority: "a.example:443" }))).toBe(
    "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
  );
  const headers = { "Proxy-Authorization": "Basic YTpi" };
  expect(text(buildConnect({ authority: "[::1]:80", headers }))).toContain(
    "\r\nProxy-Authorization: Basic YTpi\r\n\r\n",
  );
});

test.each(["", "a b:80", "a\r\nX: 1:80", "a/b:80"])("throws for the authority %j", (authority) => {
  expect(() => buildConnect({ authority })).toThrow(TypeError);
});

test.each(["Host", "connection", "Upgrade", "Content-Length", "Transfer-Encoding", "Sec-WebSocket-Key"])(
  "%s is not the caller's to set",
  (name) => {
    expect(() => buildConnect({ authority: "a:80", headers: { [name]: "x" } })).toThrow(TypeError);
  },
);
