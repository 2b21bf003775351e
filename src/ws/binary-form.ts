// The forms of binary messages, as `binaryType` names them.
import { Blob } from "node:buffer";
import type { BinaryType } from "./constants.js";

/**
 * Gives a binary message its form.
 * @param payload - a Buffer, with perhaps other bytes in its memory
 * @param frameEnds - the number of bytes up to the end of each of the message's frames but the last
 */
export function inForm(payload: Uint8Array, type: BinaryType, frameEnds: readonly number[] = []): unknown {
  if (type === "nodebuffer") return payload;
  if (type === "fragments") return fragments(payload, frameEnds);
  if (type === "blob") return new Blob([payload]);
  const { buffer, byteOffset, byteLength } = payload;
  return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
}

/** The payloads of a message's frames, without those that are empty. */
function fragments(payload: Uint8Array, frameEnds: readonly number[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let start = 0;
  for (const end of [...frameEnds, payload.length]) {
    if (end > start) parts.push(payload.subarray(start, end));
    start = end;
  }
  return parts;
}
