// Makes text from a peer safe to print.

/**
 * Invisible characters: control characters, which could move the cursor or worse; characters that change the direction
 * of the text around them; line separators; and characters without width. Characters that join and style emoji are not
 * included.
 */
const INVISIBLE =
  /(?!(?<=\p{Emoji})\ufe0f|(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d(?=\p{Extended_Pictographic}))[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Text from a peer that is safe to print on a terminal: invisible characters are escaped. Lines behind the first are
 * indented, so that they can't pass for the program's own output.
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
