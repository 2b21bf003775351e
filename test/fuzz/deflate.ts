// Fuzz inputs for the deflate kernels, and what both kernels and zlib make of them.
import { INFLATE_BAD_DATA, INFLATE_DONE } from "../../src/kernel/generated/deflate-layout.js";
import { randomPayload, zlibCompressed, zlibInflated } from "../support/deflate-data.js";
import { DeflateHarness, type Inflated } from "../support/deflate-kernel.js";
import type { Random } from "../support/reference-random.js";
import { type Checked, Disagreement } from "./checked.js";
import type { Kind } from "./generate.js";
import { HEADER_BYTES } from "./input.js";
import { mutate } from "./mutate.js";

/** Longer payloads take more time than they show. */
const LONGEST = 30_000;
const LONGEST_MUTATED = 4096;
/** The most bytes that an input is inflated to. */
const LIMIT = 1 << 18;
const BITS = 8;

const simd = new DeflateHarness("simd");
const scalar = new DeflateHarness("scalar");

/** The streams of inputs for {@link checkInflate}: as zlib makes them, changed, or anything. */
export function compressedStream(random: Random, kind: Kind, last: Uint8Array): Uint8Array {
  if (kind === "raw") {
    const bytes = random.bytes(random.below(300));
    // A block with codes of its own, most of the time.
    if (random.below(4) > 0) bytes[0] = ((bytes[0] ?? 0) & 0xf8) | 4;
    return bytes;
  }
  const { bytes } = zlibCompressed(
    random,
    randomPayload(random, kind === "mutated" ? LONGEST_MUTATED : LONGEST),
  );
  return kind === "mutated" ? mutate(random, bytes, last) : bytes;
}

/** The streams of inputs for {@link checkDeflate}. */
export function payloadStream(random: Random, kind: Kind, last: Uint8Array): Uint8Array {
  if (kind === "raw") return random.bytes(random.below(2000));
  const payload = randomPayload(random, kind === "mutated" ? LONGEST_MUTATED : LONGEST);
  return kind === "mutated" ? mutate(random, payload, last) : payload;
}

/** Inflates an input whole, in pieces, and on the other kernel; and what is accepted, zlib must accept as well. */
export function checkInflate(input: Uint8Array): Checked {
  const [flags = 0, choice = 0, ...sizes] = input.subarray(0, HEADER_BYTES);
  const stream = input.subarray(HEADER_BYTES);
  const windowBits = 15 - (flags & 7);
  const limit = (flags & 8) === 0 ? LIMIT : 1 + 16 * choice;
  const whole = simd.inflate(stream, { windowBits, limit });
  const pieces = { windowBits, limit, sizes: sizes.map((size) => size + 1), room: 1 + 4 * choice };
  same("in pieces", simd.inflate(stream, { ...pieces, swapped: (flags & 16) !== 0 }), whole);
  same("scalar", scalar.inflate(stream, { windowBits, limit }), whole);
  same("scalar in pieces", scalar.inflate(stream, pieces), whole);
  assertUntouched();
  if (whole.status === INFLATE_BAD_DATA) return { failure: "EXTENSION_DATA", events: 0, peer: undefined };
  if (whole.status !== INFLATE_DONE) return { failure: "MESSAGE_TOO_LONG", events: 0, peer: undefined };
  const theirs = zlibInflated([stream]);
  // zlib stops at BFINAL.
  if (Buffer.compare(whole.output.subarray(0, theirs.length), theirs) !== 0)
    throw new Disagreement(`${whole.output.length} bytes, and other ${theirs.length} by zlib`);
  return {
    failure: undefined,
    events: 1,
    peer: theirs.length === whole.output.length ? "alike" : "zlib stops at BFINAL",
  };
}

/** Deflates an input as messages and parts of them, on both kernels; zlib and these kernels must read it. */
export function checkDeflate(input: Uint8Array): Checked {
  const [flags = 0, choice = 0, ...sizes] = input.subarray(0, HEADER_BYTES);
  const stream = input.subarray(HEADER_BYTES);
  const windowBits = 15 - (flags & 7);
  const options = { windowBits, fast: (flags & 8) !== 0, hashBits: 7 + (choice % 7) };
  const messages: Uint8Array[] = [];
  let message: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < stream.length || i === 0; i++) {
    const size = sizes[i % BITS] ?? 0;
    const part = stream.subarray(at, at + 1 + 64 * size);
    at += part.length;
    const more = size % 4 === 0 && at < stream.length;
    const [first, second] = [simd, scalar].map((harness) =>
      i === 0 ? harness.deflate(part, { ...options, more }) : harness.deflateNext(part, { ...options, more }),
    );
    if (first === undefined || second === undefined || Buffer.compare(first, second) !== 0)
      throw new Disagreement(`part ${i}: simd and scalar write other bytes`);
    if (first.length > part.length * 1.125 + 16)
      throw new Disagreement(`part ${i}: ${part.length} became ${first.length}`);
    message.push(first);
    if (more) continue;
    messages.push(Buffer.concat(message));
    message = [];
  }
  assertUntouched();
  if (Buffer.compare(zlibInflated(messages, windowBits), stream) !== 0)
    throw new Disagreement("zlib reads other bytes");
  const [only] = messages;
  if (messages.length === 1 && only !== undefined)
    same("read back", simd.inflate(only, { windowBits }), {
      status: INFLATE_DONE,
      output: Buffer.from(stream),
    });
  return { failure: undefined, events: messages.length, peer: "alike" };
}

function same(where: string, found: Inflated, expected: Inflated): void {
  if (found.status === expected.status && Buffer.compare(found.output, expected.output) === 0) return;
  const describe = ({ status, output }: Inflated) => `status ${status}, ${output.length} bytes`;
  throw new Disagreement(`${where}: ${describe(found)}; whole: ${describe(expected)}`);
}

function assertUntouched(): void {
  const places = [...simd.overwritten(), ...scalar.overwritten()];
  if (places.length > 0) throw new Disagreement(`written outside of the areas: ${places.join(", ")}`);
}
