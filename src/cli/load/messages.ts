// The messages of the load generator: frames that are built once and written many times.
import { headerLength, writeHeader } from "../../protocol/frame-header.js";
import { FIN, Opcode } from "../../protocol/opcode.js";

export type PayloadKind = "text" | "mixed" | "binary";

const NORMAL_CLOSURE = Buffer.from([0x03, 0xe8]);

/**
 * The masking key of all frames. The work of unmasking does not depend on the key. Other clients must choose a fresh
 * key for each frame (section 5.3).
 */
const MASKING_KEY = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

const ASCII = "The quick brown fox jumps over the lazy dog, then naps. 0123456789; ";
const RECORD = '{"id":1042,"name":"Ada Lovelace","total":36.5,"tags":["a","new"]}';
const MIXED = "Grüße aus Köln, привет мир, 你好世界, ¿qué tal? καλημέρα 🚀 naïve café, 日本語テキスト! ";

/** The frames that one connection may have on their way. */
export class MessageBatch {
  readonly payload: Buffer;
  readonly opcode: number;
  /** How many there are. */
  readonly depth: number;
  /** At `count`: that many frames, as one view of the batch. */
  readonly #frames: Buffer[] = [Buffer.alloc(0)];

  constructor(kind: PayloadKind, size: number, depth: number) {
    this.payload = makePayload(kind, size);
    this.opcode = kind === "binary" ? Opcode.BINARY : Opcode.TEXT;
    this.depth = depth;
    const frame = maskedFrame(this.opcode, this.payload);
    const batch = Buffer.alloc(frame.length * depth);
    for (let i = 0; i < depth; i++) frame.copy(batch, i * frame.length);
    for (let i = 1; i <= depth; i++) this.#frames.push(batch.subarray(0, i * frame.length));
  }

  /** This many frames, from one to `depth`; not to be changed. */
  frames(count: number): Buffer {
    const frames = this.#frames[count];
    if (frames === undefined) throw new RangeError(`${count} frames of ${this.depth}`);
    return frames;
  }
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
