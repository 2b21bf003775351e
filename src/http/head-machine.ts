// The state machine under `HeadReader`: which byte may follow which in the head of an HTTP/1.1 message, and where its
// parts begin and end. It keeps numbers only, never bytes.

import {
  COLON,
  CR,
  isSpace,
  LF,
  OBS_TEXT,
  SP,
  TARGET_CHARACTER,
  TOKEN_CHARACTER,
  VALUE_CHARACTER,
} from "./characters.js";

/** The head is malformed or too large. As it stands, this is an argument for `buildRefusal`. */
export interface HeadFailed {
  /** No further byte is read. */
  readonly type: "failed";
  /** 400, 431 (RFC 6585 section 5) or 505: the status of a server's answer. */
  readonly status: number;
  /** A description of the fault. */
  readonly reason: string;
}

const METHOD = 0;
const TARGET = 1;
const VERSION = 2;
const STATUS = 3;
const REASON = 4;
const LINE_FEED = 5;
const LINE_START = 6;
const NAME = 7;
const VALUE_START = 8;
const VALUE = 9;
const LAST_LINE_FEED = 10;
const EMPTY_LINE_FEED = 11;
const DONE = 12;
const FAILED = 13;

/** `HTTP-version` is case-sensitive: RFC 9112 section 2.3. */
const HTTP_VERSION = "HTTP/1.1";
const MAJOR = 5;
const MINOR = 7;
const ZERO = 0x30;
const NINE = 0x39;

/** The marks of a start line, and of each header line behind it. */
export const START_LINE_MARKS = 2;
export const HEADER_LINE_MARKS = 4;

/** Marks of a head that was read, in memory for those of the next one: most heads come one after the other. */
let spare: number[] | undefined;
/** Memory for more marks than this is not kept. */
const MAX_SPARE_MARKS = 512;

export class HeadMachine {
  readonly #isRequest: boolean;
  readonly #maxHeaderLines: number;
  #marks: number[];
  /** The number of marks, behind which there may be those of an earlier head. */
  #count = 0;
  #state: number;
  /** The number of characters read of the version, then of the status code. */
  #matched = 0;
  #status = 0;
  /** Where the start line begins: behind an empty line, if there was one. */
  #start = 0;
  #isHttp10 = false;
  /** The classes of all bytes in values, or-ed. */
  #classes = 0;
  #failure: HeadFailed | undefined;

  constructor(isRequest: boolean, maxHeaderLines: number) {
    this.#isRequest = isRequest;
    this.#maxHeaderLines = maxHeaderLines;
    this.#marks = spare ?? [];
    spare = undefined;
    this.#state = isRequest ? METHOD : VERSION;
  }

  /**
   * Positions from the start of the head. Of a request: the ends of method and target; of a response: the ends of
   * status code and reason phrase. Then, for each header line, start and end of the name, and start and end of the
   * value together with the white space around it.
   * @returns the first {@link count} are those of this head
   */
  get marks(): readonly number[] {
    return this.#marks;
  }

  /** The number of {@link marks}. */
  get count(): number {
    return this.#count;
  }

  /** Gives the memory of the marks to the next head. They are of no use from now on. */
  release(): void {
    if (this.#marks.length <= MAX_SPARE_MARKS) spare = this.#marks;
    this.#marks = [];
    this.#count = 0;
  }

  /** Where the start line begins. */
  get start(): number {
    return this.#start;
  }

  /** Whether the message is in HTTP/1.0. A message in a later 1.x counts as 1.1. */
  get isHttp10(): boolean {
    return this.#isHttp10;
  }

  /** Whether the whole head has been read. */
  get isDone(): boolean {
    return this.#state === DONE;
  }

  /** The failure; `undefined` if there was none so far. */
  get failure(): HeadFailed | undefined {
    return this.#failure;
  }

  /** Whether all bytes so far are below 0x80. */
  get isAscii(): boolean {
    return (this.#classes & OBS_TEXT) === 0;
  }

  /** Ends in failure. */
  fail(status: number, reason: string): number {
    this.#failure = { type: "failed", status, reason };
    this.#state = FAILED;
    return FAILED;
  }

  /**
   * Reads `bytes[0..end]`, which begins at `base` in the head.
   *
   * @returns the index where it stopped: `end`, behind the head, or behind the byte that failed
   */
  scan(bytes: Uint8Array, end: number, base: number): number {
    let i = 0;
    while (this.#state < DONE) {
      i = this.#pass(bytes, i, end);
      if (i === end) break;
      this.#state = this.#step(bytes[i] ?? 0, base + i);
      i++;
    }
    return i;
  }

  /** Passes over a run of bytes that leave the state as it is. */
  #pass(bytes: Uint8Array, i: number, end: number): number {
    switch (this.#state) {
      case NAME:
      case METHOD:
        return pass(TOKEN_CHARACTER, bytes, i, end);
      case TARGET:
        return pass(TARGET_CHARACTER, bytes, i, end);
      case VALUE:
      case REASON:
        return this.#passValue(bytes, i, end);
      default:
        return i;
    }
  }

  #passValue(bytes: Uint8Array, start: number, end: number): number {
    let classes = this.#classes;
    let i = start;
    for (; i < end; i++) {
      const byte = bytes[i] ?? 0;
      const found = VALUE_CHARACTER[byte] ?? 0;
      if (found === 0) break;
      classes |= found;
    }
    this.#classes = classes;
    return i;
  }

  /** Takes one byte, at `at` in the head. @returns the next state */
  #step(byte: number, at: number): number {
    switch (this.#state) {
      case METHOD:
        return this.#stepMethod(byte, at);
      case TARGET:
        if (byte !== SP || at === (this.#marks[0] ?? 0) + 1) {
          return this.fail(400, "the request target is malformed");
        }
        return this.#mark(at, VERSION);
      case VERSION:
        return this.#stepVersion(byte);
      case STATUS:
        return this.#stepStatus(byte, at);
      case REASON:
        return byte === CR ? this.#mark(at, LINE_FEED) : this.fail(400, "the status line is malformed");
      case LINE_FEED:
        return this.#stepLineFeed(byte, LINE_START);
      case LAST_LINE_FEED:
        return this.#stepLineFeed(byte, DONE);
      case EMPTY_LINE_FEED:
        this.#start = at + 1;
        return this.#stepLineFeed(byte, METHOD);
      case LINE_START:
        return this.#stepLineStart(byte, at);
      case NAME:
        // "No whitespace is allowed between the field name and colon." RFC 9112 section 5.1.
        return byte === COLON ? this.#mark(at, VALUE_START) : this.fail(400, "a header name is malformed");
      case VALUE_START:
        this.#add(at);
        return this.#stepValue(byte, at);
      default:
        return this.#stepValue(byte, at);
    }
  }

  #add(at: number): void {
    this.#marks[this.#count++] = at;
  }

  #mark(at: number, next: number): number {
    this.#add(at);
    return next;
  }

  #stepMethod(byte: number, at: number): number {
    // "A server that is expecting to receive and parse a request-line SHOULD ignore at least one empty line (CRLF)
    // received prior to the request-line." RFC 9112 section 2.2. This one ignores one.
    if (byte === CR && at === 0) return EMPTY_LINE_FEED;
    if (byte !== SP || at === this.#start) return this.fail(400, "the request line is malformed");
    return this.#mark(at, TARGET);
  }

  #stepVersion(byte: number): number {
    const at = this.#matched++;
    if (at === HTTP_VERSION.length) {
      this.#matched = 0;
      if (byte !== (this.#isRequest ? CR : SP)) return this.fail(400, "the HTTP version is malformed");
      return this.#isRequest ? LINE_FEED : STATUS;
    }
    if (byte === HTTP_VERSION.charCodeAt(at)) return VERSION;
    const isDigit = (at === MAJOR || at === MINOR) && byte >= ZERO && byte <= NINE;
    if (!isDigit) return this.fail(400, "the HTTP version is malformed");
    if (at === MAJOR) return this.fail(505, "the HTTP version is not 1.1");
    // "A recipient that receives a message with a major version number that it implements and a minor version number
    // higher than what it implements SHOULD process the message as if it was in the highest minor version within that
    // major version to which the recipient is conformant." RFC 9110 section 2.5.
    this.#isHttp10 = byte === ZERO;
    return VERSION;
  }

  #stepStatus(byte: number, at: number): number {
    if (this.#matched < 3) {
      const lowest = this.#matched === 0 ? ZERO + 1 : ZERO;
      if (byte < lowest || byte > NINE) return this.fail(400, "the status code is malformed");
      this.#status = 10 * this.#status + byte - ZERO;
      this.#matched++;
      return STATUS;
    }
    // Many servers omit the space in front of an empty reason phrase.
    if (byte !== SP && byte !== CR) return this.fail(400, "the status code is malformed");
    // "A server MUST ignore an Upgrade header field that is received in an HTTP/1.0 request." RFC 9110 section 7.8. A
    // server that speaks HTTP/1.0 can refuse, but never upgrade.
    if (this.#isHttp10 && this.#status === 101) return this.fail(400, "HTTP/1.0 cannot upgrade a connection");
    this.#add(at);
    return byte === SP ? REASON : this.#mark(at, LINE_FEED);
  }

  #stepLineFeed(byte: number, next: number): number {
    // RFC 9112 section 2.2: "a recipient of such a bare CR MUST consider that element to be invalid or replace each
    // bare CR with SP". Replacing is guessing.
    return byte === LF ? next : this.fail(400, "a line does not end with CR LF");
  }

  #stepLineStart(byte: number, at: number): number {
    if (byte === CR) return LAST_LINE_FEED;
    // "A server that receives an obs-fold in a request message … MUST either reject the message by sending a 400 (Bad
    // Request) … or replace each received obs-fold." RFC 9112 section 5.2.
    if (isSpace(byte)) return this.fail(400, "a header line is folded");
    if (TOKEN_CHARACTER[byte] !== 1) return this.fail(400, "a header name is malformed");
    if (this.#count === START_LINE_MARKS + HEADER_LINE_MARKS * this.#maxHeaderLines) {
      return this.fail(431, `there are more than ${this.#maxHeaderLines} header lines`);
    }
    return this.#mark(at, NAME);
  }

  #stepValue(byte: number, at: number): number {
    if (byte === CR) return this.#mark(at, LINE_FEED);
    const found = VALUE_CHARACTER[byte] ?? 0;
    if (found === 0) return this.fail(400, "a header value holds a control character");
    this.#classes |= found;
    return VALUE;
  }
}

function pass(table: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && table[bytes[i] ?? 0] === 1) i++;
  return i;
}
