/**
 * Text of somebody else's that is safe to print on a terminal: control characters, which could move the cursor or worse,
 * are spelt out. Lines behind the first are indented, so that they can't pass for something else.
 */
export function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => {
    if (char === "\t") return char;
    if (char === "\n") return "\n  ";
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

/** Bytes as a line to read, no more of them than `most`. */
export function hexLine(bytes: Uint8Array, most = Number.POSITIVE_INFINITY): string {
  const shown = bytes.subarray(0, most);
  const hex = Array.from(shown, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const count = bytes.length === 1 ? "1 byte" : `${bytes.length} bytes`;
  return `binary, ${count}: ${hex}${shown.length < bytes.length ? " …" : ""}`;
}
