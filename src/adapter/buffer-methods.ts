// What the `toString` and `write` of a Buffer call when they have looked at their arguments, on the runtimes that have one. They work
// on any Uint8Array.

type Slice = (this: Uint8Array, start: number, end: number) => string;
type Write = (this: Uint8Array, text: string, start: number, length: number) => number;

export const latin1Slice = method<Slice>(
  "latin1Slice",
  (bytes) => (start, end) => bytes.toString("latin1", start, end),
);
export const utf8Slice = method<Slice>(
  "utf8Slice",
  (bytes) => (start, end) => bytes.toString("utf8", start, end),
);
export const ucs2Slice = method<Slice>(
  "ucs2Slice",
  (bytes) => (start, end) => bytes.toString("utf16le", start, end),
);
export const utf8Write = method<Write>(
  "utf8Write",
  (bytes) => (text, start, length) => bytes.write(text, start, length, "utf8"),
);

/** A method of Buffer's that is not documented, or what does the same where it is missing. */
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
