import { consistsOf, equalsIgnoringCase, isToken, VALUE_CHARACTER } from "./characters.js";

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

/** The fields as pairs, in order. */
export function fieldsOf(fields: HeaderFields): Iterable<readonly [name: string, value: string]> {
  return isIterable(fields) ? fields : Object.entries(fields);
}

/**
 * Writes one header line.
 *
 * A CR or LF in a value would begin a line, or a response, of its author's own; bytes above 0x7e mean different things
 * to different recipients. Neither is ever sent.
 *
 * @throws TypeError if the name is no token, or the value is not of visible ASCII, spaces and tabs
 */
export function headerLine(name: string, value: string): string {
  if (typeof name !== "string" || !isToken(name)) {
    throw new TypeError(`${JSON.stringify(name)} is no header name`);
  }
  if (typeof value !== "string" || !isSendable(value)) {
    throw new TypeError(`the value of the header ${name} must be a string of visible ASCII, spaces and tabs`);
  }
  return `${name}: ${value}\r\n`;
}

/**
 * Writes the header lines that a caller asked for.
 *
 * @param reserved lower-case names that are not the caller's to set; one ending in `-` stands for all that begin so
 * @throws TypeError as {@link headerLine}, or if a name is reserved
 */
export function headerLines(fields: HeaderFields | undefined, reserved: readonly string[]): string {
  if (fields === undefined) return "";
  let lines = "";
  for (const [name, value] of fieldsOf(fields)) {
    const line = headerLine(name, value);
    if (reserved.some((entry) => matches(name, entry)))
      throw new TypeError(`the header ${name} is not yours to set`);
    lines += line;
  }
  return lines;
}

function matches(name: string, reserved: string): boolean {
  return equalsIgnoringCase(reserved.endsWith("-") ? name.slice(0, reserved.length) : name, reserved);
}

/** Of what may stand in a value, only ASCII: {@link consistsOf} takes no `obs-text`, which is of another class. */
function isSendable(value: string): boolean {
  return value === "" || consistsOf(VALUE_CHARACTER, value);
}
