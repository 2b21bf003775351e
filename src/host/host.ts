// The interface to the strings and the payload memory of a runtime, and the portable implementation.
import { TextDecoder, TextEncoder } from "./text-coders.js";

/** The part of a kernel that a {@link Host} may use. */
export interface Transcoder {
  /** The kernel's memory. Text that arrived in one piece is decoded where it stands here. */
  readonly memory: Uint8Array;
  /** As `Kernel.utf8ToUtf16`; undefined if the kernel has none. */
  utf8ToUtf16(ptr: number, length: number, out: number): number | undefined;
}

/** The records of one read, and the memory that they point into. */
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
   * @returns undefined if the application has transferred its memory
   */
  view(place: number, length: number): Uint8Array | undefined;
}

/**
 * Decodes and encodes text, and allocates payload memory. Each adapter has an implementation that uses its runtime's
 * own functions. The portable implementation is used otherwise.
 */
export interface Host {
  /**
   * Allocates memory for a payload, with nothing else in its `buffer`. It need not be cleared: the caller overwrites
   * all of it.
   */
  allocate(length: number): Uint8Array;
  /** Copies `bytes[start, end)` to memory with nothing else in its `buffer`. */
  copy(bytes: Uint8Array, start: number, end: number): Uint8Array;
  /** Copies bytes for a transport. The copy may share memory with others. Default: {@link copy} */
  copyOut?(bytes: Uint8Array, start: number, end: number): Uint8Array;
  /**
   * Copies payloads of a read at once, where that is faster. The fourth word of each one's record, 0 before, becomes
   * its place.
   * @param count - how many records there are
   * @param strings - the opcode of messages that become strings, or 0
   */
  copyRuns?(read: ReadRecords, count: number, strings: number): PayloadRuns | undefined;
  /** A view of `bytes[start, end)`. */
  view(bytes: Uint8Array, start: number, end: number): Uint8Array;
  /**
   * Makes the string of valid UTF-8 in `bytes[start, end)`. Nothing may be left out or normalized, not even a byte
   * order mark: when the string is sent on, these bytes are sent.
   * @param ascii - whether all bytes are known to be below 0x80
   * @param transcoder - for hosts that make strings of UTF-16 faster than of UTF-8
   */
  decodeText(bytes: Uint8Array, start: number, end: number, ascii: boolean, transcoder: Transcoder): string;
  /**
   * Writes a string as UTF-8 at `bytes[start]`, where there is room for 3 bytes for each of its UTF-16 units. A lone
   * surrogate becomes U+FFFD.
   * @returns the number of bytes written
   */
  encodeText(text: string, bytes: Uint8Array, start: number): number;
  /** Encodes a string as UTF-8, in memory of its own. */
  textBytes(text: string): Uint8Array;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** Shorter ASCII is made of character codes, which saves the call of a `TextDecoder`. */
const SHORT_ASCII_LENGTH = 24;

/** A host of portable JavaScript, for any runtime. */
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
