// Text from UTF-8 to UTF-16 in plain JavaScript. Same results as assembly/transcode.ts.

/** Decodes validated UTF-8. @returns the number of units at `out` */
export function utf8ToUtf16(
  memory: Uint8Array,
  view: DataView,
  ptr: number,
  length: number,
  out: number,
): number {
  const end = ptr + length;
  let to = out;
  for (let p = ptr; p < end; ) {
    const point = codePoint(memory, p);
    if (point < 0x10000) {
      view.setUint16(to, point, true);
      to += 2;
      p += point < 0x80 ? 1 : point < 0x800 ? 2 : 3;
    } else {
      view.setUint16(to, 0xd800 | ((point - 0x10000) >> 10), true);
      view.setUint16(to + 2, 0xdc00 | (point & 0x3ff), true);
      to += 4;
      p += 4;
    }
  }
  return (to - out) >> 1;
}

function codePoint(memory: Uint8Array, p: number): number {
  const lead = memory[p] ?? 0;
  if (lead < 0x80) return lead;
  const second = (memory[p + 1] ?? 0) & 0x3f;
  if (lead < 0xe0) return ((lead & 0x1f) << 6) | second;
  const third = (memory[p + 2] ?? 0) & 0x3f;
  if (lead < 0xf0) return ((lead & 0x0f) << 12) | (second << 6) | third;
  return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | ((memory[p + 3] ?? 0) & 0x3f);
}
