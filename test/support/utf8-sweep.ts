// Four bytes at all places where a validator of blocks may go wrong, against the naive one.
import * as layout from "../../src/kernel/generated/layout.js";
import type { Kernel } from "../../src/kernel/kernel.js";
import { hex } from "./reference-decode.js";
import { referenceUtf8, type Utf8Verdict } from "./reference-utf8.js";

const INVALID = -1;
/** Where no text is: unfinished before it, continued behind it. Neither may matter. */
const BEFORE_ALL = 0xf0;
const BEHIND_ALL = 0x80;
/** From one place to the next in the scratch window. */
const STRIDE = 512;

/** What the four bytes stand in. */
export interface Place {
  readonly name: string;
  readonly before: readonly number[];
  /** ASCII, or nothing. */
  readonly behind: readonly number[];
  /** After how many of the four bytes the first of two calls ends; 0 for one call. */
  readonly cut: number;
}

const LETTER = 0x61;
const letters = (count: number) => new Array<number>(count).fill(LETTER);
/** Text in which no block is ASCII. */
const accents = (count: number) => Array.from({ length: count }, (_, i) => accent(i, count));
const accent = (i: number, count: number) => ((count - i) % 2 === 0 ? 0xc3 : i === 0 ? LETTER : 0xa9);

/** Alone; in each way across the edge of a block of 16 or 64 bytes; and cut behind each byte, at such an edge. */
export const PLACES: readonly Place[] = [
  { name: "alone", before: [], behind: [], cut: 0 },
  ...[13, 14, 15, 61, 62, 63].flatMap((at): Place[] => [
    { name: `at ${at} behind ASCII`, before: letters(at), behind: letters(134 - at), cut: 0 },
    { name: `at ${at} behind other text`, before: accents(at), behind: letters(134 - at), cut: 0 },
  ]),
  ...[1, 2, 3].map(
    (cut): Place => ({
      name: `cut behind byte ${cut}, at 64`,
      before: accents(64 - cut),
      behind: letters(70),
      cut,
    }),
  ),
];

const VALID: Utf8Verdict = { bad: -1, carry: 0 };

/** The four bytes in one place of one kernel. */
class Spot {
  readonly #kernel: Kernel;
  readonly #place: Place;
  readonly #memory: Uint8Array;
  readonly #words: Uint32Array;
  readonly #ptr: number;
  readonly #start: number;
  readonly #behind: number;

  constructor(kernel: Kernel, place: Place, start: number) {
    this.#kernel = kernel;
    this.#place = place;
    this.#memory = kernel.memory;
    this.#words = new Uint32Array(kernel.memory.buffer);
    this.#start = start;
    this.#ptr = start + place.before.length;
    this.#behind = place.behind.length;
    const { before, behind } = place;
    this.#memory.fill(BEFORE_ALL, start - 64, start);
    this.#memory.set([...before, 0, 0, 0, 0, ...behind], start);
    const end = start + before.length + 4 + behind.length;
    this.#memory.fill(BEHIND_ALL, end, end + 64);
  }

  /**
   * @param heads - the verdicts on the first one, two and three bytes
   * @param wholes - the verdict with each of the last bytes
   */
  check(
    first: number,
    second: number,
    third: number,
    lasts: Uint8Array,
    heads: readonly Utf8Verdict[],
    wholes: readonly Utf8Verdict[],
  ): void {
    const memory = this.#memory;
    const ptr = this.#ptr;
    const { cut } = this.#place;
    memory[ptr] = first;
    memory[ptr + 1] = second;
    memory[ptr + 2] = third;
    const split = ptr + cut;
    let carry = 0;
    if (cut > 0) {
      memory[ptr + 3] = lasts[0] ?? 0;
      carry = this.#validate(this.#start, split, 0);
      const head = heads[cut - 1];
      if (head === undefined || carry !== (head.bad < 0 ? head.carry : INVALID)) this.#fail(carry);
      if (carry === INVALID) {
        if (this.#badByte() !== ptr + (head?.bad ?? 0)) this.#fail(carry);
        return;
      }
    }
    const from = cut > 0 ? split : this.#start;
    const end = ptr + 4 + this.#behind;
    for (let i = 0; i < lasts.length; i++) {
      const last = lasts[i] ?? 0;
      memory[ptr + 3] = last;
      const result = this.#validate(from, end, carry);
      const { bad, carry: left } = wholes[last] ?? VALID;
      // What is behind is ASCII, and continues nothing.
      const expectedBad = bad < 0 && left !== 0 && this.#behind > 0 ? 4 : bad;
      if (expectedBad < 0 ? result !== left : result !== INVALID || this.#badByte() !== ptr + expectedBad)
        this.#fail(result);
    }
  }

  #validate(from: number, end: number, carry: number): number {
    return this.#kernel.validateUtf8(from, end - from, carry);
  }

  #badByte(): number {
    return this.#words[(layout.STATE_PTR + layout.STATE_BAD_BYTE) / 4] ?? 0;
  }

  #fail(result: number): never {
    const bytes = hex(this.#memory.subarray(this.#ptr, this.#ptr + 4));
    const found =
      result === INVALID ? `bad byte ${this.#badByte() - this.#ptr}` : `carry ${result.toString(16)}`;
    throw new Error(`${bytes} ${this.#place.name} on ${this.#kernel.name}: ${found}`);
  }
}

/** Both ends of every range that table 3-7 knows, and the bytes next to them. */
export const BOUNDARIES: Uint8Array = Uint8Array.from([
  0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee,
  0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff,
]);

/** Which values the four bytes take. */
export interface Strata {
  readonly first: ArrayLike<number>;
  readonly second: ArrayLike<number>;
  readonly third: ArrayLike<number>;
  readonly last: Uint8Array;
  /** In place of those, which ones stand behind a byte that is bad already. */
  readonly behindBad?: Uint8Array;
}

export class Utf8Sweep {
  readonly #spots: Spot[] = [];
  /** Used again for each three bytes that no fourth one makes good. */
  readonly #alike = new Array<Utf8Verdict>(256);
  /** For each carry, the verdict on one byte more. */
  readonly #afterCarry = new Map<number, readonly Utf8Verdict[]>();

  constructor(kernels: readonly Kernel[], places: readonly Place[] = PLACES) {
    for (const kernel of kernels) {
      places.forEach((place, i) => {
        this.#spots.push(new Spot(kernel, place, layout.SCRATCH_WINDOW_PTR + 64 + i * STRIDE));
      });
    }
  }

  /**
   * Checks each combination in each place.
   * @returns how many sequences that were, counted in each place
   * @throws Error at the first wrong verdict
   */
  run({ first, second, third, last, behindBad }: Strata): number {
    const behind = <T>(verdict: Utf8Verdict, all: T) => (verdict.bad < 0 ? all : (behindBad ?? all));
    let sequences = 0;
    for (let i = 0; i < first.length; i++) {
      const a = first[i] ?? 0;
      const one = referenceUtf8([a]);
      const seconds = behind(one, second);
      for (let j = 0; j < seconds.length; j++) {
        const b = seconds[j] ?? 0;
        const two = referenceUtf8([a, b]);
        const thirds = behind(two, third);
        for (let k = 0; k < thirds.length; k++) {
          const c = thirds[k] ?? 0;
          const three = referenceUtf8([a, b, c]);
          const lasts = behind(three, last);
          const heads = [one, two, three];
          const wholes = this.#wholes([a, b, c], three);
          for (const spot of this.#spots) spot.check(a, b, c, lasts, heads, wholes);
          sequences += lasts.length * this.#spots.length;
        }
      }
    }
    return sequences;
  }

  /** The verdicts on three bytes and each fourth one. */
  #wholes(head: readonly number[], verdict: Utf8Verdict): readonly Utf8Verdict[] {
    if (verdict.bad >= 0) return this.#alike.fill(verdict);
    let known = this.#afterCarry.get(verdict.carry);
    if (known === undefined) {
      known = Array.from({ length: 256 }, (_, d) => referenceUtf8([...head, d]));
      this.#afterCarry.set(verdict.carry, known);
    }
    return known;
  }
}
