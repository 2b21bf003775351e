/**
 * The bytes of a binary that scripts/build.js has put into a string: a character for each byte below 80, and one more in front
 * of the others.
 */
export function bytesFromText(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let high = 0;
  for (const character of text) {
    const value = character.charCodeAt(0) - 42;
    if (value >= 0) bytes.push(high + value);
    high = value < 0 ? -80 * value : 0;
  }
  return new Uint8Array(bytes);
}
