// Character classes of HTTP (RFC 9110 section 5.6, RFC 3986), one byte for each of the 256 codes: 0 for no. A lookup
// for each character replaces every regular expression here, so nothing can backtrack.

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COMMA = 0x2c;
export const COLON = 0x3a;

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function classOf(members: string): Uint8Array {
  const table = new Uint8Array(256);
  for (let i = 0; i < members.length; i++) table[members.charCodeAt(i)] = 1;
  return table;
}

function range(table: Uint8Array, first: number, last: number, value: number): Uint8Array {
  return table.fill(value, first, last + 1);
}

/** `tchar`: the characters of names, methods, subprotocols and extensions. RFC 9110 section 5.6.2. */
export const TOKEN_CHARACTER = classOf(`!#$%&'*+-.^_\`|~${ALPHANUMERIC}`);

/** The class of a byte in a field value: 1 for ASCII, {@link OBS_TEXT} for 0x80 and up, 0 for a control character. */
export const VALUE_CHARACTER = range(range(classOf("\t"), SP, 0x7e, 1), 0x80, 0xff, 2);

/** The class that {@link VALUE_CHARACTER} gives `obs-text`, RFC 9110 section 5.5. */
export const OBS_TEXT = 2;

/**
 * The characters of a request target: visible ASCII without `#`, as a fragment is never sent. This is wider than RFC
 * 3986, because browsers send `|`, `^` and the like in a query unescaped.
 */
export const TARGET_CHARACTER = range(range(new Uint8Array(256), 0x21, 0x7e, 1), 0x23, 0x23, 0);

/**
 * The characters of a path that `new URL` leaves alone, apart from dot segments: `pchar` of RFC 3986 section 3.3
 * without escapes.
 */
export const URL_PATH_CHARACTER = classOf(`-._~!$&'()*+,;=:@/${ALPHANUMERIC}`);

/**
 * The characters of a query that `new URL` leaves alone: RFC 3986 section 3.4, without the apostrophe, which it
 * escapes.
 */
export const URL_QUERY_CHARACTER = classOf(`-._~!$&()*+,;=:@/?%${ALPHANUMERIC}`);

/** `reg-name` or an IPv4 address, RFC 3986 section 3.2.2. */
export const HOST_CHARACTER = classOf(`-._~%!$&'()*+,;=${ALPHANUMERIC}`);

/** The characters between the brackets of an IP literal, RFC 3986 section 3.2.2. */
export const IP_LITERAL_CHARACTER = classOf(`-._~!$&'()*+,;=:${ALPHANUMERIC}`);

/** The ten digits. */
export const DIGIT = classOf("0123456789");

/**
 * Finds where a run of one class ends.
 *
 * @returns the first index from `start` on whose character is outside of `table`, or the end of the text
 */
export function endOfRun(table: Uint8Array, text: string, start: number): number {
  let i = start;
  // A code above 255 has no entry, and counts as outside of the class.
  while (i < text.length && table[text.charCodeAt(i)] === 1) i++;
  return i;
}

/** Whether `text` is a non-empty run of one class. */
export function consistsOf(table: Uint8Array, text: string): boolean {
  return text.length > 0 && endOfRun(table, text, 0) === text.length;
}

/** Whether `text` is a `token`, RFC 9110 section 5.6.2. */
export function isToken(text: string): boolean {
  return consistsOf(TOKEN_CHARACTER, text);
}

/** Whether `code` is a space or a tab: `OWS` is any number of them. */
export function isSpace(code: number): boolean {
  return code === SP || code === HTAB;
}

/** `text[start..end]` without the white space around it. */
export function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

/** Lower-cases one ASCII letter; `toLowerCase` would make a `k` of the Kelvin sign. */
function fold(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
}

/** Whether two strings are "an ASCII case-insensitive match", the comparison of RFC 6455 section 2.1. */
export function equalsIgnoringCase(one: string, other: string): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) {
    if (fold(one.charCodeAt(i)) !== fold(other.charCodeAt(i))) return false;
  }
  return true;
}
