// Masking and unmasking in place (RFC 6455 section 5.3). XOR is its own inverse, so one function does both.

/** In each byte of a word the highest bit, which no ASCII character has. */
export const HIGH_BITS: u64 = (0x80808080 << 32) | 0x80808080;

/**
 * XORs `length` bytes at `ptr` with the masking key, read little-endian from the wire.
 * @returns the key, rotated to go on with the same payload at `ptr + length`
 */
export function mask(ptr: usize, length: usize, key: u32): u32 {
  maskAndTest(ptr, length, key);
  return rotateKey(key, length);
}

/** The key as it applies `length` bytes further on: section 5.3 uses "octet i MOD 4" of the key for byte i. */
export function rotateKey(key: u32, length: usize): u32 {
  return rotr<u32>(key, u32(length) << 3);
}

/**
 * XORs `length` bytes at `ptr` with `key`. It writes no byte outside of them, though PADDING would allow it: a store
 * that reached into the next frame's header would delay the load of that header.
 * @returns whether a byte of the result is 0x80 or above
 */
export function maskAndTest(ptr: usize, length: usize, key: u32): bool {
  if (ASC_FEATURE_SIMD) {
    return length < 16 ? maskShort(ptr, length, key) : maskVectors(ptr, length, key);
  }
  return length < 16 ? maskShort(ptr, length, key) : maskWords(ptr, length, key);
}

/**
 * {@link maskAndTest} for at least 16 bytes. The loop takes whole vectors from the front, so it may run into the last
 * 16 bytes. Those are therefore computed before the loop changes any of them, and stored after it.
 */
function maskVectors(ptr: usize, length: usize, key: u32): bool {
  const last = ptr + length - 16;
  const keys = i32x4.splat(key);
  const tail = v128.xor(v128.load(last), i32x4.splat(rotateKey(key, length)));
  let seen = tail;
  while (last - ptr >= 64 && ptr < last) {
    const a = v128.xor(v128.load(ptr), keys);
    const b = v128.xor(v128.load(ptr, 16), keys);
    const c = v128.xor(v128.load(ptr, 32), keys);
    const d = v128.xor(v128.load(ptr, 48), keys);
    v128.store(ptr, a);
    v128.store(ptr, b, 16);
    v128.store(ptr, c, 32);
    v128.store(ptr, d, 48);
    seen = v128.or(seen, v128.or(v128.or(a, b), v128.or(c, d)));
    ptr += 64;
  }
  while (ptr < last) {
    const a = v128.xor(v128.load(ptr), keys);
    v128.store(ptr, a);
    seen = v128.or(seen, a);
    ptr += 16;
  }
  v128.store(last, tail);
  return i8x16.bitmask(seen) !== 0;
}

/** {@link maskVectors} with words of 8 bytes, where there are no vectors. */
function maskWords(ptr: usize, length: usize, key: u32): bool {
  const last = ptr + length - 8;
  const keys = doubled(key);
  const tail = load<u64>(last) ^ doubled(rotateKey(key, length));
  let seen = tail;
  while (ptr < last) {
    const a = load<u64>(ptr) ^ keys;
    store<u64>(ptr, a);
    seen |= a;
    ptr += 8;
  }
  store<u64>(last, tail);
  return (seen & HIGH_BITS) !== 0;
}

/**
 * {@link maskAndTest} for fewer than 16 bytes: the first and the last word, which may overlap. Both are therefore
 * loaded before either is stored.
 */
function maskShort(ptr: usize, length: usize, key: u32): bool {
  if (length >= 8) {
    const last = ptr + length - 8;
    const a = load<u64>(ptr) ^ doubled(key);
    const b = load<u64>(last) ^ doubled(rotateKey(key, length));
    store<u64>(ptr, a);
    store<u64>(last, b);
    return ((a | b) & HIGH_BITS) !== 0;
  }
  if (length >= 4) {
    const last = ptr + length - 4;
    const a = load<u32>(ptr) ^ key;
    const b = load<u32>(last) ^ rotateKey(key, length);
    store<u32>(ptr, a);
    store<u32>(last, b);
    return ((a | b) & 0x80808080) !== 0;
  }
  let seen: u32 = 0;
  for (let i: usize = 0; i < length; i++) {
    const a: u32 = load<u8>(ptr + i) ^ (key & 0xff);
    store<u8>(ptr + i, a);
    seen |= a;
    key >>= 8;
  }
  return (seen & 0x80) !== 0;
}

/** The key twice, for 8 bytes. */
function doubled(key: u32): u64 {
  return u64(key) | (u64(key) << 32);
}

/** Whether a byte from `ptr` to `ptr + length` is 0x80 or above. */
export function hasHighBit(ptr: usize, length: usize): bool {
  const end = ptr + length;
  let seen: u64 = 0;
  if (ASC_FEATURE_SIMD) {
    let vectors = i8x16.splat(0);
    while (end - ptr >= 16) {
      vectors = v128.or(vectors, v128.load(ptr));
      ptr += 16;
    }
    seen = i8x16.bitmask(vectors) === 0 ? 0 : HIGH_BITS;
  }
  while (end - ptr >= 8) {
    seen |= load<u64>(ptr);
    ptr += 8;
  }
  while (ptr < end) {
    seen |= u64(load<u8>(ptr));
    ptr++;
  }
  return (seen & HIGH_BITS) !== 0;
}
