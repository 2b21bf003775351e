// What a fuzz input means. Its first bytes choose the circumstances, the others are the stream: so one file is a whole case.
import type { KernelName, Limits, Role, TextType } from "../../src/index.js";
import type { Door } from "../support/outcome.js";

/** Role, fragments, borrow, door, textType, echo; limits, kernel, ws; eight chunk sizes. */
export const HEADER_BYTES = 10;

export const LIMITS: readonly Limits[] = [
  { maxMessageBytes: 1 << 20, maxFragments: 131_072 },
  { maxMessageBytes: 200, maxFragments: 5 },
  { maxMessageBytes: 125, maxFragments: 3 },
  { maxMessageBytes: 126, maxFragments: 1 },
  { maxMessageBytes: 0, maxFragments: 2 },
  { maxMessageBytes: Number.POSITIVE_INFINITY, maxFragments: 131_072 },
  { maxMessageBytes: 65_535, maxFragments: 16 },
  { maxMessageBytes: Number.MAX_SAFE_INTEGER, maxFragments: 0xffffffff },
];

const DOORS: readonly Door[] = ["connection", "receive", "window", "receive"];

/** All three kernels get every input, each in chunks of its own; the input chooses which gets which. */
const ORDERS: readonly (readonly KernelName[])[] = [
  ["simd", "scalar", "js"],
  ["scalar", "js", "simd"],
  ["js", "simd", "scalar"],
];

export interface Run {
  readonly kernel: KernelName;
  /** Where the stream is cut: rising offsets. */
  readonly cuts: readonly number[];
}

export interface FuzzInput {
  readonly role: Role;
  readonly fragments: boolean;
  readonly borrow: boolean;
  readonly textType: TextType;
  readonly door: Door;
  /** Whether each message is sent back. */
  readonly echo: boolean;
  readonly limits: Limits;
  readonly runs: readonly Run[];
  /** Whether ws is asked, too: one input in four. */
  readonly againstWs: boolean;
  readonly stream: Uint8Array;
}

/** @param bytes - at least {@link HEADER_BYTES} */
export function parseInput(bytes: Uint8Array): FuzzInput {
  const [flags = 0, choice = 0] = bytes;
  const stream = bytes.subarray(HEADER_BYTES);
  const [first, second, third] = ORDERS[(choice >> 3) % ORDERS.length] ?? ORDERS[0] ?? [];
  const { length } = stream;
  return {
    role: (flags & 1) === 0 ? "server" : "client",
    fragments: (flags & 2) !== 0,
    borrow: (flags & 4) !== 0,
    textType: (flags & 0x20) !== 0 ? "bytes" : "string",
    echo: (flags & 0x40) !== 0,
    door: DOORS[(flags >> 3) & 3] ?? "receive",
    limits: LIMITS[choice & 7] ?? { maxMessageBytes: 0, maxFragments: 1 },
    runs: [
      { kernel: first ?? "simd", cuts: cutsBySizes(bytes.subarray(2, 6), length) },
      { kernel: second ?? "scalar", cuts: cutsBySizes(bytes.subarray(6, 10), length) },
      { kernel: third ?? "js", cuts: [] },
    ],
    againstWs: choice >= 0xc0,
    stream,
  };
}

/** Chunks of these sizes, again and again; of so many times these sizes, where there would be thousands of chunks. */
function cutsBySizes(sizes: Uint8Array, length: number): number[] {
  const cuts: number[] = [];
  // All empty would never end.
  if (sizes.every((size) => chunkSize(size) === 0)) return cuts;
  const scale = Math.ceil(length / MOST_BYTES_UNSCALED);
  for (let at = 0, i = 0; ; i++) {
    at += scale * chunkSize(sizes[i % sizes.length] ?? 0);
    if (at >= length) return cuts;
    cuts.push(at);
  }
}

const MOST_BYTES_UNSCALED = 2048;

/** Most are small, as the streams are; a few reach over a read window's worth. */
function chunkSize(byte: number): number {
  if (byte < 0xe0) return byte & 0x1f;
  return byte < 0xf8 ? (byte - 0xdf) << 5 : 1 << (byte - 0xe8);
}
