import * as layout from "../kernel/generated/layout.js";
import { BAD_UTF8 } from "../kernel/kernel.js";
import type { Workspace } from "../kernel/workspace.js";

/** The most UTF-8 that is checked in one go. */
const MOST_BYTES = layout.SCRATCH_WINDOW_LENGTH;

/**
 * Checks bytes outside of the scratch window that are to go on with a message of text (section 8.1).
 * @param carry - what this returned for the bytes before, 0 at the start
 * @param final - whether the message ends with them
 * @throws TypeError if they are not UTF-8
 * @throws KernelTrap
 */
export function assertUtf8(workspace: Workspace, bytes: Uint8Array, carry = 0, final = true): number {
  let open = carry;
  for (let at = 0; at < bytes.length && open !== BAD_UTF8; at += MOST_BYTES) {
    const part = bytes.length > MOST_BYTES ? bytes.subarray(at, at + MOST_BYTES) : bytes;
    workspace.memory.set(part, layout.SCRATCH_WINDOW_PTR);
    open = workspace.validateUtf8(layout.SCRATCH_WINDOW_PTR, part.length, open);
  }
  if (open === BAD_UTF8 || (final && open !== 0)) throw new TypeError("text must be UTF-8");
  return open;
}
