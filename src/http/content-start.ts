// The start of a response's content: enough to read a server's explanation of its refusal.

import type { ResponseHead } from "./head.js";

const NOTHING = new Uint8Array(0);
const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;
/** The capacity of the buffer at the first bytes. */
const FIRST_CAPACITY = 512;
/** The most hexadecimal digits of a chunk's length, leading zeros included. No longer chunk ends in reasonable time. */
const MOST_SIZE_DIGITS = 12;

// The states of the parser, by the kind of the next byte. Content that is not chunked is all data.
const DATA = 0;
const SIZE = 1;
const EXTENSION = 2;
const SIZE_LINE_FEED = 3;
const DATA_END = 4;
const DATA_LINE_FEED = 5;

/**
 * Collects the content of a response, up to a limit, as its head frames it (RFC 9112 section 6.3). Content that is
 * framed wrongly ends at the fault. Content with an unknown transfer coding is empty.
 */
export class ContentStart {
  readonly #most: number;
  readonly #chunked: boolean;
  #state: number;
  /** Bytes that are left of the content, or of the chunk. */
  #left: number;
  #sizeDigits = 0;
  #over: boolean;
  #buffer = NOTHING;
  #length = 0;

  /** @param most - bytes to collect; 0 for none */
  constructor(head: ResponseHead, most: number) {
    const framing = framingOf(head);
    this.#most = most;
    this.#chunked = framing === "chunked";
    this.#state = this.#chunked ? SIZE : DATA;
    this.#left = framing === "chunked" ? 0 : framing;
    this.#over = framing === 0 || most === 0;
  }

  /** Whether the content, or the part up to the limit, is complete. */
  get isOver(): boolean {
    return this.#over;
  }

  /** The collected bytes, owned by the caller. */
  get bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  /** Reads on. @param chunk - borrowed for the call */
  push(chunk: Uint8Array): void {
    let i = 0;
    while (i < chunk.length && !this.#over) {
      if (this.#state === DATA) i += this.#collect(chunk, i);
      else this.#step(chunk[i++] ?? 0);
    }
  }

  /** @returns the number of bytes that were data */
  #collect(chunk: Uint8Array, start: number): number {
    const length = Math.min(chunk.length - start, this.#left, this.#most - this.#length);
    this.#keep(chunk.subarray(start, start + length));
    this.#left -= length;
    if (this.#length === this.#most) this.#over = true;
    else if (this.#left === 0) {
      if (this.#chunked) this.#state = DATA_END;
      else this.#over = true;
    }
    return length;
  }

  /** Takes a byte between the data of two chunks (RFC 9112 section 7.1). */
  #step(byte: number): void {
    switch (this.#state) {
      case SIZE:
        this.#stepSize(byte);
        break;
      case EXTENSION:
        if (byte === CR) this.#state = SIZE_LINE_FEED;
        break;
      case SIZE_LINE_FEED:
        // The last chunk has no data. The trailer section behind it is not content.
        if (byte === LF && this.#left > 0) this.#state = DATA;
        else this.#over = true;
        break;
      case DATA_END:
        this.#expect(byte === CR, DATA_LINE_FEED);
        break;
      default:
        this.#sizeDigits = 0;
        this.#expect(byte === LF, SIZE);
    }
  }

  #stepSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#left = 16 * this.#left + digit;
      this.#expect(++this.#sizeDigits <= MOST_SIZE_DIGITS, SIZE);
    } else if (byte === CR) this.#expect(this.#sizeDigits > 0, SIZE_LINE_FEED);
    else this.#expect(this.#sizeDigits > 0 && isExtensionStart(byte), EXTENSION);
  }

  #expect(good: boolean, next: number): void {
    if (good) this.#state = next;
    else this.#over = true;
  }

  #keep(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) {
      let capacity = Math.max(FIRST_CAPACITY, this.#buffer.length);
      while (capacity < length) capacity *= 2;
      const buffer = new Uint8Array(Math.min(capacity, this.#most));
      buffer.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = buffer;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }
}

/**
 * The framing of the content: a number of bytes, `Infinity` for all bytes up to the end of the connection, or chunks.
 */
function framingOf({ status, headers }: ResponseHead): number | "chunked" {
  // "Any response to a HEAD request and any response with a 1xx (Informational), 204 (No Content), or 304 (Not
  // Modified) status code is always terminated by the first empty line after the header fields".
  if (status < 200 || status === 204 || status === 304) return 0;
  // "If a message is received with both a Transfer-Encoding and a Content-Length header field, the Transfer-Encoding
  // overrides the Content-Length."
  const coding = headers.get("Transfer-Encoding");
  if (coding !== undefined) return coding.toLowerCase() === "chunked" ? "chunked" : 0;
  const length = headers.get("Content-Length");
  if (length === undefined) return Number.POSITIVE_INFINITY;
  return /^\d{1,15}$/.test(length) ? Number(length) : 0;
}

function isExtensionStart(byte: number): boolean {
  return byte === SEMICOLON || byte === 0x20 || byte === 0x09;
}

/** @returns -1 if the character is not a digit */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
