import { expect, test } from "vitest";
import { hostFor, nodeHost } from "../../../src/node/host.js";
import { portableHost } from "../../../src/protocol/host.js";

/** What stands around the text must not change. */
const UNTOUCHED = 0xaa;

test.each([0, 1, 2, 31, 32, 33, 100])(
  "text of %i units is written as UTF-8, whatever stands where in it",
  (length) => {
    for (const special of ["", "\x7f", "\x80", "é", "\u07ff", "世", "\ud83d", "\udc00", "🚀"]) {
      for (let at = 0; at + special.length <= length; at++) {
        const text = "a".repeat(at) + special + "b".repeat(length - at - special.length);
        const bytes = new Uint8Array(3 * length + 2).fill(UNTOUCHED);
        const written = nodeHost.encodeText(text, bytes, 1);
        expect(bytes.subarray(1, 1 + written)).toEqual(portableHost.textBytes(text));
        expect(bytes[0]).toBe(UNTOUCHED);
        expect(bytes[3 * length + 1]).toBe(UNTOUCHED);
      }
    }
  },
);

test("strings are made of UTF-16 where V8 has no fast way from UTF-8", () => {
  const text = "é好🚀\ud800a";
  const bytes = Buffer.from(` ${text}`, "utf16le");
  expect(hostFor(12).decodeUtf16?.(bytes, 2, bytes.length)).toBe(text);
  expect(hostFor(13).decodeUtf16).toBeUndefined();
});
