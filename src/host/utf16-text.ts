// Makes strings from UTF-16 that the kernel has transcoded. On some runtimes this is faster than making them from UTF-8
// (`mixed to string` of bench/kernels.js).
import * as layout from "../kernel/generated/layout.js";
import type { Host, Transcoder } from "./host.js";

/** The most UTF-8 that is transcoded in one go, if it has to be copied into linear memory first. */
const MOST_BYTES = layout.SCRATCH_WINDOW_LENGTH;

/** Makes the string of `bytes[start, end)`. */
export type Slice = (bytes: Uint8Array, start: number, end: number) => string;

/** Makes the `decodeText` of such a host from functions for Latin-1, UTF-8 and little-endian UTF-16. */
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

  /** Makes the string of UTF-8 in linear memory; undefined if the kernel does not transcode. */
  function textAt(transcoder: Transcoder, ptr: number, length: number): string | undefined {
    const units = transcoder.utf8ToUtf16(ptr, length, layout.WIDE_WINDOW_PTR);
    if (units === undefined) return undefined;
    return utf16(transcoder.memory, layout.WIDE_WINDOW_PTR, layout.WIDE_WINDOW_PTR + 2 * units);
  }
}

/** The largest offset up to `to` at which no character is cut. */
function characterStart(bytes: Uint8Array, from: number, to: number, end: number): number {
  if (to === end) return to;
  let at = to;
  while (at > from && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
  return at;
}
