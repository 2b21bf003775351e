// The inputs of a batch: all of them follow from its seed.
import { Random } from "../support/reference-random.js";
import { Grammar } from "./grammar.js";
import { HEADER_BYTES } from "./input.js";
import { mutate } from "./mutate.js";

export const KINDS = ["grammar", "mutated", "raw"] as const;
export type Kind = (typeof KINDS)[number];

/** Longer streams are not mutated: that would take longer than to decode them. */
const LONGEST_MUTATED = 4096;
const FIRST_BYTES = [0x01, 0x02, 0x00, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a];

/** Where inputs come from. */
export interface InputSource {
  /** What the last input was. */
  readonly kind: Kind;
  next(): Uint8Array;
}

/** Inputs whose streams are made by a function. */
export class Generator implements InputSource {
  readonly #random: Random;
  readonly #stream: (random: Random, kind: Kind, last: Uint8Array) => Uint8Array;
  /** A stream to splice others with. */
  #last: Uint8Array = new Uint8Array(0);
  kind: Kind = "grammar";

  constructor(seed: number, stream: (random: Random, kind: Kind, last: Uint8Array) => Uint8Array) {
    this.#random = new Random(seed);
    this.#stream = stream;
  }

  next(): Uint8Array {
    this.kind = this.#random.pick(KINDS);
    const header = this.#random.bytes(HEADER_BYTES);
    const stream = this.#stream(this.#random, this.kind, this.#last);
    this.#last = stream;
    return inputOf(header, stream);
  }
}

function inputOf(header: Uint8Array, stream: Uint8Array): Uint8Array {
  const input = new Uint8Array(HEADER_BYTES + stream.length);
  input.set(header);
  input.set(stream, HEADER_BYTES);
  return input;
}

/** Streams of frames. */
export class FrameGenerator implements InputSource {
  readonly #random: Random;
  readonly #grammar: Grammar;
  /** A stream to splice others with. */
  #last: Uint8Array = new Uint8Array(0);
  kind: Kind = "grammar";

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#grammar = new Grammar(this.#random);
  }

  next(): Uint8Array {
    const random = this.#random;
    const header = random.bytes(HEADER_BYTES);
    // The default limits for most, or little would get far.
    if (random.oneIn(2)) header[1] = (header[1] ?? 0) & 0xf8;
    return inputOf(header, this.#stream((header[0] ?? 0) % 2 === 0));
  }

  /** @param masked - whether frames come from a client */
  #stream(masked: boolean): Uint8Array {
    const random = this.#random;
    const choice = random.below(8);
    if (choice === 0) {
      this.kind = "raw";
      const bytes = random.bytes(random.below(48));
      if (random.oneIn(2)) bytes[0] = random.pick(FIRST_BYTES);
      return bytes;
    }
    const stream = this.#grammar.stream(masked);
    this.kind = "grammar";
    if (choice > 2 || stream.length > LONGEST_MUTATED) return stream;
    this.kind = "mutated";
    const mutated = mutate(random, stream, this.#last);
    this.#last = stream;
    return mutated;
  }
}
