// Finding what was there before: the matches of a block.
//
// Places of four-byte sequences are kept in buckets of two, 16 bits each, the newest lowest. Only bytes that were
// compared count, so what a bucket holds need not be true.
import { distanceSymbol, lengthEntry } from "./codes";
import { DISTANCE_COUNTS, LITERAL_COUNTS, MATCHES, PLACES } from "./layout";
import { END_OF_BLOCK, MAX_MATCH } from "./symbols";
import { fillShort } from "./vectors";

/** A match of this length is not given up for a longer one at the next byte. */
const NICE: u32 = 32;
/** No match is shorter. */
const MIN_MATCH: usize = 4;
/** After so many bytes without a match, one is skipped at each step; after twice as many, two; and so on. */
const PATIENCE_BITS: u32 = 6;

function bucketOf(word: u32, shift: u32): usize {
  return PLACES + ((<usize>((word * 0x9e3779b1) >> shift)) << 2);
}

function increment(slot: usize): void {
  store<u32>(slot, load<u32>(slot) + 1);
}

function countLiteral(p: usize): void {
  increment(LITERAL_COUNTS + ((<usize>load<u8>(p)) << 2));
}

/** How many bytes are equal from `a` and `b` on, which is known of the first four. */
function matchLength(a: usize, b: usize, limit: usize): usize {
  let n: usize = MIN_MATCH;
  while (n < limit) {
    const difference = load<u64>(a + n) ^ load<u64>(b + n);
    if (difference) {
      n += <usize>(ctz(difference) >> 3);
      break;
    }
    n += 8;
  }
  return min(n, limit);
}

function insert(p: usize, bias: u32, shift: u32): void {
  const slot = bucketOf(load<u32>(p), shift);
  store<u32>(slot, (load<u32>(slot) << 16) | ((<u32>p + bias) & 0xffff));
}

/**
 * Finds the matches of [ptr, end), lists them in MATCHES and counts the symbols of the block. The last entry has the
 * literals behind the last match, and no match.
 * @param history - bytes from here on may be referred to
 * @param bias - what makes a place of an address
 * @param shift - 32 less the bits of the index of buckets
 * @param lazy - whether a longer match at the next byte is looked for
 * @returns the end of the list
 */
export function findMatches(
  ptr: usize,
  end: usize,
  history: usize,
  bias: u32,
  shift: u32,
  maxDistance: usize,
  lazy: bool,
): usize {
  // Words of eight bytes are read from before here.
  const last = end - ptr >= 8 ? end - 8 : ptr;
  let p = ptr;
  let literals = ptr;
  let match: usize = MATCHES;
  let misses: u32 = 0;
  // DISTANCE_COUNTS follow.
  fillShort(LITERAL_COUNTS, 0, DISTANCE_COUNTS - LITERAL_COUNTS + 128);

  // The match at the byte before `p`, for which a longer one is looked for at `p`.
  let before: u32 = 0;
  let than = MIN_MATCH - 1;
  while (p < last) {
    // Both candidates are compared whatever they are: which of them fits can't be predicted, that none does can.
    const word = load<u32>(p);
    const slot = bucketOf(word, shift);
    const here = <u32>p + bias;
    const bucket = load<u32>(slot);
    store<u32>(slot, (bucket << 16) | (here & 0xffff));
    const d0: u32 = (here - bucket) & 0xffff;
    const d1: u32 = (here - (bucket >> 16)) & 0xffff;
    const fits0 = load<u32>(p - d0) === word;
    const fits1 = load<u32>(p - d1) === word;
    let found: u32 = 0;
    if (u32(fits0) | u32(fits1)) {
      const limit = min<usize>(MAX_MATCH, end - p);
      const reach = <u32>min(p - history, maxDistance);
      let length = than;
      // A distance of zero becomes the farthest.
      if (fits0 && d0 - 1 < reach) {
        const n = matchLength(p, p - d0, limit);
        if (n > length) {
          length = n;
          found = (d0 << 16) | u32(n);
        }
      }
      if (fits1 && d1 - 1 < reach) {
        const n = matchLength(p, p - d1, limit);
        if (n > length) found = (d1 << 16) | u32(n);
      }
    }
    if (!found) {
      if (!before) {
        countLiteral(p++);
        for (let skip = misses++ >> PATIENCE_BITS; skip && p < last; skip--) countLiteral(p++);
        continue;
      }
      found = before;
      p--;
    } else {
      if (before) countLiteral(p - 1);
      if (lazy && (found & 0xffff) < NICE && p + 1 < last) {
        before = found;
        than = found & 0xffff;
        p++;
        continue;
      }
    }
    misses = 0;
    const next = before ? p + 2 : p + 1;
    before = 0;
    than = MIN_MATCH - 1;
    const length: usize = found & 0xffff;
    store<u64>(match, u64(p - literals) | (u64(found) << 32));
    match += 8;
    increment(LITERAL_COUNTS + ((END_OF_BLOCK + 1) << 2) + ((<usize>lengthEntry(length) & 31) << 2));
    increment(DISTANCE_COUNTS + ((<usize>distanceSymbol((found >> 16) - 1)) << 2));
    // A fixed number of the places inside: a loop's exit would cost more than the others gain.
    insert(next, bias, shift);
    insert(next + 1, bias, shift);
    p += length;
    // Behind the end stand bytes of other connections. A place for them would tell of them in the next message's length.
    if (p + 3 <= end) insert(p - 1, bias, shift);
    literals = p;
  }
  while (p < end) countLiteral(p++);
  store<u32>(LITERAL_COUNTS + (END_OF_BLOCK << 2), 1);
  store<u64>(match, u64(end - literals));
  return match + 8;
}
