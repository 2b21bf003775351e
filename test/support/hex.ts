// Wire bytes as people write them down: "81 05 'Hello'", "82 7e 01 00 aa*256".

/**
 * Bytes from a literal of tokens: hex digits in pairs, `'text'` as UTF-8, `xx*n` for a byte n times. `|` and `^` are
 * punctuation for the reader.
 */
export function hex(literal: string): Uint8Array {
  const bytes: number[] = [];
  for (const token of tokens(literal)) {
    if (token === "|" || token === "^") continue;
    for (const byte of tokenBytes(token)) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** The tokens of a literal; `^` may stand directly before a byte. */
export function tokens(literal: string): string[] {
  return literal.match(/'[^']*'|\^|[^\s^']+/g) ?? [];
}

/** The bytes of one token that is not punctuation. */
export function tokenBytes(token: string): Uint8Array {
  if (token.startsWith("'")) return new TextEncoder().encode(token.slice(1, -1));
  const repeated = /^([0-9a-f]{2})\*(\d+)$/i.exec(token);
  if (repeated !== null)
    return new Uint8Array(Number(repeated[2])).fill(Number.parseInt(repeated[1] ?? "", 16));
  if (!/^([0-9a-f]{2})+$/i.test(token)) throw new Error(`not a byte: ${token}`);
  const bytes = new Uint8Array(token.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(token.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Bytes as `"81 05 48"`. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => HEX_BYTES[byte]).join(" ");
}

/** The bytes of all chunks, one behind the other. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
