// Strings by way of UTF-16, for hosts that make them of that so much faster than of UTF-8 that the kernel transcodes first.
import * as layout from "../kernel/generated/layout.js";
import type { Host, Transcoder } from "./host.js";

/** The most UTF-8 that is transcoded in one go, but for what stands in the kernel's memory already. */
const MOST_BYTES = layout.SCRATCH_WINDOW_LENGTH;

/** The string of what is in `bytes[start, end)`. */
export type Slice = (bytes: Uint8Array, start: number, end: number) => string;

/** The `decodeText` of such a host, out of what makes strings of Latin-1, UTF-8 and little-endian UTF-16. */
export function decodeByUtf16(latin1: Slice, utf8: Slice, utf16: Slice): Host["decodeText"] {
  return (bytes, start, end, ascii, transcoder) => {
    if (ascii) return latin1(bytes, start, end);
    if (bytes === transcoder.memory) return textAt(transcoder, start, end - start) ?? utf8(bytes, start, end);
    let text = "";
    for (let from = start; from < end; ) {
      const to = characterStart(bytes, from, Math.min(from + MOST_BYTES, end), end);
      transcoder.memory.set(bytes.subarray(from, to), layout.SCRATCH_WINDOW_PTR);
      const part = textAt(transcoder, layout.SCRATCH_WINDOW_PTR, to - from);
      if (part === undefined) return utf8(bytes, start, end);
      text += part;
      from = to;
    }
    return text;
  };

  /** The string of UTF-8 in the kernel's memory; undefined if that leaves it to the host, as plain JavaScript does. */
  function textAt(transcoder: Transcoder, ptr: number, length: number): string | undefined {
    const units = transcoder.utf8ToUtf16(ptr, length, layout.WIDE_WINDOW_PTR);
    if (units === undefined) return undefined;
    return utf16(transcoder.memory, layout.WIDE_WINDOW_PTR, layout.WIDE_WINDOW_PTR + 2 * units);
  }
}

/** Where the character begins that the byte at `to` belongs to, so that none is cut there. */
function characterStart(bytes: Uint8Array, from: number, to: number, end: number): number {
  if (to === end) return to;
  let at = to;
  while (at > from && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
  return at;
}
