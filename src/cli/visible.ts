// Text of others, made fit to be printed.

/**
 * What shows nothing of itself: control characters, which could move the cursor or worse, those that turn the direction of what is
 * around them, separators of lines, and whatever has no width. What joins and styles emoji stays.
 */
const INVISIBLE =
  /(?!(?<=\p{Emoji})\ufe0f|(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d(?=\p{Extended_Pictographic}))[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Text of others that is safe to print on a terminal: what is invisible is spelt out. Lines behind the first are indented, so
 * that they can't pass for something else.
 */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (char) => {
    if (char === "\t") return char;
    if (char === "\n") return "\n  ";
    const code = char.codePointAt(0) ?? 0;
    const digits = code.toString(16);
    return code <= 0xff ? `\\x${digits.padStart(2, "0")}` : `\\u{${digits}}`;
  });
}

/** Bytes as a line to read, no more of them than `most`. */
export function hexLine(bytes: Uint8Array, most = Number.POSITIVE_INFINITY): string {
  const shown = bytes.subarray(0, most);
  const hex = Array.from(shown, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const count = bytes.length === 1 ? "1 byte" : `${bytes.length} bytes`;
  return `binary, ${count}: ${hex}${shown.length < bytes.length ? " …" : ""}`;
}
