// The codes of one block: literals, matches and the end (RFC 1951, section 3.2.3).
import { ENTRY_END, ENTRY_LITERAL, ENTRY_SPECIAL, ENTRY_SUBTABLE } from "./decoding-table";
import {
  IN_BITS,
  IN_COUNT,
  IN_DISTANCE,
  IN_LENGTH,
  IN_MODE,
  INFLATE_BAD_DATA,
  INFLATE_CONSUMED,
  INFLATE_NEEDS_INPUT,
  INFLATE_OUTPUT_FULL,
  INFLATE_PRODUCED,
  INFLATE_STATE,
} from "./layout";
import { MODE_BLOCK, MODE_CODES, MODE_MATCH, PART_ENDED } from "./modes";
import { MAX_MATCH } from "./symbols";
import { copy16, copyMatch, copyNear } from "./vectors";

/** The longest code, and so the most bits by which a code is known to be invalid. */
const MAX_CODE_BITS: u32 = 15;

/** The index of an entry in the subtable that another entry points to. */
function inSubtable(entry: u32, bits: u64): usize {
  return (<usize>((entry >> 16) + (u32(bits) & ((1 << ((entry >> 8) & 15)) - 1)))) << 2;
}

/** The extra bits of an entry's code, which stand behind the code's own in `bits`. */
function extraOf(entry: u32, bits: u64): u32 {
  return u32(bits & ((u64(1) << u64(entry & 0xff)) - 1)) >> ((entry >> 8) & 15);
}

/** Whether an entry points to a subtable. Literals have these bits free. */
function isPointer(entry: u32): bool {
  return (entry & (ENTRY_LITERAL | ENTRY_SUBTABLE | ENTRY_SPECIAL)) === (ENTRY_SUBTABLE | ENTRY_SPECIAL);
}

/**
 * Goes on with a block, behind the last byte that was written. Takes the bit buffer from the state, and leaves it
 * there.
 * @returns PART_ENDED at the end of the block, INFLATE_NEEDS_INPUT, INFLATE_OUTPUT_FULL or INFLATE_BAD_DATA
 */
export function readCodes(
  ptr: usize,
  end: usize,
  outEnd: usize,
  history: usize,
  literals: usize,
  literalMask: u32,
  distances: usize,
  distanceMask: u32,
): u32 {
  let p = ptr;
  let out: usize = load<u32>(INFLATE_PRODUCED);
  let bits = load<u64>(INFLATE_STATE + IN_BITS);
  let count = load<u32>(INFLATE_STATE + IN_COUNT);
  let status: u32 = INFLATE_NEEDS_INPUT;
  let mode: u32 = MODE_CODES;

  if (load<u32>(INFLATE_STATE + IN_MODE) === MODE_MATCH) {
    const left = load<u32>(INFLATE_STATE + IN_LENGTH);
    const n = min<usize>(left, outEnd - out);
    copyMatch(out, load<u32>(INFLATE_STATE + IN_DISTANCE), n);
    out += n;
    if (n < left) {
      store<u32>(INFLATE_STATE + IN_LENGTH, left - u32(n));
      store<u32>(INFLATE_PRODUCED, u32(out));
      store<u32>(INFLATE_CONSUMED, u32(p));
      return INFLATE_OUTPUT_FULL;
    }
  }

  // Where neither end is near, nothing needs to be checked but distances. 56 bits are known at the head of the loop,
  // and a length with its distance has 48 at most.
  if (end - p >= 32 && outEnd - out >= MAX_MATCH + 8) {
    const safeEnd = end - 24;
    const safeOut = outEnd - (MAX_MATCH + 4);
    do {
      bits |= load<u64>(p) << u64(count);
      p += ((63 - count) >> 3) & 7;
      count |= 56;
      let entry = load<u32>(literals + ((<usize>bits & literalMask) << 2));
      if (entry & ENTRY_LITERAL) {
        bits >>= u64(entry);
        count -= entry & 0xff;
        store<u8>(out++, u8(entry >> 16));
        entry = load<u32>(literals + ((<usize>bits & literalMask) << 2));
        if (entry & ENTRY_LITERAL) {
          bits >>= u64(entry);
          count -= entry & 0xff;
          store<u8>(out++, u8(entry >> 16));
          entry = load<u32>(literals + ((<usize>bits & literalMask) << 2));
          if (entry & ENTRY_LITERAL) {
            bits >>= u64(entry);
            count -= entry & 0xff;
            store<u8>(out++, u8(entry >> 16));
            continue;
          }
        }
        bits |= load<u64>(p) << u64(count);
        p += ((63 - count) >> 3) & 7;
        count |= 56;
      }
      if (entry & ENTRY_SPECIAL) {
        if (entry & ENTRY_SUBTABLE) {
          bits >>= u64(entry);
          count -= entry & 0xff;
          entry = load<u32>(literals + inSubtable(entry, bits));
          if (entry & ENTRY_LITERAL) {
            bits >>= u64(entry);
            count -= entry & 0xff;
            store<u8>(out++, u8(entry >> 16));
            continue;
          }
        }
        if (entry & ENTRY_SPECIAL) {
          if (entry & ENTRY_END) {
            bits >>= u64(entry);
            count -= entry & 0xff;
            status = PART_ENDED;
          } else {
            status = INFLATE_BAD_DATA;
          }
          break;
        }
      }
      const length: usize = ((entry >> 16) & 0x1ff) + extraOf(entry, bits);
      bits >>= u64(entry);
      count -= entry & 0xff;
      entry = load<u32>(distances + ((<usize>bits & distanceMask) << 2));
      if (entry & ENTRY_SPECIAL) {
        if (!(entry & ENTRY_SUBTABLE)) {
          status = INFLATE_BAD_DATA;
          break;
        }
        bits >>= u64(entry);
        count -= entry & 0xff;
        entry = load<u32>(distances + inSubtable(entry, bits));
        if (entry & ENTRY_SPECIAL) {
          status = INFLATE_BAD_DATA;
          break;
        }
      }
      const distance: usize = (entry >> 16) + extraOf(entry, bits);
      bits >>= u64(entry);
      count -= entry & 0xff;
      if (distance > out - history) {
        status = INFLATE_BAD_DATA;
        break;
      }
      if (distance >= 16) {
        const from = out - distance;
        copy16(out, from);
        if (length > 16) {
          copy16(out + 16, from + 16);
          for (let i: usize = 32; i < length; i += 16) copy16(out + i, from + i);
        }
      } else {
        copyNear(out, distance, length);
      }
      out += length;
    } while (p < safeEnd && out < safeOut);
    bits &= (u64(1) << u64(count)) - 1;
  }

  // Near an end, each code is looked at first, and taken when all of it is there.
  while (status === INFLATE_NEEDS_INPUT) {
    if (count < 48) {
      const available = end - p;
      let word = load<u64>(p);
      if (available < 8) word &= (u64(1) << (available << 3)) - 1;
      bits |= word << u64(count);
      const take = min<usize>((63 - count) >> 3, available);
      p += take;
      count += u32(take) << 3;
    }
    let entry = load<u32>(literals + ((<usize>bits & literalMask) << 2));
    let used: u32 = 0;
    if (isPointer(entry)) {
      used = entry & 0xff;
      entry = load<u32>(literals + inSubtable(entry, bits >> u64(used)));
    }
    if (entry & ENTRY_LITERAL) {
      used += entry & 0xff;
      if (used > count) break;
      if (out >= outEnd) {
        status = INFLATE_OUTPUT_FULL;
        break;
      }
      store<u8>(out++, u8(entry >> 16));
      bits >>= u64(used);
      count -= used;
      continue;
    }
    if (entry & ENTRY_SPECIAL) {
      if (entry & ENTRY_END) {
        used += entry & 0xff;
        if (used > count) break;
        bits >>= u64(used);
        count -= used;
        status = PART_ENDED;
      } else if (count >= MAX_CODE_BITS) {
        status = INFLATE_BAD_DATA;
      }
      break;
    }
    let rest = bits >> u64(used);
    const length: usize = ((entry >> 16) & 0x1ff) + extraOf(entry, rest);
    used += entry & 0xff;
    if (used > count) break;
    rest = bits >> u64(used);
    entry = load<u32>(distances + ((<usize>rest & distanceMask) << 2));
    if (isPointer(entry)) {
      used += entry & 0xff;
      rest >>= u64(entry);
      entry = load<u32>(distances + inSubtable(entry, rest));
    }
    if (entry & ENTRY_SPECIAL) {
      if (count >= used + MAX_CODE_BITS) status = INFLATE_BAD_DATA;
      break;
    }
    const distance: usize = (entry >> 16) + extraOf(entry, rest);
    used += entry & 0xff;
    if (used > count) break;
    if (distance > out - history) {
      status = INFLATE_BAD_DATA;
      break;
    }
    bits >>= u64(used);
    count -= used;
    const n = min<usize>(length, outEnd - out);
    copyMatch(out, distance, n);
    out += n;
    if (n < length) {
      store<u32>(INFLATE_STATE + IN_LENGTH, u32(length - n));
      store<u32>(INFLATE_STATE + IN_DISTANCE, u32(distance));
      mode = MODE_MATCH;
      status = INFLATE_OUTPUT_FULL;
    }
  }

  store<u64>(INFLATE_STATE + IN_BITS, bits);
  store<u32>(INFLATE_STATE + IN_COUNT, count);
  store<u32>(INFLATE_STATE + IN_MODE, status === PART_ENDED ? MODE_BLOCK : mode);
  store<u32>(INFLATE_CONSUMED, u32(p));
  store<u32>(INFLATE_PRODUCED, u32(out));
  return status;
}
