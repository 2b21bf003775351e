// Text as bytes: making strings of what was received, checking what is to be sent.
import * as layout from "../kernel/generated/layout.js";
import { BAD_UTF8 } from "../kernel/kernel.js";
import type { Workspace } from "../kernel/workspace.js";
import type { Host } from "./host.js";

/** The most UTF-8 that is checked in one go. */
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

/**
 * Checks bytes outside of the scratch window that are to be a message of text (section 8.1).
 * @throws TypeError if they are not UTF-8
 * @throws KernelTrap
 */
export function assertUtf8(workspace: Workspace, bytes: Uint8Array): void {
  let carry = 0;
  for (let at = 0; at < bytes.length && carry !== BAD_UTF8; at += MOST_BYTES) {
    const part = bytes.length > MOST_BYTES ? bytes.subarray(at, at + MOST_BYTES) : bytes;
    workspace.memory.set(part, layout.SCRATCH_WINDOW_PTR);
    carry = workspace.validateUtf8(layout.SCRATCH_WINDOW_PTR, part.length, carry);
  }
  if (carry !== 0) throw new TypeError("text must be UTF-8");
}
