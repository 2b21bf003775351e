// The parsers of `wsimd/handshake`, which check what the caller gives to the readers of heads below them.
import { FinalHeadReader } from "../http/final-head.js";
import { type HeadKinds, HeadReader, type HeadResult, type ResponseHead } from "../http/head.js";
import type { HeadLimits } from "../http/head-limits.js";
import { bytesOf } from "../protocol/arguments.js";
import { integer, oneOf, type Readers, readOptions } from "../protocol/option-readers.js";

const LIMITS: Readers<HeadLimits> = { maxHeadBytes: integer(1), maxHeaderLines: integer(1) };

const assertKind = oneOf("request", "response");

function limitsOf(limits: HeadLimits): HeadLimits {
  return readOptions<HeadLimits>(limits, LIMITS, "limits");
}

function chunkOf(chunk: Uint8Array): Uint8Array {
  return bytesOf(chunk, "a chunk must be bytes");
}

/**
 * Reads one head, in as many chunks as it comes in.
 *
 * Lines end with CR LF and with nothing else; there is no line folding, no white space before a colon, no control
 * character in a value. One empty line in front of a request line is passed over. Bytes from 0x80 up are let through in
 * values, 1:1.
 * @example
 * ```js
 * import { buildRequest, HeadParser, makeKey } from "wsimd/handshake";
 *
 * const parser = new HeadParser("request");
 * const result = parser.push(buildRequest({ host: "example.org", target: "/chat", key: makeKey() }));
 * if (result.type === "head") console.log(result.head.method, result.head.target);
 * ```
 */
export class HeadParser<K extends keyof HeadKinds> {
  readonly #reader: HeadReader<K>;

  /**
   * @param kind - the kind of head: `"request"` for a server, `"response"` for a client
   * @throws TypeError for a limit that does not exist, or a value of a wrong type
   * @throws RangeError for another kind, or a limit that is not a positive integer
   */
  constructor(kind: K, limits: HeadLimits = {}) {
    assertKind(kind, "kind");
    this.#reader = new HeadReader(kind, limitsOf(limits));
  }

  /** Bytes of the head read so far, empty lines included. */
  get headBytes(): number {
    return this.#reader.headBytes;
  }

  /** Bytes held for a head that has not ended: never more than `maxHeadBytes`. */
  get retainedBytes(): number {
    return this.#reader.retainedBytes;
  }

  /**
   * Reads on.
   *
   * @param chunk - borrowed for the call, apart from `rest`, which is a view of it
   * @returns after a failure, the same failure at each call
   * @throws TypeError if the chunk is not bytes
   * @throws Error if the head is complete already
   */
  push(chunk: Uint8Array): HeadResult<HeadKinds[K]> {
    return this.#reader.push(chunkOf(chunk));
  }
}

/**
 * Reads the heads of a response up to the final one, in as many chunks as they come in.
 *
 * "A client MUST be able to parse one or more 1xx responses received prior to a final response, even if the client does
 * not expect one. A user agent MAY ignore unexpected 1xx responses." RFC 9110 section 15.2. The limits count all heads
 * together, so that passing over many costs no more than reading one.
 */
export class FinalHeadParser {
  readonly #reader: FinalHeadReader;

  /**
   * @throws TypeError for a limit that does not exist, or a value of a wrong type
   * @throws RangeError if a limit is not a positive integer
   */
  constructor(limits: HeadLimits = {}) {
    this.#reader = new FinalHeadReader(limitsOf(limits));
  }

  /**
   * Reads on.
   *
   * @param chunk - borrowed for the call, apart from `rest`, which is a view of it
   * @throws TypeError if the chunk is not bytes
   * @throws Error if the final head is complete already
   */
  push(chunk: Uint8Array): HeadResult<ResponseHead> {
    return this.#reader.push(chunkOf(chunk));
  }
}
