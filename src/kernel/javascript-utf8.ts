// `validateUtf8` in plain JavaScript, after table 3-7 of the Unicode standard (RFC 3629 section 4). A carry is the same
// number as in assembly/utf8.ts: `needed | lower << 8 | upper << 16`, or 0 between characters.
import * as layout from "./generated/layout.js";
import { BAD_UTF8 } from "./kernel.js";

/**
 * Validates `length` bytes at `ptr` that follow the sequence `carry`.
 * @returns the carry after them, or BAD_UTF8 with the address of the first bad byte in the state
 */
export function validate(view: DataView, ptr: number, length: number, carry: number): number {
  let open = carry;
  for (let p = ptr; p < ptr + length; p++) {
    const byte = view.getUint8(p);
    if (open === 0) {
      if (byte < 0x80) continue;
      open = afterLead(byte);
    } else if (byte < ((open >> 8) & 0xff) || byte > open >> 16) {
      open = BAD_UTF8;
    } else {
      const needed = (open & 3) - 1;
      open = needed === 0 ? 0 : 0xbf8000 | needed;
    }
    if (open === BAD_UTF8) {
      view.setUint32(layout.STATE_PTR + layout.STATE_BAD_BYTE, p, true);
      break;
    }
  }
  return open;
}

/** The carry after a byte from 0x80 to 0xFF at the start of a character. */
function afterLead(byte: number): number {
  if (byte < 0xc2 || byte > 0xf4) return BAD_UTF8;
  if (byte < 0xe0) return 0xbf8001;
  if (byte === 0xe0) return 0xbfa002;
  if (byte === 0xed) return 0x9f8002;
  if (byte < 0xf0) return 0xbf8002;
  if (byte === 0xf0) return 0xbf9003;
  return byte === 0xf4 ? 0x8f8003 : 0xbf8003;
}

/** Whether all of `length` bytes at `ptr` are below 0x80. */
export function isAscii(view: DataView, ptr: number, length: number): boolean {
  for (let p = ptr; p < ptr + length; p++) if (view.getUint8(p) > 0x7f) return false;
  return true;
}
