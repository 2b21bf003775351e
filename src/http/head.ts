// The head of an HTTP/1.1 request or response, read strictly: RFC 9112 without the leniency that it permits. A head
// that two parsers could read in two ways is refused, since such heads make request smuggling possible.
//
// Theory of operation. Each byte moves one state machine, so that a head gives the same answer however it was cut,
// and the first bad byte ends it. The machine only notes where things begin and end; once the empty line is there, the
// head becomes one string, and names and values are slices of that. A head that comes in one chunk is never copied;
// only the bytes before a cut are kept, in a buffer that doubles up to the limit. No byte is looked at twice.

import { trimmed } from "./characters.js";
import { given } from "./given.js";
import { DEFAULT_MAX_HEAD_BYTES, DEFAULT_MAX_HEADER_LINES, type HeadLimits } from "./head-limits.js";
import { HEADER_LINE_MARKS, type HeadFailed, HeadMachine, START_LINE_MARKS } from "./head-machine.js";
import { HeaderList } from "./header-list.js";
import { decodeLatin1 } from "./latin1.js";

/** The head of a request. */
export interface RequestHead {
  /** As sent: upper and lower case are different. */
  readonly method: string;
  /** As sent: visible ASCII without `#`. */
  readonly target: string;
  /** The version in which the request is answered: 1.1 for a later 1.x. */
  readonly httpVersion: "1.0" | "1.1";
  /** All header lines. */
  readonly headers: HeaderList;
}

/** The head of a response. */
export interface ResponseHead {
  /** 100 to 999. */
  readonly status: number;
  /** The reason phrase, which may be empty. */
  readonly reason: string;
  /** All header lines. */
  readonly headers: HeaderList;
}

/** The head that each kind of parser makes. */
export interface HeadKinds {
  /** A server reads it. */
  request: RequestHead;
  /** A client reads it. */
  response: ResponseHead;
}

/** The empty line has not come yet. */
export interface HeadUnfinished {
  /** The next chunk is needed. */
  readonly type: "more";
}

/** The head is complete. */
export interface HeadFinished<H> {
  /** The head was read. */
  readonly type: "head";
  /** The head. */
  readonly head: H;
  /**
   * The bytes behind the head in the last chunk, which begin the frames: a view of that chunk, which its owner still
   * owns.
   */
  readonly rest: Uint8Array;
}

/** The result for a chunk. */
export type HeadResult<H> = HeadUnfinished | HeadFinished<H> | HeadFailed;

const MORE: HeadUnfinished = { type: "more" };
const NOTHING = new Uint8Array(0);

/** The capacity of the buffer at the first cut. */
const FIRST_CAPACITY = 512;

const BUILD: { readonly [K in keyof HeadKinds]: (text: string, machine: HeadMachine) => HeadKinds[K] } = {
  request(text, machine) {
    const { start, marks, isHttp10 } = machine;
    const methodEnd = marks[0] ?? 0;
    const method = text.slice(start, methodEnd);
    const target = text.slice(methodEnd + 1, marks[1]);
    return { method, target, httpVersion: isHttp10 ? "1.0" : "1.1", headers: buildHeaders(text, machine) };
  },
  response(text, machine) {
    const { marks } = machine;
    const statusEnd = marks[0] ?? 0;
    const status = Number(text.slice(statusEnd - 3, statusEnd));
    return { status, reason: text.slice(statusEnd + 1, marks[1]), headers: buildHeaders(text, machine) };
  },
};

function buildHeaders(text: string, { marks, count }: HeadMachine): HeaderList {
  const raw = new Array<string>((2 * (count - START_LINE_MARKS)) / HEADER_LINE_MARKS);
  let next = 0;
  for (let i = START_LINE_MARKS; i < count; i += HEADER_LINE_MARKS) {
    raw[next++] = text.slice(marks[i], marks[i + 1]);
    raw[next++] = trimmed(text, marks[i + 2] ?? 0, marks[i + 3] ?? 0);
  }
  return HeaderList.adopt(raw);
}

/**
 * Reads one head, in as many chunks as it comes in.
 *
 * Lines end with CR LF and with nothing else; there is no line folding, no white space before a colon, no control
 * character in a value. One empty line in front of a request line is passed over. Bytes from 0x80 up are let through in
 * values, 1:1.
 */
export class HeadReader<K extends keyof HeadKinds> {
  readonly #kind: K;
  readonly #maxHeadBytes: number;
  readonly #machine: HeadMachine;
  /** The bytes that came before the current chunk; owned. */
  #buffer = NOTHING;
  #length = 0;

  /** @param limits - checked before: positive integers */
  constructor(kind: K, limits: HeadLimits = {}) {
    this.#kind = kind;
    this.#maxHeadBytes = given(limits, "maxHeadBytes") ?? DEFAULT_MAX_HEAD_BYTES;
    const maxHeaderLines = given(limits, "maxHeaderLines") ?? DEFAULT_MAX_HEADER_LINES;
    this.#machine = new HeadMachine(kind === "request", maxHeaderLines);
  }

  /** Bytes of the head read so far, empty lines included. */
  get headBytes(): number {
    return this.#length;
  }

  /** Bytes held for a head that has not ended: never more than `maxHeadBytes`. */
  get retainedBytes(): number {
    return this.#buffer.length;
  }

  /**
   * Reads on.
   *
   * @param chunk - borrowed for the call, apart from `rest`, which is a view of it
   * @returns after a failure, the same failure at each call
   * @throws Error if the head is complete already
   */
  push(chunk: Uint8Array): HeadResult<HeadKinds[K]> {
    const machine = this.#machine;
    if (machine.isDone) throw new Error("the head is complete; what follows it is not for this parser");
    const bytes = unshared(chunk);
    const before = this.#length;
    const end = machine.scan(bytes, Math.min(bytes.length, this.#maxHeadBytes - before), before);
    this.#length = before + end;
    if (machine.isDone) return this.#finish(bytes, before, end);
    if (machine.failure === undefined && this.#length === this.#maxHeadBytes) {
      machine.fail(431, `the head is over ${this.#maxHeadBytes} bytes`);
    }
    if (machine.failure !== undefined) {
      this.#buffer = NOTHING;
      return machine.failure;
    }
    this.#keep(bytes, before, end);
    return MORE;
  }

  #finish(bytes: Uint8Array, before: number, end: number): HeadFinished<HeadKinds[K]> {
    if (before > 0) this.#keep(bytes, before, end);
    const whole = before > 0 ? this.#buffer.subarray(0, this.#length) : upTo(bytes, end);
    const text = decodeLatin1(whole, this.#machine.isAscii);
    this.#buffer = NOTHING;
    const head = BUILD[this.#kind](text, this.#machine);
    this.#machine.release();
    return { type: "head", head, rest: end === bytes.length ? NOTHING : bytes.subarray(end) };
  }

  /** Appends `bytes[0..count]` to the buffer, of which `used` bytes are in use. */
  #keep(bytes: Uint8Array, used: number, count: number): void {
    if (used + count > this.#buffer.length) {
      let capacity = Math.max(FIRST_CAPACITY, this.#buffer.length);
      while (capacity < used + count) capacity *= 2;
      const buffer = new Uint8Array(Math.min(capacity, this.#maxHeadBytes));
      buffer.set(this.#buffer.subarray(0, used));
      this.#buffer = buffer;
    }
    this.#buffer.set(bytes.subarray(0, count), used);
  }
}

function upTo(bytes: Uint8Array, end: number): Uint8Array {
  return end === bytes.length ? bytes : bytes.subarray(0, end);
}

/** Shared memory could change between the check of a byte and its use, so it is copied first. */
function unshared(chunk: Uint8Array): Uint8Array {
  if (typeof SharedArrayBuffer === "undefined" || !(chunk.buffer instanceof SharedArrayBuffer)) return chunk;
  return new Uint8Array(chunk);
}
