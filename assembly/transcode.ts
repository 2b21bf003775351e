// Transcodes text from UTF-8, as it is on the wire (RFC 3629), to UTF-16, as JavaScript keeps it (RFC 2781). V8 before
// Node 24 makes a string of UTF-16 several times faster than of UTF-8 (`mixed to string` of bench/kernels.js).

import { utf8ToUtf16Blocks } from "./transcode-vectors";

/**
 * Decodes UTF-8 that was validated and ends with a whole character.
 * @param out - room for 2 bytes for each byte of input, and PADDING
 * @returns the number of UTF-16 units, little-endian, at `out`
 */
export function utf8ToUtf16(ptr: usize, length: usize, out: usize): u32 {
  if (ASC_FEATURE_SIMD) return u32((utf8ToUtf16Blocks(ptr, ptr + length, out) - out) >> 1);
  const end = ptr + length;
  let to = out;
  while (ptr < end) {
    const lead: u32 = load<u8>(ptr);
    if (lead < 0x80) {
      store<u16>(to, u16(lead));
      ptr += 1;
    } else if (lead < 0xe0) {
      store<u16>(to, u16(((lead & 0x1f) << 6) | continuation(ptr, 1)));
      ptr += 2;
    } else if (lead < 0xf0) {
      store<u16>(to, u16(((lead & 0x0f) << 12) | (continuation(ptr, 1) << 6) | continuation(ptr, 2)));
      ptr += 3;
    } else {
      const point =
        ((lead & 0x07) << 18) |
        (continuation(ptr, 1) << 12) |
        (continuation(ptr, 2) << 6) |
        continuation(ptr, 3);
      const above = point - 0x10000;
      store<u16>(to, u16(0xd800 | (above >> 10)));
      store<u16>(to, u16(0xdc00 | (above & 0x3ff)), 2);
      to += 2;
      ptr += 4;
    }
    to += 2;
  }
  return u32((to - out) >> 1);
}

/** The six bits of a continuation byte. */
function continuation(ptr: usize, index: usize): u32 {
  const byte: u32 = load<u8>(ptr + index);
  return byte & 0x3f;
}
