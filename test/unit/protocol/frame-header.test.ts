// Frame headers have the shortest form of each length.
import { expect, test } from "vitest";
import { headerLength, writeHeader } from "../../../src/protocol/frame-header.js";
import { toHex } from "../../support/hex.js";

/** Section 5.2: "the minimal number of bytes MUST be used to encode the length". */
test.each([
  [0, "82 00", "82 80"],
  [125, "82 7d", "82 fd"],
  [126, "82 7e 00 7e", "82 fe 00 7e"],
  [65_535, "82 7e ff ff", "82 fe ff ff"],
  [65_536, "82 7f 00 00 00 00 00 01 00 00", "82 ff 00 00 00 00 00 01 00 00"],
  [0xffff_ffff, "82 7f 00 00 00 00 ff ff ff ff", "82 ff 00 00 00 00 ff ff ff ff"],
  [2 ** 32 + 5, "82 7f 00 00 00 01 00 00 00 05", "82 ff 00 00 00 01 00 00 00 05"],
  [2 ** 53 - 1, "82 7f 00 1f ff ff ff ff ff ff", "82 ff 00 1f ff ff ff ff ff ff"],
])("the header of %i bytes, unmasked and masked", (length, unmasked, masked) => {
  const bytes = new Uint8Array(17).fill(0xa5);
  writeHeader(bytes, 1, 0x82, length, undefined);
  const end = 1 + headerLength(length);
  expect(toHex(bytes.subarray(1, end))).toBe(unmasked);
  expect(toHex(bytes.subarray(end, end + 4))).toBe("a5 a5 a5 a5");
  writeHeader(bytes, 1, 0x82, length, 0x3d21fa37);
  expect(toHex(bytes.subarray(1, end + 4))).toBe(`${masked} 37 fa 21 3d`);
  expect(bytes[0]).toBe(0xa5);
  expect(bytes[end + 4] ?? 0xa5).toBe(0xa5);
});
