// Header lines that a caller asks for, written so that no value can begin a line of its own.
import { TextEncoder } from "../host/text-coders.js";
import { consistsOf, equalsIgnoringCase, isToken, VALUE_CHARACTER } from "./characters.js";
import { httpDate } from "./date.js";

/** Header fields that a caller adds to a head: pairs in order, or an object from name to value. */
export type HeaderFields =
  | Iterable<readonly [name: string, value: string]>
  | Readonly<Record<string, string>>;

const encoder = new TextEncoder();

/** @returns `text` as bytes the caller owns */
export function encodeHead(text: string): Uint8Array {
  return encoder.encode(text);
}

function isIterable(fields: HeaderFields): fields is Iterable<readonly [name: string, value: string]> {
  return Symbol.iterator in fields;
}

/** A rule for the characters of a value, and its name in messages. */
export interface ValueRule {
  readonly allows: (value: string) => boolean;
  readonly what: string;
}

/** ASCII only: recipients interpret bytes above 0x7e in different ways. */
export const ASCII_VALUE: ValueRule = {
  // `consistsOf` takes no `obs-text`, which is of another class.
  allows: (value) => value === "" || consistsOf(VALUE_CHARACTER, value),
  what: "visible ASCII, spaces and tabs",
};

/**
 * `field-value` and `reason-phrase` with `obs-text`, RFC 9110 section 5.5: every value of a `Response`, except for
 * control characters.
 */
export const LATIN1_VALUE: ValueRule = {
  allows: isLatin1,
  what: "Latin-1 without control characters",
};

function isLatin1(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    // A code above 255 has no entry.
    if (!VALUE_CHARACTER[value.charCodeAt(i)]) return false;
  }
  return true;
}

/** The fields as pairs, in order. */
export function fieldsOf(fields: HeaderFields): Iterable<readonly [name: string, value: string]> {
  return isIterable(fields) ? fields : Object.entries(fields);
}

/**
 * Writes one header line.
 *
 * A CR or LF in a value would let its author begin another line or another response, so neither is ever sent.
 *
 * @throws TypeError if the name is no token, or the rule does not allow the value
 */
export function headerLine(name: string, value: string, rule = ASCII_VALUE): string {
  if (typeof name !== "string" || !isToken(name)) {
    throw new TypeError(`${JSON.stringify(name)} is no header name`);
  }
  if (typeof value !== "string" || !rule.allows(value)) {
    throw new TypeError(`the value of the header ${name} must be a string of ${rule.what}`);
  }
  return `${name}: ${value}\r\n`;
}

/**
 * Writes the header lines that a caller asked for.
 *
 * @param reserved - lower-case names that the caller may not set; one ending in `-` stands for all names with this
 * prefix
 * @throws TypeError as {@link headerLine}, or if a name is reserved
 */
export function headerLines(
  fields: HeaderFields | undefined,
  reserved: readonly string[],
  rule = ASCII_VALUE,
): string {
  if (fields === undefined) return "";
  let lines = "";
  for (const [name, value] of fieldsOf(fields)) {
    const line = headerLine(name, value, rule);
    if (reserved.some((entry) => matches(name, entry)))
      throw new TypeError(`the header ${name} is not yours to set`);
    lines += line;
  }
  return lines;
}

function matches(name: string, reserved: string): boolean {
  return equalsIgnoringCase(reserved.endsWith("-") ? name.slice(0, reserved.length) : name, reserved);
}

/** Whether a field is there. */
export function hasField(fields: HeaderFields | undefined, wanted: string): boolean {
  if (fields === undefined) return false;
  for (const [name] of fieldsOf(fields)) if (equalsIgnoringCase(name, wanted)) return true;
  return false;
}

/**
 * "An origin server with a clock MUST generate a Date header field in all 2xx (Successful), 3xx (Redirection), and 4xx
 * (Client Error) responses." RFC 9110 section 6.6.1.
 *
 * @param fields - of the answer, which may have its own
 * @param now - as of `Date.now()`; a server without a clock has none
 */
export function dateLine(fields: HeaderFields | undefined, now: number | undefined): string {
  return now === undefined || hasField(fields, "date") ? "" : `Date: ${httpDate(now)}\r\n`;
}
