// The frames that the page's comparison of kernels decodes.
import * as layout from "../../../kernel/generated/layout.js";

export type PayloadKind = "binary" | "text" | "mixed";

/** Characters of one to four bytes, ten bytes together. */
const MIXED = "aé€😀";
/** As much as a server gets in one read. */
const READ_BYTES = 64 * 1024;

/** Masked frames of a client, one whole message each. */
export interface Frames {
  readonly bytes: Uint8Array;
  readonly messages: number;
}

/**
 * Fills a read with equal messages. The masking key is 0: a payload is then the same before and after it was unmasked, so
 * that a kernel can decode the same bytes again and again. It XORs each byte in any case, so the time is that of any key.
 */
export function makeFrames(kind: PayloadKind, size: number): Frames {
  const payload = makePayload(kind, size);
  const header = makeHeader(kind === "binary" ? layout.BINARY : layout.TEXT, size);
  const length = header.length + size;
  const messages = Math.max(1, Math.floor(READ_BYTES / length));
  const bytes = new Uint8Array(messages * length);
  for (let at = 0; at < bytes.length; at += length) {
    bytes.set(header, at);
    bytes.set(payload, at + header.length);
  }
  return { bytes, messages };
}

function makeHeader(opcode: number, size: number): Uint8Array {
  const isShort = size <= layout.MAX_LENGTH_7;
  const length = isShort ? [size] : [layout.LENGTH_16, size >> 8, size & 0xff];
  const [first = 0, ...more] = length;
  return Uint8Array.from([layout.FIN | opcode, layout.MASK | first, ...more, 0, 0, 0, 0]);
}

function makePayload(kind: PayloadKind, size: number): Uint8Array {
  if (kind === "text") return new Uint8Array(size).fill(0x61);
  const bytes = new Uint8Array(size).fill(0x2e);
  if (kind === "mixed") {
    const period = new TextEncoder().encode(MIXED);
    for (let at = 0; at + period.length <= size; at += period.length) bytes.set(period, at);
    return bytes;
  }
  return bytes.map((_, i) => (i * 167) >>> 2);
}
