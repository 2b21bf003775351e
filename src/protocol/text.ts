// Making strings of the text that was received.
import * as layout from "../kernel/generated/layout.js";
import type { Workspace } from "../kernel/workspace.js";
import type { Host } from "./host.js";

/** The most UTF-8 that is transcoded in one go. */
const MOST_BYTES = layout.SCRATCH_WINDOW_LENGTH;

/** The string of the valid UTF-8 at `ptr` in linear memory; `ascii` tells that all of it is below 0x80. */
export function textAt(
  workspace: Workspace,
  host: Host,
  ptr: number,
  length: number,
  ascii: boolean,
): string {
  const { memory } = workspace;
  if (!ascii && host.decodeUtf16 !== undefined) {
    const units = workspace.utf8ToUtf16(ptr, length, layout.WIDE_WINDOW_PTR);
    if (units !== undefined) {
      return host.decodeUtf16(memory, layout.WIDE_WINDOW_PTR, layout.WIDE_WINDOW_PTR + 2 * units);
    }
  }
  return host.decodeText(memory, ptr, ptr + length, ascii);
}

/** The string of valid UTF-8 that lies outside of linear memory. */
export function textOf(
  workspace: Workspace,
  host: Host,
  bytes: Uint8Array,
  length: number,
  ascii: boolean,
): string {
  if (ascii || host.decodeUtf16 === undefined) return host.decodeText(bytes, 0, length, ascii);
  let text = "";
  for (let start = 0; start < length; ) {
    const end = characterStart(bytes, start, Math.min(start + MOST_BYTES, length), length);
    workspace.memory.set(bytes.subarray(start, end), layout.SCRATCH_WINDOW_PTR);
    text += textAt(workspace, host, layout.SCRATCH_WINDOW_PTR, end - start, false);
    start = end;
  }
  return text;
}

/** Where the character begins that the byte at `end` belongs to, so that none is cut there. */
function characterStart(bytes: Uint8Array, start: number, end: number, length: number): number {
  if (end === length) return end;
  let at = end;
  while (at > start && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
  return at;
}
