// Random streams of frames, most of them valid, some with one rule broken.
import type { Random } from "./reference-random.js";
import { randomText } from "./reference-utf8.js";

const EDGE_LENGTHS = [
  0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 80, 124, 125, 126, 127, 128, 129, 300,
];
const DECLARED_LENGTHS = [0, 125, 126, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 5, 2 ** 53 - 1, 2 ** 53];

/**
 * A stream of up to `maxFrames` frames.
 * @param rsv1 - whether some messages are compressed: their first frames have RSV1, and their payloads are noise
 */
export function randomStream(
  random: Random,
  fromServer: boolean,
  maxFrames: number,
  rsv1 = false,
): Uint8Array {
  const stream: number[] = [];
  const frames = random.between(1, maxFrames);
  let text: number[] | undefined;
  let open = false;
  for (let i = 0; i < frames; i++) {
    if (random.oneIn(5)) {
      const opcode = random.pick([8, 9, 10]);
      const length = random.pick([0, 2, 5, 16, 125]);
      stream.push(...frame(random, 0x80 | opcode, random.bytes(length), fromServer));
      continue;
    }
    let first = 0;
    if (!open) {
      first = random.oneIn(3) ? 2 : 1;
      if (rsv1 && random.oneIn(2)) first |= 0x40;
      text =
        first === 1 ? randomText(random, messageLength(random), random.pick([1, 1, 2, 3, 4])) : undefined;
      if (text !== undefined && random.oneIn(40)) text[random.below(text.length + 1)] = random.below(256);
    }
    const last = random.oneIn(2);
    if (last && random.oneIn(40)) text?.pop();
    let payload: ArrayLike<number>;
    if (text === undefined) payload = random.bytes(messageLength(random));
    else payload = text.splice(0, last ? text.length : random.below(text.length + 1));
    stream.push(...frame(random, (last ? 0x80 : 0) | first, payload, fromServer));
    open = !last;
  }
  const bytes = Uint8Array.from(stream);
  if (random.oneIn(4)) breakOne(random, bytes);
  if (random.oneIn(8)) return Uint8Array.from([...bytes, ...hugeHeader(random, open, fromServer)]);
  return random.oneIn(3) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
}

/** Where to cut `length` bytes: whole, byte by byte, in a few places or in many. */
export function randomCuts(random: Random, length: number): number[] {
  const cuts = [0];
  const style = length > 2000 ? 3 * random.below(2) : random.below(4);
  const longest = [length, 1, 20, Math.max(1, length >> 1)][style] ?? 1;
  for (let at = 0; at < length; ) {
    at = Math.min(length, at + (style === 0 ? length : random.between(random.oneIn(10) ? 0 : 1, longest)));
    cuts.push(at);
  }
  return cuts;
}

/** One frame, masked unless it comes from a server. */
export function frame(
  random: Random,
  first: number,
  payload: ArrayLike<number>,
  fromServer: boolean,
): number[] {
  const key = random.oneIn(10) ? [0, 0, 0, 0] : [...random.bytes(4)];
  const bytes = [first, ...lengthBytes(payload.length, fromServer ? 0 : 0x80)];
  if (fromServer) return [...bytes, ...Array.from(payload)];
  return [...bytes, ...key, ...Array.from(payload, (byte, i) => byte ^ (key[i % 4] ?? 0))];
}

function lengthBytes(length: number, mask: number): number[] {
  if (length < 126) return [mask | length];
  if (length < 65536) return [mask | 126, length >> 8, length & 0xff];
  return [mask | 127, ...bigEndian(length)];
}

function bigEndian(length: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length));
  return bytes;
}

function messageLength(random: Random): number {
  return random.oneIn(60) ? random.pick([65535, 65536]) : random.pick(EDGE_LENGTHS);
}

/** A data frame whose length, in 16 or 64 bits, is seldom good. */
function hugeHeader(random: Random, open: boolean, fromServer: boolean): number[] {
  const length = random.pick(DECLARED_LENGTHS);
  const mask = fromServer ? 0 : 0x80;
  const bytes =
    length < 65536 && random.oneIn(2) ? [126, length >> 8, length & 0xff] : [127, ...bigEndian(length)];
  if (random.oneIn(5)) bytes[1] = 0x80;
  bytes[0] = (bytes[0] ?? 0) | mask;
  return [open ? 0 : 2, ...bytes, ...random.bytes(random.below(40))];
}

/** Changes a byte, most often to a neighbour that differs in one bit. */
function breakOne(random: Random, bytes: Uint8Array): void {
  const at = random.below(Math.min(bytes.length, random.oneIn(2) ? 14 : bytes.length));
  bytes[at] = random.oneIn(4) ? random.below(256) : (bytes[at] ?? 0) ^ (1 << random.below(8));
}
