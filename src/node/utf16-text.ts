// Strings by way of UTF-16, for runtimes that make them of that so much faster than of UTF-8 that the kernel transcodes first.
import { latin1Slice, utf8Slice, utf16Slice } from "../adapter/buffer-methods.js";
import * as layout from "../kernel/generated/layout.js";
import { sharedWorkspace } from "../kernel/workspace.js";
import type { Host } from "../protocol/host.js";

/** The most UTF-8 that is transcoded in one go. */
const MOST_BYTES = layout.SCRATCH_WINDOW_LENGTH;

/** What a host does so. Text in the read window is transcoded where it stands; what was gathered in blocks, through the scratch window. */
export const byUtf16: Pick<Host, "decodeText" | "decodeUtf16"> = {
  decodeUtf16: (bytes, start, end) => utf16Slice(bytes, start, end),
  decodeText: (bytes, start, end, ascii) =>
    ascii ? latin1Slice(bytes, start, end) : transcoded(bytes, start, end),
};

function transcoded(bytes: Uint8Array, start: number, end: number): string {
  const workspace = sharedWorkspace();
  let text = "";
  for (let from = start; from < end; ) {
    const to = characterStart(bytes, from, Math.min(from + MOST_BYTES, end), end);
    workspace.memory.set(bytes.subarray(from, to), layout.SCRATCH_WINDOW_PTR);
    const units = workspace.utf8ToUtf16(layout.SCRATCH_WINDOW_PTR, to - from, layout.WIDE_WINDOW_PTR);
    // JavaScript leaves it to the host.
    if (units === undefined) return utf8Slice(bytes, start, end);
    text += utf16Slice(workspace.memory, layout.WIDE_WINDOW_PTR, layout.WIDE_WINDOW_PTR + 2 * units);
    from = to;
  }
  return text;
}

/** Where the character begins that the byte at `to` belongs to, so that none is cut there. */
function characterStart(bytes: Uint8Array, from: number, to: number, end: number): number {
  if (to === end) return to;
  let at = to;
  while (at > from && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
  return at;
}
