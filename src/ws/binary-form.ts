// The forms of binary messages: those that `binaryType` names.
import { Blob } from "node:buffer";
import type { BinaryType } from "./constants.js";

/** Gives binary messages their form. For 'fragments' it notes where the frames of a message end. */
export class BinaryForm {
  #frameEnds: number[] | undefined;

  /** A frame of the message has ended, and others follow. @param length - bytes of the message so far */
  frameEnded(length: number): void {
    this.#frameEnds ??= [];
    this.#frameEnds.push(length);
  }

  /** The message was text. */
  skip(): void {
    this.#frameEnds = undefined;
  }

  /** @param payload - a Buffer, with perhaps other bytes in its memory */
  take(payload: Uint8Array, type: BinaryType): unknown {
    const ends = this.#frameEnds;
    this.#frameEnds = undefined;
    if (type === "nodebuffer") return payload;
    if (type === "fragments") return fragments(payload, ends ?? []);
    if (type === "blob") return new Blob([payload]);
    const { buffer, byteOffset, byteLength } = payload;
    return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
  }
}

/** The payloads of a message's frames, without those that are empty. */
function fragments(payload: Uint8Array, ends: readonly number[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let start = 0;
  for (const end of [...ends, payload.length]) {
    if (end > start) parts.push(payload.subarray(start, end));
    start = end;
  }
  return parts;
}
