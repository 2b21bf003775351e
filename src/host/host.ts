import { TextDecoder, TextEncoder } from "./text-coders.js";

/** What the kernel of a connection has for a {@link Host}. */
export interface Transcoder {
  /** The kernel's memory. Text that was received is decoded where it stands in it, if it came in one piece. */
  readonly memory: Uint8Array;
  /** As `Kernel.utf8ToUtf16`; undefined if the kernel has none. */
  utf8ToUtf16(ptr: number, length: number, out: number): number | undefined;
}

/** What a read brought: the kernel's records, and the memory that they point into. */
export interface ReadRecords {
  /** As of {@link Transcoder}. */
  readonly memory: Uint8Array;
  /** The same as 32-bit words. */
  readonly words: Uint32Array;
}

/** Copies of the payloads of one read, which share memory with each other and with nothing else. */
export interface PayloadRuns {
  /**
   * The payload at a place of this read's.
   * @returns undefined if its memory is gone
   */
  view(place: number, length: number): Uint8Array | undefined;
}

/**
 * What a host does faster than portable JavaScript: making strings of bytes, bytes of strings, and memory for payloads.
 * Adapters bring their runtime's own; without one, portable JavaScript serves anywhere.
 */
export interface Host {
  /** New memory for a payload, with nothing else in its `buffer`; it need not be cleared, for all of it gets written. */
  allocate(length: number): Uint8Array;
  /** A copy of `bytes[start, end)` in memory of its own: nothing else is in its `buffer`. */
  copy(bytes: Uint8Array, start: number, end: number): Uint8Array;
  /** A copy that only a transport gets to see, and which may share memory with others. Default {@link copy} */
  copyOut?(bytes: Uint8Array, start: number, end: number): Uint8Array;
  /**
   * Copies payloads of a read at once, where that is faster. The fourth word of the record of each, 0 before, becomes its place.
   * @param count - how many records there are
   * @param strings - the opcode of messages that become strings, or 0
   */
  copyRuns?(read: ReadRecords, count: number, strings: number): PayloadRuns | undefined;
  /** A view of `bytes[start, end)`. */
  view(bytes: Uint8Array, start: number, end: number): Uint8Array;
  /**
   * The string of valid UTF-8 in `bytes[start, end)`; `ascii` tells that all of it is below 0x80. Nothing may be left out or
   * normalized, a byte order mark neither: when the string is sent on, so are these bytes.
   * @param transcoder - for hosts that make strings of UTF-16 so much faster that it is worth to have the kernel transcode first
   */
  decodeText(bytes: Uint8Array, start: number, end: number, ascii: boolean, transcoder: Transcoder): string;
  /**
   * Writes a string as UTF-8 at `bytes[start]`, where there is room for 3 bytes for each of its UTF-16 units. A lone
   * surrogate becomes U+FFFD.
   * @returns the number of bytes written
   */
  encodeText(text: string, bytes: Uint8Array, start: number): number;
  /** A string as UTF-8 in memory of its own. */
  textBytes(text: string): Uint8Array;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** Up to here a string is built faster from character codes than by a `TextDecoder`. */
const SHORT_ASCII_LENGTH = 24;

export const portableHost: Host = {
  allocate: (length) => new Uint8Array(length),
  // Not slice(): a Buffer's gives a view.
  copy: (bytes, start, end) => new Uint8Array(bytes.subarray(start, end)),
  view: (bytes, start, end) => bytes.subarray(start, end),
  decodeText(bytes, start, end, ascii) {
    if (ascii && end - start <= SHORT_ASCII_LENGTH) return shortAscii(bytes, start, end);
    return decoder.decode(bytes.subarray(start, end));
  },
  encodeText: (text, bytes, start) =>
    encoder.encodeInto(text, bytes.subarray(start, start + 3 * text.length)).written,
  textBytes: (text) => encoder.encode(text),
};

function shortAscii(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i] ?? 0);
  return text;
}
