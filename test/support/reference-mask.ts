/** Section 5.3, octet by octet: "transformed-octet-i = original-octet-i XOR masking-key-octet-j", j = i MOD 4. */
export function referenceMask(payload: Uint8Array, key: readonly number[]): Uint8Array {
  return payload.map((byte, i) => byte ^ (key[i % 4] ?? 0));
}

/** The key as it applies from octet `i` on. */
export function referenceKeyAt(key: readonly number[], i: number): number[] {
  return [0, 1, 2, 3].map((j) => key[(i + j) % 4] ?? 0);
}
