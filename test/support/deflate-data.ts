// Payloads that compress in all kinds of ways, from a seed, and what zlib makes of them.
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { TAIL } from "./deflate-kernel.js";
import type { Random } from "./reference-random.js";

const WORDS =
  "id name user created true false null 17 message channel text wörter слово 言葉 :+1: 2026-12-01 http".split(
    " ",
  );

/** A payload of up to `most` bytes, most of them short. */
export function randomPayload(random: Random, most = 250_000): Uint8Array {
  const length = Math.min(
    most,
    random.pick([random.below(60), random.below(3000), random.below(40_000), random.below(250_000)]),
  );
  const kind = random.below(8);
  if (kind < 3) return text(random, length);
  if (kind === 3) return new Uint8Array(length).fill(random.below(256));
  if (kind === 4) return random.bytes(length);
  if (kind === 5) return skewed(random, length);
  if (kind === 6) return periodic(random, length);
  return repetitive(random, length);
}

function text(random: Random, length: number): Uint8Array {
  let words = "";
  while (words.length < length)
    words += `"${random.pick(WORDS)}":${random.oneIn(3) ? random.next() : random.pick(WORDS)},`;
  return Buffer.from(words).subarray(0, length);
}

/** Bytes whose frequencies fall by half: their codes are as long as codes get. */
function skewed(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () =>
    Math.min(255, Math.floor(-3 * Math.log2((random.below(1e9) + 1) / 1e9))),
  );
}

function periodic(random: Random, length: number): Uint8Array {
  const period = random.between(1, 20);
  const bytes = random.bytes(length);
  for (let i = period; i < length; i++) bytes[i] = bytes[i - period] ?? 0;
  return bytes;
}

/** Bytes that are often those of some place shortly before. */
function repetitive(random: Random, length: number): Uint8Array {
  const alphabet = random.between(1, 20);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++)
    bytes[i] =
      i > 40 && random.oneIn(2) ? (bytes[i - 1 - random.below(40)] ?? 0) : 11 * random.below(alphabet);
  return bytes;
}

export interface Compressed {
  /** As permessage-deflate sends it. */
  readonly bytes: Uint8Array;
  readonly windowBits: number;
  readonly title: string;
}

/** What zlib makes of a payload at any of its settings, with BFINAL now and then. */
export function zlibCompressed(random: Random, payload: Uint8Array): Compressed {
  const level = random.below(10);
  const strategy = random.below(5);
  const windowBits = random.between(9, 15);
  const memLevel = random.between(1, 9);
  const final = random.oneIn(6);
  const finishFlush = final ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
  const whole = deflateRawSync(payload, { level, strategy, windowBits, memLevel, finishFlush });
  // Behind a block with BFINAL a sender may add the first byte of an empty one, or nothing.
  const bytes = final
    ? random.oneIn(2)
      ? Buffer.concat([whole, Uint8Array.of(0)])
      : whole
    : whole.subarray(0, -TAIL.length);
  return {
    bytes,
    windowBits,
    title: `level ${level}, strategy ${strategy}, window ${windowBits}, memLevel ${memLevel}, final ${final}`,
  };
}

/** What zlib reads from messages, each as permessage-deflate sends it. @throws an error of zlib */
export function zlibInflated(messages: readonly Uint8Array[], windowBits = 15): Uint8Array {
  return inflateRawSync(Buffer.concat(messages.flatMap((message) => [message, TAIL])), {
    finishFlush: constants.Z_SYNC_FLUSH,
    windowBits,
    maxOutputLength: 1 << 26,
  });
}
