// What can be fuzzed: where inputs come from, and what they are compared with.
import type { Random } from "../support/reference-random.js";
import { checkInput } from "./check.js";
import type { Checked } from "./checked.js";
import { checkDeflate, checkInflate, compressedStream, payloadStream } from "./deflate.js";
import { FrameGenerator, Generator, type InputSource, type Kind } from "./generate.js";

export interface FuzzTarget {
  /** Inputs that follow from the seed. */
  inputs(seed: number): InputSource;
  /** @throws Disagreement, or an exception of the code under test */
  check(input: Uint8Array): Checked;
  /** What the codec is compared with. */
  readonly peer: string;
}

const streams = (make: (random: Random, kind: Kind, last: Uint8Array) => Uint8Array) => (seed: number) =>
  new Generator(seed, make);

export const TARGETS = {
  frames: { inputs: (seed: number) => new FrameGenerator(seed), check: checkInput, peer: "ws" },
  inflate: { inputs: streams(compressedStream), check: checkInflate, peer: "zlib" },
  deflate: { inputs: streams(payloadStream), check: checkDeflate, peer: "zlib" },
} satisfies Record<string, FuzzTarget>;

export type TargetName = keyof typeof TARGETS;

export function isTarget(name: string): name is TargetName {
  return Object.hasOwn(TARGETS, name);
}
