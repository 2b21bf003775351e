// Reads the head of a final response. Informational responses before it are passed over.

import { given } from "./given.js";
import { HeadReader, type HeadResult, type ResponseHead } from "./head.js";
import { DEFAULT_MAX_HEAD_BYTES, DEFAULT_MAX_HEADER_LINES, type HeadLimits } from "./head-limits.js";

/** The only informational status that is final: the connection speaks another protocol behind it. */
const SWITCHING_PROTOCOLS = 101;

/**
 * Reads the heads of a response up to the final one, in as many chunks as they come in.
 *
 * "A client MUST be able to parse one or more 1xx responses received prior to a final response, even if the client does
 * not expect one. A user agent MAY ignore unexpected 1xx responses." RFC 9110 section 15.2. The limits count all heads
 * together, so that passing over many costs no more than reading one.
 */
export class FinalHeadReader {
  #bytesLeft: number;
  #linesLeft: number;
  #parser: HeadReader<"response">;
  /** Whether a head was passed over. */
  #passed = false;

  /** @param limits - checked before: positive integers */
  constructor(limits: HeadLimits = {}) {
    this.#bytesLeft = given(limits, "maxHeadBytes") ?? DEFAULT_MAX_HEAD_BYTES;
    this.#linesLeft = given(limits, "maxHeaderLines") ?? DEFAULT_MAX_HEADER_LINES;
    this.#parser = new HeadReader("response", limits);
  }

  /**
   * Reads on.
   *
   * @param chunk - borrowed for the call, apart from `rest`, which is a view of it
   * @throws Error if the final head is complete already
   */
  push(chunk: Uint8Array): HeadResult<ResponseHead> {
    let result = this.#parser.push(chunk);
    while (result.type === "head" && isInformational(result.head.status)) {
      if (!this.#passOver(result.head)) return this.#tooLong();
      if (result.rest.length === 0) return { type: "more" };
      result = this.#parser.push(result.rest);
    }
    return result.type === "failed" && result.status === 431 && this.#passed ? this.#tooLong() : result;
  }

  /** @returns false if the limits leave no room for another head */
  #passOver(head: ResponseHead): boolean {
    this.#passed = true;
    this.#bytesLeft -= this.#parser.headBytes;
    this.#linesLeft -= head.headers.size;
    if (this.#bytesLeft < 1 || this.#linesLeft < 1) return false;
    this.#parser = new HeadReader("response", {
      maxHeadBytes: this.#bytesLeft,
      maxHeaderLines: this.#linesLeft,
    });
    return true;
  }

  #tooLong(): HeadResult<ResponseHead> {
    return { type: "failed", status: 431, reason: "the heads of the answer are over the limits, together" };
  }
}

function isInformational(status: number): boolean {
  return status >= 100 && status <= 199 && status !== SWITCHING_PROTOCOLS;
}
