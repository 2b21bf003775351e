// Prefix codes for what is written: lengths from frequencies, and canonical codes from lengths (RFC 1951, section
// 3.2.2).
import { CODE_BUCKETS, CODE_DEPTHS, CODE_NODES } from "./layout";
import { anyOf16, fillShort } from "./vectors";

/** u32[320] each. Symbols that occur, in their order: frequency << 9 | symbol. */
const USED: usize = CODE_NODES;
/** The same by frequency. */
const SORTED: usize = CODE_NODES + 0x500;
/** Weights of inner nodes, then their parents, then their depths. */
const NODES: usize = CODE_NODES + 0xa00;
const SYMBOL_BITS: u32 = 0x1ff;
/** Frequencies from here on share a bucket. */
const FREQUENT: u32 = 63;

/**
 * Builds a code.
 * @param counts - u32[n], below 2^23 each, and zeros up to the next multiple of 4
 * @param maxBits - no code is longer
 * @param lengths - u8[n], written; up to 15 bytes behind them become zero
 * @param codes - u32[n], written: code, its first bit lowest | length << 16
 */
export function buildCode(counts: usize, n: u32, maxBits: u32, lengths: usize, codes: usize): void {
  fillShort(lengths, 0, n);
  fillShort(codes, 0, n << 2);
  const used = collect(counts, n);
  sort(used);
  if (used < 2) {
    // Two codes of one bit: some decoders refuse a code that is not complete.
    const only: u32 = used ? load<u32>(SORTED) & SYMBOL_BITS : 0;
    const other: u32 = only ? 0 : 1;
    store<u8>(lengths + only, 1);
    store<u8>(lengths + other, 1);
    store<u32>(codes + (min(only, other) << 2), 0x10000);
    store<u32>(codes + (max(only, other) << 2), 0x10001);
    return;
  }
  mergeNodes(used);
  const tooDeep = countDepths(used, maxBits);
  if (tooDeep) flatten(tooDeep, maxBits);
  // The rarest symbols get the longest codes.
  let at: usize = SORTED;
  for (let depth = maxBits; depth >= 1; depth--) {
    let c = load<u32>(CODE_DEPTHS + (depth << 2));
    while (c--) {
      store<u8>(lengths + (load<u32>(at) & SYMBOL_BITS), u8(depth));
      at += 4;
    }
  }
  firstCodes(maxBits);
  for (let i: u32 = 0; i < used; i++) {
    const symbol = load<u32>(USED + (i << 2)) & SYMBOL_BITS;
    store<u32>(codes + (symbol << 2), nextCode(load<u8>(lengths + symbol)));
  }
}

/** Lists the symbols that occur. @returns how many there are */
function collect(counts: usize, n: u32): u32 {
  let used: u32 = 0;
  for (let i: u32 = 0; i < n; i += 4) {
    if (!anyOf16(counts + (i << 2))) continue;
    for (let j = i; j < i + 4; j++) {
      const frequency = load<u32>(counts + (j << 2));
      store<u32>(USED + (used << 2), (frequency << 9) | j);
      used += u32(frequency !== 0);
    }
  }
  return used;
}

/** Sorts by frequency: a counting sort, then an insertion sort of the few that are frequent. */
function sort(used: u32): void {
  fillShort(CODE_BUCKETS, 0, (FREQUENT + 1) << 2);
  for (let i: u32 = 0; i < used; i++) {
    const slot = bucketOf(load<u32>(USED + (i << 2)));
    store<u32>(slot, load<u32>(slot) + 1);
  }
  let sum: u32 = 0;
  for (let i: usize = 4; i <= FREQUENT << 2; i += 4) {
    const c = load<u32>(CODE_BUCKETS + i);
    store<u32>(CODE_BUCKETS + i, sum);
    sum += c;
  }
  const frequent = load<u32>(CODE_BUCKETS + (FREQUENT << 2));
  for (let i: u32 = 0; i < used; i++) {
    const key = load<u32>(USED + (i << 2));
    const slot = bucketOf(key);
    const at = load<u32>(slot);
    store<u32>(slot, at + 1);
    store<u32>(SORTED + (at << 2), key);
  }
  for (let i = frequent + 1; i < used; i++) {
    const key = load<u32>(SORTED + (i << 2));
    let j = i;
    while (j > frequent && load<u32>(SORTED + ((j - 1) << 2)) > key) {
      store<u32>(SORTED + (j << 2), load<u32>(SORTED + ((j - 1) << 2)));
      j--;
    }
    store<u32>(SORTED + (j << 2), key);
  }
}

function bucketOf(key: u32): usize {
  return CODE_BUCKETS + ((<usize>min(key >> 9, FREQUENT)) << 2);
}

/**
 * Makes the tree as parents of inner nodes, after Moffat and Katajainen, "In-Place Calculation of Minimum-Redundancy
 * Codes" (1995): inner nodes are made in the order of their weight, so two queues are enough.
 */
function mergeNodes(used: u32): void {
  for (let i: u32 = 0; i < used; i++) store<u32>(NODES + (i << 2), load<u32>(SORTED + (i << 2)) >> 9);
  let leaf: u32 = 0;
  let root: u32 = 0;
  for (let next: u32 = 0; next < used - 1; next++) {
    let weight: u32 = 0;
    for (let child = 0; child < 2; child++) {
      if (leaf >= used || (root < next && load<u32>(NODES + (root << 2)) < load<u32>(NODES + (leaf << 2)))) {
        weight += load<u32>(NODES + (root << 2));
        store<u32>(NODES + (root++ << 2), next);
      } else {
        weight += load<u32>(NODES + (leaf++ << 2));
      }
    }
    store<u32>(NODES + (next << 2), weight);
  }
}

/**
 * Counts the leaves of each depth, from the depths of inner nodes.
 * @returns how many are too deep
 */
function countDepths(used: u32, maxBits: u32): u32 {
  fillShort(CODE_DEPTHS, 0, 64);
  let i: i32 = <i32>used - 2;
  store<u32>(NODES + ((<usize>i) << 2), 0);
  for (i--; i >= 0; i--) {
    const at = NODES + ((<usize>i) << 2);
    store<u32>(at, load<u32>(NODES + (load<u32>(at) << 2)) + 1);
  }
  let node: i32 = <i32>used - 2;
  let tooDeep: u32 = 0;
  let depth: u32 = 0;
  let nodes: u32 = 1;
  while (nodes) {
    let inner: u32 = 0;
    while (node >= 0 && load<u32>(NODES + ((<usize>node) << 2)) === depth) {
      inner++;
      node--;
    }
    if (depth > maxBits) tooDeep += nodes - inner;
    else store<u32>(CODE_DEPTHS + (depth << 2), nodes - inner);
    nodes = inner << 1;
    depth++;
  }
  return tooDeep;
}

/** Moves leaves that are too deep up to `maxBits`. That takes too much room, which others make by moving down. */
function flatten(tooDeep: u32, maxBits: u32): void {
  const deepest = CODE_DEPTHS + (maxBits << 2);
  store<u32>(deepest, load<u32>(deepest) + tooDeep);
  const room: u32 = 1 << maxBits;
  let space: u32 = 0;
  for (let depth: u32 = 1; depth <= maxBits; depth++) {
    space += load<u32>(CODE_DEPTHS + (depth << 2)) << (maxBits - depth);
  }
  while (space > room) {
    let depth = maxBits - 1;
    while (!load<u32>(CODE_DEPTHS + (depth << 2))) depth--;
    moveLeaf(depth, depth + 1);
    space -= 1 << (maxBits - depth - 1);
  }
  // Room that is left goes to the deepest leaves.
  let depth = maxBits;
  while (space < room) {
    if (load<u32>(CODE_DEPTHS + (depth << 2)) && space + (1 << (maxBits - depth)) <= room) {
      moveLeaf(depth, depth - 1);
      space += 1 << (maxBits - depth);
    } else {
      depth--;
    }
  }
}

function moveLeaf(from: u32, to: u32): void {
  store<u32>(CODE_DEPTHS + (from << 2), load<u32>(CODE_DEPTHS + (from << 2)) - 1);
  store<u32>(CODE_DEPTHS + (to << 2), load<u32>(CODE_DEPTHS + (to << 2)) + 1);
}

/** From the number of codes of each length to the first of them. */
function firstCodes(maxBits: u32): void {
  let code: u32 = 0;
  for (let length: u32 = 1; length <= maxBits; length++) {
    const slot = CODE_DEPTHS + (length << 2);
    const c = load<u32>(slot);
    store<u32>(slot, code);
    code = (code + c) << 1;
  }
}

/** The next code of a length, its first bit lowest | length << 16. */
function nextCode(length: u32): u32 {
  const slot = CODE_DEPTHS + (length << 2);
  const code = load<u32>(slot);
  store<u32>(slot, code + 1);
  return (reverse16(code) >> (16 - length)) | (length << 16);
}

function reverse16(v: u32): u32 {
  v = ((v >> 1) & 0x5555) | ((v & 0x5555) << 1);
  v = ((v >> 2) & 0x3333) | ((v & 0x3333) << 2);
  v = ((v >> 4) & 0x0f0f) | ((v & 0x0f0f) << 4);
  return ((v >> 8) | (v << 8)) & 0xffff;
}

/** Writes the canonical codes of `n` lengths, none of which is 0. */
export function assignCodes(lengths: usize, n: u32, codes: usize): void {
  fillShort(CODE_DEPTHS, 0, 64);
  for (let i: u32 = 0; i < n; i++) {
    const slot = CODE_DEPTHS + ((<usize>load<u8>(lengths + i)) << 2);
    store<u32>(slot, load<u32>(slot) + 1);
  }
  firstCodes(15);
  for (let i: u32 = 0; i < n; i++) store<u32>(codes + (i << 2), nextCode(load<u8>(lengths + i)));
}
