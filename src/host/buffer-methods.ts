// The methods that `toString` and `write` of a Buffer call when they have checked their arguments. They are not
// documented, and work on any Uint8Array. Where one is missing, the documented method stands in for it.
// docs/node-internals.md lists them.

type Slice = (this: Uint8Array, start: number, end: number) => string;
type Write = (this: Uint8Array, text: string, start: number, length: number) => number;

const ofLatin1 = method<Slice>(
  "latin1Slice",
  (bytes) => (start, end) => bytes.toString("latin1", start, end),
);
const ofUtf8 = method<Slice>("utf8Slice", (bytes) => (start, end) => bytes.toString("utf8", start, end));
const ofUtf16 = method<Slice>("ucs2Slice", (bytes) => (start, end) => bytes.toString("utf16le", start, end));
const toUtf8 = method<Write>(
  "utf8Write",
  (bytes) => (text, start, length) => bytes.write(text, start, length, "utf8"),
);

/** Longer strings are made of pieces. */
const MOST_FLAT_UNITS = 120 * 1024;
const PIECE_UNITS = 64 * 1024;

/**
 * A long string is made of pieces. V8 joins them without a copy, while one long string would get pages of its own from
 * the operating system, and lose them again.
 */
export function latin1Slice(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= MOST_FLAT_UNITS) return ofLatin1.call(bytes, start, end);
  let text = "";
  for (let at = start; at < end; at += PIECE_UNITS)
    text += ofLatin1.call(bytes, at, Math.min(at + PIECE_UNITS, end));
  return text;
}

export function utf8Slice(bytes: Uint8Array, start: number, end: number): string {
  return ofUtf8.call(bytes, start, end);
}

/** Of little-endian UTF-16. */
export function utf16Slice(bytes: Uint8Array, start: number, end: number): string {
  return ofUtf16.call(bytes, start, end);
}

/** @returns the number of bytes written, no more than `length` */
export function utf8Write(bytes: Uint8Array, text: string, start: number, length: number): number {
  return toUtf8.call(bytes, text, start, length);
}

/** An undocumented method of Buffer's, or a documented one that does the same where it is missing. */
function method<F extends Slice | Write>(
  name: string,
  otherwise: (bytes: Buffer) => OmitThisParameter<F>,
): F {
  const found: unknown = Reflect.get(Buffer.prototype, name);
  if (isMethod<F>(found)) return found;
  const stand: unknown = function (this: Uint8Array, ...args: unknown[]): unknown {
    return Reflect.apply(otherwise(bufferOver(this)), undefined, args);
  };
  if (isMethod<F>(stand)) return stand;
  throw new TypeError(`no ${name}`);
}

function isMethod<F>(value: unknown): value is F {
  return typeof value === "function";
}

function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
