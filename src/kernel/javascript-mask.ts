// `mask` in plain JavaScript, after assembly/mask.ts.

/**
 * Masks or unmasks in place. Section 5.3: `transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4)`.
 * @returns the key, rotated to go on with the same payload at `ptr + length`
 */
export function mask(view: DataView, ptr: number, length: number, key: number): number {
  const end = ptr + length;
  let p = ptr;
  for (; p <= end - 4; p += 4) view.setUint32(p, view.getUint32(p, true) ^ key, true);
  let rotated = key;
  for (; p < end; p++) {
    view.setUint8(p, view.getUint8(p) ^ rotated);
    rotated = (rotated >>> 8) | (rotated << 24);
  }
  return rotated | 0;
}
