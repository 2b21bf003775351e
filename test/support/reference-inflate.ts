// Compressed messages as RFC 1951 and section 7.2.2 of RFC 7692 read: bit by bit, always from the start of the message.

class OutOfBits {}
class BadData {}
class Enough {}

const LENGTH_BASES = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12_289, 16_385, 24_577,
];
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
const PRECODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const FIXED_LENGTHS = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));

/** Symbols by their codes, as strings of binary digits. */
type Codes = ReadonlyMap<string, number>;

/** The codes of these lengths. Codes that leave gaps are bad, but for a single one. */
function codesOf(lengths: readonly number[], mayBeSingle: boolean): Codes {
  const codes = new Map<string, number>();
  let next = 0;
  let taken = 0;
  for (let length = 1; length <= 15; length++) {
    for (const [symbol, each] of lengths.entries()) {
      if (each !== length) continue;
      codes.set(next.toString(2).padStart(length, "0"), symbol);
      taken += 2 ** -length;
      next++;
    }
    next *= 2;
  }
  const single = mayBeSingle && (codes.size === 0 || (codes.size === 1 && codes.has("0")));
  if (taken > 1 || (taken < 1 && !single)) throw new BadData();
  return codes;
}

/** What became of the bytes of a message, of which more may come. */
export interface ReferenceInflated {
  readonly output: Uint8Array;
  /** Whether the bytes, or their end, are bad behind this output. */
  readonly bad: boolean;
}

/** The messages of one direction of a connection. */
export class ReferenceInflater {
  readonly #windowBytes: number;
  readonly #takeover: boolean;
  readonly #lookahead: number;
  #window: readonly number[] = [];

  /** @param lookahead - bytes that must have come behind bad data before it is noticed, unless the message ends there */
  constructor(windowBits: number, takeover: boolean, lookahead = 0) {
    this.#windowBytes = 2 ** windowBits;
    this.#takeover = takeover;
    this.#lookahead = lookahead;
  }

  /**
   * Reads a message, or what there is of it.
   * @param ends - whether all of it is there; the next call then reads another
   * @param most - bytes of output, behind which nothing is read
   */
  read(bytes: readonly number[], ends: boolean, most: number): ReferenceInflated {
    const message = new Message(bytes, this.#window, this.#windowBytes, most);
    const bad = message.read(ends) && (ends || message.left >= this.#lookahead);
    const output = message.out.slice(this.#window.length);
    if (ends && this.#takeover) this.#window = message.out.slice(-this.#windowBytes);
    return { output: Uint8Array.from(output), bad };
  }
}

class Message {
  readonly #bytes: readonly number[];
  readonly #windowBytes: number;
  readonly #most: number;
  /** The window and the output. */
  readonly out: number[];
  /** In bits. */
  #at = 0;
  /** Whether the message may end here. */
  #whole = true;

  constructor(bytes: readonly number[], window: readonly number[], windowBytes: number, most: number) {
    this.#bytes = bytes;
    this.#windowBytes = windowBytes;
    this.#most = window.length + most;
    this.out = [...window];
  }

  /** Bytes that were not read. */
  get left(): number {
    return this.#bytes.length - (this.#at >> 3);
  }

  /** @returns whether it is bad */
  read(ends: boolean): boolean {
    try {
      for (;;) this.#block();
    } catch (reason) {
      if (reason instanceof BadData) return true;
      if (reason instanceof Enough) return false;
      if (!(reason instanceof OutOfBits)) throw reason;
      return ends && !this.#whole;
    }
  }

  #bit(): number {
    const byte = this.#bytes[this.#at >> 3];
    if (byte === undefined) throw new OutOfBits();
    this.#whole = false;
    return (byte >> (this.#at++ & 7)) & 1;
  }

  #number(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++) value += this.#bit() * 2 ** i;
    return value;
  }

  /** Skips the rest of a byte. */
  #align(): void {
    this.#at = (this.#at + 7) & ~7;
    this.#whole = this.#at === 8 * this.#bytes.length;
  }

  #put(byte: number): void {
    this.out.push(byte);
    if (this.out.length >= this.#most) throw new Enough();
  }

  #block(): void {
    const final = this.#bit() === 1;
    const type = this.#number(2);
    if (type === 3) throw new BadData();
    if (type === 0) this.#stored();
    else if (type === 1) this.#symbols(codesOf(FIXED_LENGTHS, false), codesOf(Array(32).fill(5), false));
    else this.#dynamic();
    // The next block begins at the next byte (RFC 7692 section 7.2.3.4), if there is one.
    if (final) this.#align();
  }

  #stored(): void {
    // The last four bytes of a message, 00 00 FF FF, are not sent: it may end where they would come.
    this.#align();
    const length = this.#number(16);
    if (length + this.#number(16) !== 0xffff) throw new BadData();
    for (let i = 0; i < length; i++) this.#put(this.#number(8));
  }

  #dynamic(): void {
    const literals = 257 + this.#number(5);
    const distances = 1 + this.#number(5);
    const precodes = 4 + this.#number(4);
    if (literals > 286 || distances > 30) throw new BadData();
    const precodeLengths = Array<number>(19).fill(0);
    for (const symbol of PRECODE_ORDER.slice(0, precodes)) precodeLengths[symbol] = this.#number(3);
    const precode = codesOf(precodeLengths, false);
    const lengths: number[] = [];
    while (lengths.length < literals + distances) {
      const symbol = this.#symbol(precode);
      if (symbol < 16) lengths.push(symbol);
      else if (symbol > 16)
        lengths.push(...Array(symbol === 17 ? 3 + this.#number(3) : 11 + this.#number(7)).fill(0));
      else {
        const last = lengths.at(-1);
        if (last === undefined) throw new BadData();
        lengths.push(...Array(3 + this.#number(2)).fill(last));
      }
    }
    if (lengths.length > literals + distances || lengths[256] === 0) throw new BadData();
    this.#symbols(codesOf(lengths.slice(0, literals), true), codesOf(lengths.slice(literals), true));
  }

  #symbol(codes: Codes): number {
    let code = "";
    do code += this.#bit();
    while (!codes.has(code) && code.length < 15);
    const symbol = codes.get(code);
    if (symbol === undefined) throw new BadData();
    return symbol;
  }

  #symbols(literals: Codes, distances: Codes): void {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) this.#put(symbol);
      else this.#match(symbol - 257, distances);
    }
  }

  #match(symbol: number, distances: Codes): void {
    const base = LENGTH_BASES[symbol];
    if (base === undefined) throw new BadData();
    const length = base + this.#number(LENGTH_EXTRA[symbol] ?? 0);
    const code = this.#symbol(distances);
    const start = DISTANCE_BASES[code];
    if (start === undefined) throw new BadData();
    const distance = start + this.#number(DISTANCE_EXTRA[code] ?? 0);
    if (distance > this.out.length || distance > this.#windowBytes) throw new BadData();
    for (let i = 0; i < length; i++) this.#put(this.out[this.out.length - distance] ?? 0);
  }
}
