// The URLs that a client takes: http: and https: stand for ws: and wss:, as the comments of `connect` say.
import { expect, test } from "vitest";
import { parseAddress } from "../../../src/adapter/client/address.js";

test.each([
  ["ws://example.org/a?b", false, 80],
  ["http://example.org/a?b", false, 80],
  ["wss://example.org/a?b", true, 443],
  ["https://example.org/a?b", true, 443],
])("%s", (url, secure, port) => {
  const expected = { secure, port, hostname: "example.org", host: "example.org", target: "/a?b" };
  expect(parseAddress(url)).toMatchObject({ ...expected, unixPath: undefined });
});

test.each([
  ["ws+unix:/run/app.sock:/chat", false],
  ["wss+unix:/run/app.sock:/chat", true],
])("%s", (url, secure) => {
  expect(parseAddress(url)).toMatchObject({ secure, unixPath: "/run/app.sock", target: "/chat" });
});

test.each(["ftp://example.org/", "file:///a", "ws://example.org/#a"])("%s is refused", (url) => {
  expect(() => parseAddress(url)).toThrow(TypeError);
});
