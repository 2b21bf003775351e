// Masking in plain JavaScript.

/**
 * Masks in place. Section 5.3: `transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4)`.
 * @returns the key, rotated to go on at `ptr + length`
 */
export function mask(memory: Uint8Array, ptr: number, length: number, key: number): number {
  const k0 = key & 0xff;
  const k1 = (key >>> 8) & 0xff;
  const k2 = (key >>> 16) & 0xff;
  const k3 = key >>> 24;
  const end = ptr + length;
  const whole = ptr + (length & ~3);
  let p = ptr;
  for (; p < whole; p += 4) {
    memory[p] = (memory[p] ?? 0) ^ k0;
    memory[p + 1] = (memory[p + 1] ?? 0) ^ k1;
    memory[p + 2] = (memory[p + 2] ?? 0) ^ k2;
    memory[p + 3] = (memory[p + 3] ?? 0) ^ k3;
  }
  if (p < end) memory[p] = (memory[p] ?? 0) ^ k0;
  if (p + 1 < end) memory[p + 1] = (memory[p + 1] ?? 0) ^ k1;
  if (p + 2 < end) memory[p + 2] = (memory[p + 2] ?? 0) ^ k2;
  return rotateKey(key, length);
}

function rotateKey(key: number, length: number): number {
  const bits = (length & 3) << 3;
  return bits === 0 ? key >>> 0 : ((key >>> bits) | (key << (32 - bits))) >>> 0;
}
