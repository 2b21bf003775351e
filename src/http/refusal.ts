// Refusals: the answer that turns a request away and ends the connection.
import { given } from "./given.js";
import { dateLine, encodeHead, fieldsOf, type HeaderFields, hasField, headerLines } from "./header-fields.js";
import { reasonPhrase } from "./reason-phrase.js";

/** A request that is not accepted. As it stands, this is an argument for `buildRefusal`. */
export interface Refusal {
  /** Tells it from a valid request. */
  readonly type: "refusal";
  /** The status code of the answer. */
  readonly status: number;
  /** A description of the fault. */
  readonly reason: string;
  /** The headers that go with the status. */
  readonly headers: Readonly<Record<string, string>>;
}

const NO_HEADERS: Readonly<Record<string, string>> = {};

/** Makes a {@link Refusal}. */
export function refuse(status: number, reason: string, headers = NO_HEADERS): Refusal {
  return { type: "refusal", status, reason, headers };
}

/** An answer that does not accept a request. A `Refusal` is one, and so is the failure of a `HeadParser`. */
export interface RefusalOptions {
  /** 300 to 599. */
  readonly status: number;
  /** A description of the fault. It is the body, unless `body` is given. */
  readonly reason?: string | undefined;
  /** Further fields, such as `Location` and `WWW-Authenticate`. */
  readonly headers?: HeaderFields | undefined;
  /** The body, sent as UTF-8. Its type is `text/plain` unless `headers` set another. */
  readonly body?: string | undefined;
}

const REFUSAL_RESERVED = ["connection", "content-length", "transfer-encoding"];

/**
 * Writes the answer of `buildRefusal`.
 *
 * @throws RangeError if the status is not an integer from 300 to 599
 * @throws TypeError if a header cannot be sent, or is one that frames the message
 */
export function writeRefusal(options: RefusalOptions, now?: number): Uint8Array {
  const { status } = options;
  const fields = given(options, "headers");
  // Read once: an iterator has nothing more after that.
  const headers = fields === undefined ? undefined : [...fieldsOf(fields)];
  if (!Number.isInteger(status) || status < 300 || status > 599) {
    throw new RangeError(`a refusal has a status from 300 to 599, not ${String(status)}`);
  }
  const phrase = reasonPhrase(status);
  const content = given(options, "body") ?? `${given(options, "reason") ?? phrase}\n`;
  const lines = headerLines(headers, REFUSAL_RESERVED);
  // "A sender of Upgrade MUST also send an 'Upgrade' connection option in the Connection header field." RFC 9110
  // section 7.8.
  const connection = hasField(headers, "upgrade") ? "close, Upgrade" : "close";
  const type = hasField(headers, "content-type") ? "" : "Content-Type: text/plain; charset=utf-8\r\n";
  const body = encodeHead(content);
  const head = encodeHead(
    `HTTP/1.1 ${status} ${phrase}\r\n${dateLine(headers, now)}Connection: ${connection}\r\n${type}Content-Length: ${body.length}\r\n${lines}\r\n`,
  );
  const answer = new Uint8Array(head.length + body.length);
  answer.set(head);
  answer.set(body, head.length);
  return answer;
}
