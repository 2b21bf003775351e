// HTTP requests that ask for no WebSocket, one for each connection: enough for a health check, a page or a form.

import type { HeaderList } from "./header-list.js";
import type { RequestHead } from "./http-head.js";
import { encodeHead, headerLines } from "./outgoing.js";
import { reasonPhrase } from "./reason-phrase.js";
import { checkTarget, type Refusal, refuse } from "./request.js";

/** A request that asks for no WebSocket, found to be in order. */
export interface PlainRequest {
  readonly type: "plain";
  readonly method: string;
  readonly host: string;
  /** Begins with `/`; nothing in it is decoded. */
  readonly path: string;
  /** What follows the first `?` of the target; `undefined` if there is none. */
  readonly query: string | undefined;
  readonly headers: HeaderList;
  /** Bytes of content that follow the head. */
  readonly contentLength: number;
  /** Whether the client waits for a 100 before it sends its content. */
  readonly expectsContinue: boolean;
}

const NOT_SERVED: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

/** @param maxContentBytes - content longer than this is refused with 413 */
export function checkPlain(head: RequestHead, maxContentBytes: number): PlainRequest | Refusal {
  const resource = checkTarget(head);
  if ("type" in resource) return resource;
  const { method, headers } = head;
  // A `Request` has none of these methods.
  if (NOT_SERVED.has(method)) return refuse(501, "no such method here");
  // "A server MAY reject a request that contains a message body but not a Content-Length by responding with 411 (Length
  // Required)." RFC 9112 section 6.3. What has both is how requests are smuggled.
  if (headers.has("Transfer-Encoding")) return refuse(411, "content needs a Content-Length");
  const given = headers.count("Content-Length");
  const length = given === 0 ? "0" : headers.get("Content-Length");
  if (length === undefined || !/^\d+$/.test(length)) return refuse(400, "Content-Length is no number");
  const contentLength = Number(length);
  if (contentLength > maxContentBytes) return refuse(413, "the content is too long");
  const expectsContinue = headers.get("Expect")?.toLowerCase() === "100-continue";
  return { type: "plain", method, headers, contentLength, expectsContinue, ...resource };
}

/** The answer to a plain request. */
export interface AnswerOptions {
  /** 200 to 599. */
  readonly status: number;
  /** "" stands for the usual one. */
  readonly phrase: string;
  readonly headers: Iterable<readonly [name: string, value: string]>;
  /** Left out of what is sent for HEAD, but for its length. */
  readonly body: Uint8Array;
}

/** What frames the answer is written here, whatever the application says. */
const FRAMING: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

/** Neither has content, nor says how much: RFC 9110 sections 15.3.5 and 15.4.5. */
const NO_CONTENT: ReadonlySet<number> = new Set([204, 304]);

/**
 * Writes the head of an answer after which the connection ends.
 * @throws TypeError if a header or the phrase cannot be sent
 */
export function buildAnswer(method: string, answer: AnswerOptions): Uint8Array[] {
  const { status, phrase, headers, body } = answer;
  if (!/^[\t\x20-\x7e]*$/.test(phrase)) throw new TypeError("the status text must be visible ASCII");
  const fields = [...headers].filter(([name]) => !FRAMING.has(name.toLowerCase()));
  const none = NO_CONTENT.has(status);
  const length = none ? "" : `Content-Length: ${body.length}\r\n`;
  const head = encodeHead(
    `HTTP/1.1 ${status} ${phrase || reasonPhrase(status)}\r\nConnection: close\r\n${length}${headerLines(fields, [])}\r\n`,
  );
  return none || method === "HEAD" || body.length === 0 ? [head] : [head, body];
}
