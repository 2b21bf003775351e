// Steps over sixteen bytes, in vectors or in words: the builds with and without SIMD differ here alone.
import { PATTERNS } from "./layout";

/** Copies 16 bytes that do not overlap. */
export function copy16(to: usize, from: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(to, v128.load(from));
  } else {
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
  }
}

/** Fills `length` bytes, and up to 15 behind them. For short areas: `memory.fill` costs more than they do. */
export function fillShort(ptr: usize, value: u8, length: usize): void {
  if (ASC_FEATURE_SIMD) {
    const filling = i8x16.splat(value);
    for (let i: usize = 0; i < length; i += 16) v128.store(ptr + i, filling);
  } else {
    const filling = u64(u32(value) * 0x01010101) * 0x100000001;
    for (let i: usize = 0; i < length; i += 8) store<u64>(ptr + i, filling);
  }
}

/** The set of the first sixteen bytes, a bit for each, that are not zero. */
export function nonZero16(ptr: usize): u32 {
  if (ASC_FEATURE_SIMD) {
    return i8x16.bitmask(i8x16.ne(v128.load(ptr), i8x16.splat(0)));
  } else {
    let found: u32 = 0;
    for (let i: u32 = 0; i < 16; i++) found |= u32(load<u8>(ptr + i) !== 0) << i;
    return found;
  }
}

/** Whether one of 16 bytes is not zero. */
export function anyOf16(ptr: usize): bool {
  if (ASC_FEATURE_SIMD) {
    return v128.any_true(v128.load(ptr));
  } else {
    return (load<u64>(ptr) | load<u64>(ptr, 8)) !== 0;
  }
}

/**
 * The bits that symbols take.
 * @param counts - u32[n]: how often each occurs
 * @param codes - u32[n]: the length of its code << 16
 * @param n - a multiple of 4
 */
export function bitsOf(counts: usize, codes: usize, n: usize): u32 {
  const end = n << 2;
  if (ASC_FEATURE_SIMD) {
    let sum = i32x4.splat(0);
    for (let i: usize = 0; i < end; i += 16) {
      sum = i32x4.add(sum, i32x4.mul(v128.load(counts + i), i32x4.shr_u(v128.load(codes + i), 16)));
    }
    return (
      i32x4.extract_lane(sum, 0) +
      i32x4.extract_lane(sum, 1) +
      i32x4.extract_lane(sum, 2) +
      i32x4.extract_lane(sum, 3)
    );
  } else {
    let sum: u32 = 0;
    for (let i: usize = 0; i < end; i += 4) sum += load<u32>(counts + i) * (load<u32>(codes + i) >> 16);
    return sum;
  }
}

/** Copies a match from `distance` bytes before `out`, and up to DEFLATE_PADDING bytes behind its end. */
export function copyMatch(out: usize, distance: usize, length: usize): void {
  if (distance >= 16) {
    const from = out - distance;
    for (let i: usize = 0; i < length; i += 16) copy16(out + i, from + i);
  } else {
    copyNear(out, distance, length);
  }
}

/** {@link copyMatch} for a distance below 16, where the match repeats itself within a vector. */
export function copyNear(out: usize, distance: usize, length: usize): void {
  const from = out - distance;
  if (ASC_FEATURE_SIMD) {
    // The period is spread over a vector, of which so many bytes are stored at a time as are whole periods.
    const pattern = v128.swizzle(v128.load(from), v128.load(PATTERNS + (distance << 4)));
    const step: usize = load<u8>(PATTERNS + 256 + distance);
    for (let i: usize = 0; i < length; i += step) v128.store(out + i, pattern);
  } else {
    for (let i: usize = 0; i < length; i++) store<u8>(out + i, load<u8>(from + i));
  }
}
