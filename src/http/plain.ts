// HTTP requests that ask for no WebSocket, one for each connection: enough for a health check, a page or a form.

import { expectsToContinue } from "./expectation.js";
import type { RequestHead } from "./head.js";
import { dateLine, headerLines, LATIN1_VALUE } from "./header-fields.js";
import type { HeaderList } from "./header-list.js";
import { encodeLatin1 } from "./latin1.js";
import { reasonPhrase } from "./reason-phrase.js";
import { type Refusal, refuse } from "./refusal.js";
import { checkTarget } from "./target.js";

/** A request that asks for no WebSocket, found to be in order. */
export interface PlainRequest {
  readonly type: "plain";
  readonly method: string;
  /** "localhost" if an HTTP/1.0 request names none. */
  readonly host: string;
  /** Begins with `/`. As in an `UpgradeRequest`, it has the form of `URL.pathname`. The path of `OPTIONS *` is `/`. */
  readonly path: string;
  /** The part behind the first `?` of the target, in the form of a `URL`; `undefined` if there is none. */
  readonly query: string | undefined;
  readonly headers: HeaderList;
  /** Bytes of content that follow the head. */
  readonly contentLength: number;
  /** Whether the client waits for a 100 before it sends its content. */
  readonly expectsContinue: boolean;
}

/** Methods that a `Request` does not support. */
const NOT_SERVED: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

/** Methods that a `Request` converts to capitals, though "the method token is case-sensitive": RFC 9110 section 9.1. */
const NORMALIZED: ReadonlySet<string> = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]);

/** Whether a `Request` supports the method and keeps it as it was sent. */
function isServed(method: string): boolean {
  const capitals = method.toUpperCase();
  return !NOT_SERVED.has(capitals) && (capitals === method || !NORMALIZED.has(capitals));
}

/** @param maxContentBytes - content longer than this is refused with 413 */
export function checkPlain(head: RequestHead, maxContentBytes: number): PlainRequest | Refusal {
  const resource = checkTarget(head);
  if (resource.type === "refusal") return resource;
  const { method, headers } = head;
  if (!isServed(method)) return refuse(501, "no such method here");
  // "A server MAY reject a request that contains a message body but not a Content-Length by responding with 411 (Length
  // Required)." RFC 9112 section 6.3. A request with both fields is a means of request smuggling.
  if (headers.has("Transfer-Encoding")) return refuse(411, "content needs a Content-Length");
  const given = headers.count("Content-Length");
  const length = given === 0 ? "0" : headers.get("Content-Length");
  if (length === undefined || !/^\d+$/.test(length)) return refuse(400, "Content-Length is no number");
  const contentLength = Number(length);
  if (contentLength > maxContentBytes) return refuse(413, "the content is too long");
  const { host, path, query } = resource;
  const expectsContinue = expectsToContinue(head);
  return { type: "plain", method, host, path, query, headers, contentLength, expectsContinue };
}

/** The answer to a plain request. */
export interface AnswerOptions {
  /** 200 to 599. */
  readonly status: number;
  /** The reason phrase; "" for the usual one of the status. */
  readonly phrase: string;
  readonly headers: Iterable<readonly [name: string, value: string]>;
  /** The content. For HEAD only its length is sent. */
  readonly body: Uint8Array;
}

/** Fields that frame the answer. They are written here, and those of the application are left out. */
const FRAMING: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

/** Statuses without content and without `Content-Length`: RFC 9110 sections 15.3.5 and 15.4.5. */
const NO_CONTENT: ReadonlySet<number> = new Set([204, 304]);

/**
 * Writes an answer after which the connection ends. Header values and phrase are sent as Latin-1, a byte for each
 * character.
 *
 * @param now - for its `Date`, as of `Date.now()`; without it there is none but the application's
 * @throws TypeError if a header or the phrase cannot be sent
 */
export function buildAnswer(method: string, answer: AnswerOptions, now?: number): Uint8Array[] {
  const { status, phrase, headers, body } = answer;
  if (!LATIN1_VALUE.allows(phrase)) throw new TypeError(`the status text must be ${LATIN1_VALUE.what}`);
  const fields = [...headers].filter(([name]) => !FRAMING.has(name.toLowerCase()));
  const none = NO_CONTENT.has(status);
  const length = none ? "" : `Content-Length: ${body.length}\r\n`;
  const lines = `${dateLine(fields, now)}Connection: close\r\n${length}${headerLines(fields, [], LATIN1_VALUE)}`;
  const head = encodeLatin1(`HTTP/1.1 ${status} ${phrase || reasonPhrase(status)}\r\n${lines}\r\n`);
  return none || method === "HEAD" || body.length === 0 ? [head] : [head, body];
}
