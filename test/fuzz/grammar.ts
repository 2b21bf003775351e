// Streams by the grammar of section 5.2, in which now and then a rule is broken.
import type { Random } from "../support/reference-random.js";
import { Bytes } from "./bytes.js";

/** In 256. What is said of a frame is broken this often. */
const FAULTS = 16;

const CLOSE_CODES = [
  0, 999, 1000, 1001, 1003, 1004, 1005, 1006, 1007, 1010, 1014, 1015, 1016, 2999, 3000, 4999, 5000, 65_535,
];
const EDGES = [
  0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 124, 125, 126, 127, 128, 129, 200, 201, 255, 256,
];
const LONG_EDGES = [1023, 1024, 4096, 65_535, 65_536, 65_537];
const DECLARED = [
  ...[0, 125, 126, 127, 200, 201, 65_534, 65_535, 65_536, 70_000, 2 ** 20, 2 ** 20 + 1, 2 ** 31 - 1, 2 ** 31],
  ...[2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1, 2 ** 53, 2 ** 62, 2 ** 63, 2 ** 64 - 2 ** 11],
];
/** Code points at the edges of the forms of UTF-8. */
const POINTS = [0, 0x41, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xffff, 0x10000, 0x10ffff];
/** Bytes that no text has at all, or not everywhere. */
const BAD_BYTES = [0x80, 0xbf, 0xc0, 0xc1, 0xe0, 0xed, 0xf0, 0xf4, 0xf5, 0xff];

const encoder = new TextEncoder();
const POINT_BYTES = POINTS.map((point) => encoder.encode(String.fromCodePoint(point)));

/** Writes streams of frames as a peer sends them. */
export class Grammar {
  readonly #random: Random;
  readonly #out = new Bytes();
  readonly #payload = new Bytes();
  #masked = false;
  /** The rest of the message that is being sent in fragments. */
  #rest: Uint8Array | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  /** @param masked - whether the peer is a client */
  stream(masked: boolean): Uint8Array {
    const random = this.#random;
    const out = this.#out;
    out.clear();
    this.#masked = masked;
    this.#rest = undefined;
    for (let frames = 1 + random.below(random.oneIn(4) ? 12 : 4); frames > 0; frames--) this.#frame();
    const whole = out.copy();
    return random.oneIn(8) ? whole.subarray(0, random.below(whole.length + 1)) : whole;
  }

  #frame(): void {
    const kind = this.#random.below(16);
    if (kind === 0) this.#write(0x88, this.#closePayload());
    else if (kind < 4) this.#write(this.#random.pick([0x89, 0x8a]), this.#bytes(this.#controlLength()));
    else this.#data();
  }

  #data(): void {
    const random = this.#random;
    let opcode = 0;
    let rest = this.#rest;
    if (rest === undefined || this.#isFaulty()) {
      opcode = this.#isFaulty() ? 0 : random.pick([1, 1, 2]);
      rest = opcode === 2 ? this.#bytes(this.#length()) : this.#text();
    }
    const final = random.below(8) < 5;
    const length = final ? rest.length : random.below(rest.length + 1);
    this.#rest = final ? undefined : rest.subarray(length);
    this.#write((final ? 0x80 : 0) | opcode, rest.subarray(0, length));
  }

  /** A frame, perhaps with a fault in its header. */
  #write(first: number, payload: Uint8Array): void {
    const random = this.#random;
    const out = this.#out;
    out.byte(
      this.#isFaulty() ? first ^ random.pick([0x10, 0x20, 0x40, 0x80, 0x01, 0x02, 0x08, 0x0b]) : first,
    );
    const masked = this.#isFaulty() && random.oneIn(4) ? !this.#masked : this.#masked;
    this.#writeLength(masked ? 0x80 : 0, payload.length);
    if (!masked) {
      out.append(payload);
      return;
    }
    const key = random.oneIn(16) ? 0 : random.next();
    for (let i = 0; i < 4; i++) out.byte(key >>> (8 * i));
    for (let i = 0; i < payload.length; i++) out.byte((payload[i] ?? 0) ^ (key >>> (8 * (i & 3))));
  }

  #writeLength(mask: number, length: number): void {
    const random = this.#random;
    const out = this.#out;
    const lie = this.#isFaulty() && random.oneIn(2);
    const said = lie ? random.pick(DECLARED) : length;
    const shortest = said < 126 ? 0 : said < 0x10000 ? 2 : 8;
    const form = this.#isFaulty() && random.oneIn(2) ? random.pick([0, 2, 8]) : shortest;
    if (form === 0) out.byte(mask | Math.min(said, 125));
    else {
      out.byte(mask | (form === 2 ? 126 : 127));
      out.bigEndian(said, form);
    }
  }

  #closePayload(): Uint8Array {
    const random = this.#random;
    const payload = this.#payload;
    payload.clear();
    if (random.oneIn(4)) return payload.copy();
    payload.bigEndian(random.oneIn(3) ? random.pick(CLOSE_CODES) : 1000, 2);
    for (let count = random.below(8); count > 0; count--) payload.append(random.pick(POINT_BYTES));
    if (this.#isFaulty()) payload.byte(random.pick(BAD_BYTES));
    const whole = payload.copy();
    return this.#isFaulty() ? whole.subarray(0, 1) : whole;
  }

  /** Text, most of it valid. */
  #text(): Uint8Array {
    const random = this.#random;
    const payload = this.#payload;
    payload.clear();
    const length = this.#length();
    const ascii = random.oneIn(2);
    while (payload.length < length) {
      if (ascii && !random.oneIn(32)) payload.byte(0x20 + random.below(0x5f));
      else payload.append(random.pick(POINT_BYTES));
    }
    const whole = payload.copy();
    if (whole.length > 0 && random.below(256) < FAULTS) {
      whole[random.below(whole.length)] = random.oneIn(2) ? random.below(256) : random.pick(BAD_BYTES);
    }
    return random.below(256) < FAULTS ? whole.subarray(0, -1) : whole;
  }

  #bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const random = this.#random;
    for (let i = 0; i < length; i += 4) {
      const four = random.next();
      bytes[i] = four;
      bytes[i + 1] = four >>> 8;
      bytes[i + 2] = four >>> 16;
      bytes[i + 3] = four >>> 24;
    }
    return bytes;
  }

  #length(): number {
    const random = this.#random;
    const kind = random.below(1024);
    if (kind === 0) return random.pick(LONG_EDGES);
    return kind < 256 ? random.pick(EDGES) : random.below(24);
  }

  #controlLength(): number {
    const random = this.#random;
    if (this.#isFaulty()) return 126 + random.below(4);
    return random.oneIn(8) ? random.pick([124, 125]) : random.below(12);
  }

  #isFaulty(): boolean {
    return this.#random.below(256) < FAULTS / 2;
  }
}
