// The bits that deflate writes, the first one lowest.
import { distanceSymbol, lengthEntry } from "./codes";
import { END_OF_BLOCK } from "./symbols";

// Set anew by each call of `deflate`, so that nothing of a message is in them when the next one comes.
/** Bits that are not yet a byte, and how many. */
let bits: u64 = 0;
let count: u32 = 0;
/** The address of the next byte. */
let out: usize = 0;

/** Begins to write at an address. */
export function beginBits(at: usize): void {
  bits = 0;
  count = 0;
  out = at;
}

/** Appends up to 17 bits. */
export function put(value: u32, n: u32): void {
  bits |= u64(value) << u64(count);
  count += n;
  store<u64>(out, bits);
  out += count >> 3;
  bits >>= u64(count & 56);
  count &= 7;
}

/** Fills up the last byte with zeros. @returns the address behind it */
export function align(): usize {
  store<u64>(out, bits);
  out += (count + 7) >> 3;
  bits = 0;
  count = 0;
  return out;
}

/** Appends bytes behind the last byte, which must be full. */
export function putBytes(from: usize, length: usize): void {
  memory.copy(out, from, length);
  out += length;
}

/**
 * Appends literals and matches by two codes, and the end of the block.
 * @param ptr - the bytes of the block
 * @param list - what {@link findMatches} has listed, up to `listEnd`
 */
export function putSymbols(
  ptr: usize,
  list: usize,
  listEnd: usize,
  literalCodes: usize,
  distanceCodes: usize,
): void {
  let b = bits;
  let c = count;
  let o = out;
  let p = ptr;
  for (let at = list; at < listEnd; at += 8) {
    let run: usize = load<u32>(at);
    const match = load<u32>(at, 4);
    // Up to 7 bits wait, and four codes have 60 at most, of which no literal has more than 14.
    while (run >= 4) {
      const four = load<u32>(p);
      let code = load<u32>(literalCodes + ((<usize>(four & 0xff)) << 2));
      b |= u64(code & 0xffff) << u64(c);
      c += code >> 16;
      code = load<u32>(literalCodes + ((<usize>((four >> 8) & 0xff)) << 2));
      b |= u64(code & 0xffff) << u64(c);
      c += code >> 16;
      code = load<u32>(literalCodes + ((<usize>((four >> 16) & 0xff)) << 2));
      b |= u64(code & 0xffff) << u64(c);
      c += code >> 16;
      code = load<u32>(literalCodes + ((<usize>(four >> 24)) << 2));
      b |= u64(code & 0xffff) << u64(c);
      c += code >> 16;
      store<u64>(o, b);
      o += c >> 3;
      b >>= u64(c & 56);
      c &= 7;
      p += 4;
      run -= 4;
    }
    // How many are left can't be predicted: those that are not there get a code without bits.
    const three = load<u32>(p);
    let code = select<u32>(load<u32>(literalCodes + ((<usize>(three & 0xff)) << 2)), 0, run > 0);
    b |= u64(code & 0xffff) << u64(c);
    c += code >> 16;
    code = select<u32>(load<u32>(literalCodes + ((<usize>((three >> 8) & 0xff)) << 2)), 0, run > 1);
    b |= u64(code & 0xffff) << u64(c);
    c += code >> 16;
    code = select<u32>(load<u32>(literalCodes + ((<usize>((three >> 16) & 0xff)) << 2)), 0, run > 2);
    b |= u64(code & 0xffff) << u64(c);
    c += code >> 16;
    p += run;
    store<u64>(o, b);
    o += c >> 3;
    b >>= u64(c & 56);
    c &= 7;
    if (!match) continue;
    const length: usize = match & 0xffff;
    p += length;
    const entry = lengthEntry(length);
    code = load<u32>(literalCodes + ((END_OF_BLOCK + 1) << 2) + ((<usize>(entry & 31)) << 2));
    b |= u64(code & 0xffff) << u64(c);
    c += code >> 16;
    b |= u64(u32(length) - (entry >> 16)) << u64(c);
    c += (entry >> 8) & 15;
    const d = (match >> 16) - 1;
    const symbol = distanceSymbol(d);
    code = load<u32>(distanceCodes + ((<usize>symbol) << 2));
    b |= u64(code & 0xffff) << u64(c);
    c += code >> 16;
    const extra = select<u32>((symbol >> 1) - 1, 0, symbol > 3);
    b |= u64(d & ((1 << extra) - 1)) << u64(c);
    c += extra;
    store<u64>(o, b);
    o += c >> 3;
    b >>= u64(c & 56);
    c &= 7;
  }
  const code = load<u32>(literalCodes + (END_OF_BLOCK << 2));
  b |= u64(code & 0xffff) << u64(c);
  c += code >> 16;
  store<u64>(o, b);
  out = o + (c >> 3);
  bits = b >> u64(c & 56);
  count = c & 7;
}
