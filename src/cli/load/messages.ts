// The messages of the load generator: frames that are built once and written many times.
import { constants, deflateRawSync } from "node:zlib";
import { headerLength, writeHeader } from "../../protocol/frame-header.js";
import { FIN, Opcode, RSV1 } from "../../protocol/opcode.js";

export type PayloadKind = "text" | "mixed" | "binary";

/** The end of each compressed message, which is not sent. */
const TAIL_BYTES = 4;
const NONE = Buffer.alloc(0);
const NORMAL_CLOSURE = Buffer.from([0x03, 0xe8]);

/**
 * The masking key of all frames. The work of unmasking does not depend on the key. Other clients must choose a fresh
 * key for each frame (section 5.3).
 */
const MASKING_KEY = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

const ASCII = "The quick brown fox jumps over the lazy dog, then naps. 0123456789; ";
const RECORD = '{"id":1042,"name":"Ada Lovelace","total":36.5,"tags":["a","new"]}';
const MIXED = "Grüße aus Köln, привет мир, 你好世界, ¿qué tal? καλημέρα 🚀 naïve café, 日本語テキスト! ";

/** The messages of a run as frames. Each connection sends them in turn, and begins again behind the last. */
export class MessageBatch {
  readonly payloads: readonly Buffer[];
  readonly opcode: number;
  /** The most that one connection has on their way. */
  readonly depth: number;
  readonly compressed: boolean;
  /** All frames, and again the first ones, so that any `depth` of them lie in a row. */
  readonly #frames: Buffer;
  /** Where each frame begins in `#frames`, and where the last ends. */
  readonly #starts: readonly number[];
  /** At `first * (depth + 1) + count`: views that were asked for. */
  readonly #views: Buffer[] = [];

  /**
   * @param payloads - at least one
   * @param compressed - whether the frames are compressed, each by itself
   */
  constructor(kind: PayloadKind, payloads: readonly Buffer[], depth: number, compressed = false) {
    this.payloads = payloads;
    this.opcode = kind === "binary" ? Opcode.BINARY : Opcode.TEXT;
    this.depth = depth;
    this.compressed = compressed;
    const frames = payloads.map((payload) =>
      compressed ? maskedFrame(this.opcode | RSV1, deflated(payload)) : maskedFrame(this.opcode, payload),
    );
    const row = Array.from(
      { length: frames.length + depth - 1 },
      (_, i) => frames[i % frames.length] ?? NONE,
    );
    this.#frames = Buffer.concat(row);
    let end = 0;
    this.#starts = [0, ...row.map(({ length }) => (end += length))];
  }

  /** `count` frames in a row, from one to `depth`, beginning with that of the message `first`; not to be changed. */
  frames(first: number, count: number): Buffer {
    const key = first * (this.depth + 1) + count;
    let view = this.#views[key];
    if (view === undefined) {
      view = this.#frames.subarray(this.#starts[first], this.#starts[first + count]);
      this.#views[key] = view;
    }
    return view;
  }
}

/** A payload as a message that is compressed by itself: RFC 7692 section 7.2.1. */
function deflated(payload: Buffer): Buffer {
  return deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -TAIL_BYTES);
}

/** A Close frame of a client with 1000. */
export function closeFrame(): Buffer {
  return maskedFrame(Opcode.CLOSE, NORMAL_CLOSURE);
}

export function pongFrame(payload: Uint8Array): Buffer {
  return maskedFrame(Opcode.PONG, payload);
}

/** @returns exactly `size` bytes */
export function makePayload(kind: PayloadKind, size: number): Buffer {
  if (kind === "text") return Buffer.from(makeJson(size));
  const bytes = Buffer.alloc(size);
  if (kind === "mixed") {
    const period = Buffer.from(MIXED);
    let at = 0;
    while (at + period.length <= size) at += period.copy(bytes, at);
    // Whole characters only, and ASCII where the next one does not fit.
    for (const character of MIXED) {
      const piece = Buffer.from(character);
      if (at + piece.length > size) break;
      at += piece.copy(bytes, at);
    }
    return bytes.fill(".", at);
  }
  let state = 0x2545f491;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Text that is JSON of this length, if it is not empty, so that servers that parse their messages can be loaded. */
function makeJson(size: number): string {
  if (size < 2) return "1".repeat(size);
  const records = Math.floor((size - 1) / (RECORD.length + 1));
  if (records === 0) return `"${ASCII.repeat(2).slice(0, size - 2)}"`;
  const list = Array.from({ length: records }, () => RECORD).join(",");
  return `[${list}${" ".repeat(size - list.length - 2)}]`;
}

/** One unfragmented frame of a client. */
export function maskedFrame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const start = headerLength(length) + MASKING_KEY.length;
  const frame = Buffer.alloc(start + length);
  writeHeader(frame, 0, FIN | opcode, length, MASKING_KEY.readUInt32LE());
  for (let i = 0; i < length; i++) frame[start + i] = (payload[i] ?? 0) ^ (MASKING_KEY[i & 3] ?? 0);
  return frame;
}
