// Frames written once, for both roles: a server gets them masked, a client as they stand.
import { KEY } from "./frame.js";
import { tokenBytes, tokens } from "./hex.js";

export interface Wire {
  readonly bytes: Uint8Array;
  /** Offset of the byte that `^` stands before, -1 if there is none. */
  readonly marked: number;
}

/**
 * Puts frames on the wire. Each is `header | payload`, unmasked, in the notation of `hex`; one without `|` is a header
 * that is cut off. A `^` stands before the byte at which the receiver must give up.
 * @param key - with a masking key, headers get the mask bit and the key, and payloads are masked
 */
export function wire(frames: readonly string[], key?: readonly number[]): Wire {
  const bytes: number[] = [];
  let marked = -1;
  for (const literal of frames) {
    const start = bytes.length;
    let payloadStart = -1;
    for (const token of tokens(literal)) {
      if (token === "^") marked = bytes.length;
      else if (token === "|") {
        if (key !== undefined) bytes.push(...key);
        payloadStart = bytes.length;
      } else {
        for (const byte of tokenBytes(token)) {
          const masked = payloadStart >= 0 && key !== undefined;
          bytes.push(masked ? byte ^ (key[(bytes.length - payloadStart) % 4] ?? 0) : byte);
        }
      }
    }
    const second = bytes[start + 1];
    if (key !== undefined && second !== undefined) bytes[start + 1] = second | 0x80;
  }
  return { bytes: Uint8Array.from(bytes), marked };
}

export function keyFor(role: "server" | "client"): readonly number[] | undefined {
  return role === "server" ? KEY : undefined;
}
