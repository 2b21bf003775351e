// Compressed data that costs a receiver the most for each of its bytes: blocks without content.

/** The order in which the lengths of the precode are written: RFC 1951 section 3.2.7. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END_OF_BLOCK = 256;
const BLOCKS = 400;

/** Bits as RFC 1951 packs them. */
class Bits {
  /** @type {number[]} */
  #bytes = [];
  #count = 0;

  /**
   * @param {number} value
   * @param {number} count
   */
  put(value, count) {
    for (let i = 0; i < count; i++, this.#count++) {
      const at = this.#count >>> 3;
      this.#bytes[at] = (this.#bytes[at] ?? 0) | (((value >>> i) & 1) << (this.#count & 7));
    }
    return this;
  }

  /**
   * A code, its first bit highest.
   * @param {number} code
   * @param {number} count
   */
  code(code, count) {
    for (let i = count - 1; i >= 0; i--) this.put(code >>> i, 1);
  }

  /** The message: its end is the header of an empty stored block. */
  message() {
    this.put(0, 3);
    return Uint8Array.from(this.#bytes);
  }
}

/**
 * The canonical codes of some lengths.
 * @param {readonly number[]} lengths
 */
function codesOf(lengths) {
  const codes = lengths.map(() => 0);
  let code = 0;
  for (let length = 1; length < 16; length++, code <<= 1)
    lengths.forEach((each, symbol) => {
      if (each === length) codes[symbol] = code++;
    });
  return codes;
}

/**
 * A block with nothing but a header and its end.
 * @param {Bits} bits
 * @param {readonly number[]} literals - lengths of the literal codes
 * @param {readonly number[]} distances
 */
function emptyBlock(bits, literals, distances) {
  const all = [...literals, ...distances];
  const used = [...new Set([...all, 16])];
  const width = Math.ceil(Math.log2(used.length));
  const short = 2 ** width - used.length;
  const precode = new Array(19).fill(0);
  used.forEach((symbol, i) => {
    precode[symbol] = i < short ? width - 1 : width;
  });
  const codes = codesOf(precode);
  bits
    .put(4, 3)
    .put(literals.length - 257, 5)
    .put(distances.length - 1, 5)
    .put(15, 4);
  for (const symbol of ORDER) bits.put(precode[symbol], 3);
  for (let at = 0; at < all.length; ) {
    const value = all[at] ?? 0;
    bits.code(codes[value] ?? 0, precode[value]);
    let run = 0;
    while (all[at + 1 + run] === value && run < 6) run++;
    at += 1;
    if (run < 3) continue;
    bits.code(codes[16] ?? 0, precode[16]);
    bits.put(run - 3, 2);
    at += run;
  }
  bits.code(codesOf(literals)[END_OF_BLOCK] ?? 0, literals[END_OF_BLOCK] ?? 0);
}

/**
 * @param {readonly number[]} literals
 * @param {readonly number[]} distances
 */
function blocks(literals, distances) {
  const bits = new Bits();
  for (let i = 0; i < BLOCKS; i++) emptyBlock(bits, literals, distances);
  return bits.message();
}

/** All 30 distances: 2 codes of 4 bits, 28 of 5. */
const DISTANCES = Array.from({ length: 30 }, (_, i) => (i < 2 ? 4 : 5));

/** @returns {{ name: string, message: Uint8Array }[]} */
export function hostileMessages() {
  const fixed = new Bits();
  for (let i = 0; i < 20 * BLOCKS; i++) fixed.put(2, 3).put(0, 7);
  const small = Array.from({ length: 257 }, (_, i) => (i >= 255 ? 1 : 0));
  const full = Array.from({ length: 286 }, (_, i) => (i < 226 ? 8 : 9));
  // As many codes as fit beside 32 that need subtables: 254 of 8 bits leave room for 256 of 15.
  /** @type {number[]} */
  const deep = Array.from({ length: 286 }, (_, i) => (i < 254 ? 8 : i < 270 ? 12 : 13));
  deep.fill(11, 254, 256);
  return [
    { name: "smallest headers", message: blocks(small, [0]) },
    { name: "headers with all symbols", message: blocks(full, DISTANCES) },
    { name: "headers with subtables", message: blocks(complete(deep), DISTANCES) },
    { name: "empty fixed blocks", message: fixed.message() },
    { name: "empty stored blocks", message: Buffer.concat(storedBlocks()) },
  ];
}

function storedBlocks() {
  return [...Array.from({ length: 5 * BLOCKS }, () => Buffer.from([0, 0, 0, 0xff, 0xff])), Buffer.from([0])];
}

/**
 * Makes codes complete: the last symbols get shorter codes until no room is left.
 * @param {readonly number[]} lengths
 */
function complete(lengths) {
  const found = [...lengths];
  let room = 2 ** 15 - found.reduce((sum, length) => sum + 2 ** (15 - length), 0);
  for (let i = found.length - 1; room > 0 && i >= 0; i--) {
    while (room >= 2 ** (15 - (found[i] ?? 0)) && (found[i] ?? 0) > 9) {
      room -= 2 ** (15 - (found[i] ?? 0));
      found[i] = (found[i] ?? 0) - 1;
    }
  }
  if (room !== 0) throw new Error(`these codes leave room: ${room}`);
  return found;
}
