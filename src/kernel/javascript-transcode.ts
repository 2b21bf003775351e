// Text from UTF-8 to UTF-16 in plain JavaScript.

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes validated UTF-8. @returns the number of units at `out` */
export function utf8ToUtf16(
  memory: Uint8Array,
  view: DataView,
  ptr: number,
  length: number,
  out: number,
): number {
  const text = decoder.decode(memory.subarray(ptr, ptr + length));
  for (let i = 0; i < text.length; i++) view.setUint16(out + 2 * i, text.charCodeAt(i), true);
  return text.length;
}
