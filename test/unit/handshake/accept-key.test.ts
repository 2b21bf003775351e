// Keys and what answers them.
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { acceptKey, isWebSocketKey, makeKey } from "../../../src/handshake/accept-key.js";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

describe("acceptKey", () => {
  test.each([
    ["x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="],
    ["dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
    // The key counts as it was sent, not as another encoder would spell its bytes.
    ...["AQIDBAUGBwgJCgsMDQ4PEC==", "dGhlIHNhbXBsZSBub25jZR==", "//////////////////////=="].map((key) => [
      key,
      createHash("sha1")
        .update(key + GUID)
        .digest("base64"),
    ]),
  ])("of %s is %s (RFC 6455 sections 1.3, 4.1 and 4.2.2)", (key, accept) => {
    expect(acceptKey(key)).toBe(accept);
  });

  test("agrees with another SHA-1 on 2,000 random keys", () => {
    for (let i = 0; i < 2000; i++) {
      const key = makeKey(randomBytes(16));
      expect(acceptKey(key)).toBe(
        createHash("sha1")
          .update(key + GUID)
          .digest("base64"),
      );
    }
  });

  test.each([
    "",
    "short",
    "dGhlIHNhbXBsZSBub25jZQ== ",
    "é".repeat(24),
    // Characters that no byte stands for.
    "€GhlIHNhbXBsZSBub25jZQ==",
    "dGhlIHNhbXBsZSBub25jZ€==",
    "dGhlIHNhbXBsZSBub25jZ-==",
    "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==",
    "dGhlIHNhbXBsZSBub25jZQ",
  ])("throws for %j, which is no key", (key) => {
    expect(() => acceptKey(key)).toThrow(TypeError);
  });
});

describe("makeKey", () => {
  test("is base64 of 16 bytes (RFC 6455 section 4.1)", () => {
    for (let i = 0; i < 1000; i++) {
      const random = randomBytes(16);
      const key = makeKey(random);
      expect(key).toBe(random.toString("base64"));
      expect(isWebSocketKey(key)).toBe(true);
    }
  });

  test.each([0, 15, 17])("throws for %i bytes", (length) => {
    expect(() => makeKey(new Uint8Array(length))).toThrow(RangeError);
  });
});

test("isWebSocketKey takes all spellings of the last byte, and nothing else (RFC 4648 sections 3.3 and 3.5)", () => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
  const taken = all.filter((last) => isWebSocketKey(`${"A".repeat(21)}${last}==`));
  expect(taken).toEqual([...alphabet].sort());
});
