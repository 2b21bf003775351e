// Which origins a server accepts, on their own and by the host of the request.
import { describe, expect, test } from "vitest";
import { checkUpgrade, HeaderList, isOriginAllowed } from "../../../src/handshake/index.js";

const ORIGIN = "https://example.org";

describe("a list", () => {
  test.each([
    [ORIGIN, [ORIGIN], true],
    ["HTTPS://Example.org", [ORIGIN], true],
    [ORIGIN, ["https://example.com", ORIGIN], true],
    [`${ORIGIN}:443`, [ORIGIN], false],
    ["http://example.org", [ORIGIN], false],
    [`${ORIGIN}.evil.example`, [ORIGIN], false],
    ["null", [ORIGIN], false],
    ["null", ["null"], true],
    [ORIGIN, [], false],
    [undefined, [ORIGIN], false],
    [undefined, [ORIGIN, undefined], true],
    [ORIGIN, [undefined], false],
  ])("%s in %j: %s", (origin, allowed, expected) => {
    expect(isOriginAllowed(origin, allowed, "example.org")).toBe(expected);
  });
});

const HOSTS: readonly [origin: string | undefined, host: string | undefined, expected: boolean][] = [
  [ORIGIN, "example.org", true],
  [ORIGIN, "EXAMPLE.org", true],
  [ORIGIN, "example.org:443", true],
  [`${ORIGIN}:443`, "example.org", true],
  ["http://example.org", "example.org", true],
  ["http://example.org", "example.org:80", true],
  ["http://localhost:8080", "localhost:8080", true],
  ["http://[::1]:8080", "[::1]:8080", true],
  ["http://[::1]", "[::1]:80", true],
  [ORIGIN, "example.org:80", false],
  ["http://example.org", "example.org:443", false],
  ["http://localhost:8080", "localhost", false],
  ["http://localhost", "localhost:8080", false],
  [ORIGIN, "www.example.org", false],
  ["https://example.org.evil.example", "example.org", false],
  ["https://evil.example/example.org", "example.org", false],
  ["https://user@example.org", "example.org", false],
  ["ftp://example.org", "example.org", false],
  ["chrome-extension://example.org", "example.org", false],
  ["null", "null", false],
  ["same", "same", false],
  ["", "", false],
  ["https://", "", false],
  [ORIGIN, undefined, false],
  [undefined, "example.org", false],
];

describe("same", () => {
  test.each(HOSTS)("%s for the host %s: %s", (origin, host, expected) => {
    expect(isOriginAllowed(origin, "same", host)).toBe(expected);
    expect(isOriginAllowed(origin, ["https://other.example", "same"], host)).toBe(expected);
    expect(isOriginAllowed(origin, ["same", undefined], host)).toBe(expected || origin === undefined);
  });

  test("beside a list of others", () => {
    expect(isOriginAllowed("https://other.example", ["same", "https://other.example"], "example.org")).toBe(
      true,
    );
  });

  test.each(
    HOSTS.filter(
      ([origin, host]) => origin !== undefined && host !== undefined && host !== "" && origin !== "",
    ),
  )("in a handshake: %s for %s: %s", (origin = "", host = "", expected) => {
    const headers = HeaderList.from([
      ...["Host", host, "Origin", origin, "Upgrade", "websocket", "Connection", "Upgrade"],
      ...["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version", "13"],
    ]);
    const result = checkUpgrade(
      { method: "GET", target: "/", httpVersion: "1.1", headers },
      { origins: "same" },
    );
    expect(result).toMatchObject(expected ? { type: "upgrade" } : { type: "refusal", status: 403 });
  });
});
