// A whole stream of frames, decoded in one go as RFC 6455 section 5.2 reads: no chunks, no state, no speed.
import * as layout from "../../src/kernel/generated/layout.js";
import type { ReferenceInflater } from "./reference-inflate.js";
import { referenceUtf8 } from "./reference-utf8.js";

export interface DecodeRules {
  readonly fromServer: boolean;
  readonly maxMessageBytes: number;
  /** The limit for the frames of a compressed message. Default: {@link mostCompressed}. */
  readonly maxCompressedBytes?: number;
  readonly maxFragments: number;
  /** Messages may be compressed, which RSV1 on their first frame says (RFC 7692 section 6). Default: they may not. */
  readonly rsv1?: boolean;
  /** Text is taken although it is not UTF-8. Default: it is not. */
  readonly uncheckedText?: boolean;
  /** Reads compressed messages. Without it, their payloads are left as they are. */
  readonly inflater?: ReferenceInflater | undefined;
}

/** The violation of compressed data that can't be read. */
export const BAD_COMPRESSED_DATA = -1;

export interface ReferenceFrame {
  /** Where in the stream its payload begins. */
  readonly payload: number;
  readonly length: number;
}

/** A message or a control frame. */
export interface ReferenceItem {
  /** The message's or the control frame's. */
  readonly opcode: number;
  /** Whether the message's first frame had RSV1. */
  readonly compressed: boolean;
  /** Unmasked. */
  readonly payload: Uint8Array;
  /** Whether all of it is there. */
  readonly complete: boolean;
  /** Where in the stream its last frame's payload begins. */
  readonly offset: number;
}

export interface ReferenceResult {
  /** What came of the stream, in order; what is unfinished comes last. */
  readonly items: readonly ReferenceItem[];
  readonly violation: ReferenceViolation | undefined;
  readonly frames: readonly ReferenceFrame[];
}

export interface ReferenceViolation {
  readonly kind: number;
  /** NaN of one in what a message inflates to: the bytes that came have no such place. */
  readonly offset: number;
  /** How many bytes, or fragments, exceed a limit. */
  readonly actual?: number | undefined;
}

class Violation implements ReferenceViolation {
  readonly kind: number;
  readonly offset: number;
  readonly actual: number | undefined;

  constructor(kind: number, offset: number, actual?: number) {
    this.kind = kind;
    this.offset = offset;
    this.actual = actual;
  }
}

class OutOfBytes {}

interface OpenMessage {
  readonly opcode: number;
  readonly compressed: boolean;
  readonly bytes: number[];
  length: number;
  fragments: number;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Bytes as hex. It runs in pages, too, and often. */
export function hex(bytes: Uint8Array | readonly number[]): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i] ?? 0];
  return text;
}

/** A message or control frame, or what there is of it, in the words of a log: `1 48656c`, `2 compressed 00 unfinished`. */
export function logLine(
  { opcode, compressed }: Pick<ReferenceItem, "opcode" | "compressed">,
  payload: Uint8Array | readonly number[],
  complete: boolean,
): string {
  return `${opcode} ${compressed ? "compressed " : ""}${hex(payload)}${complete ? "" : " unfinished"}`;
}

/** A result in the words of `drive`: {@link logLine}s, and at the end perhaps `violation 3 at 17`, or `violation 13 at 2, 1001` for a limit. */
export function referenceLog({ items, violation }: ReferenceResult): string[] {
  const log = items.map((item) => logLine(item, item.payload, item.complete));
  if (violation !== undefined) log.push(violationLine(violation));
  return log;
}

export function violationLine({ kind, offset, actual }: ReferenceViolation): string {
  return `violation ${kind} at ${offset}${actual === undefined ? "" : `, ${actual}`}`;
}

/** The limit for the frames of a compressed message. An eighth more and some bytes, where messages are inflated. */
export function mostCompressed({ maxMessageBytes, maxCompressedBytes, inflater }: DecodeRules): number {
  const most = inflater === undefined ? maxMessageBytes : Math.floor((maxMessageBytes * 9) / 8) + 64;
  return maxCompressedBytes ?? most;
}

export function referenceDecode(stream: Uint8Array, rules: DecodeRules): ReferenceResult {
  const { maxMessageBytes } = rules;
  const items: ReferenceItem[] = [];
  const frames: ReferenceFrame[] = [];
  let at = 0;
  let message: OpenMessage | undefined;

  const take = (count: number) => {
    if (at + count > stream.length) throw new OutOfBytes();
    at += count;
    return stream.subarray(at - count, at);
  };
  const check = (broken: boolean, kind: number, offset: number, actual?: number) => {
    if (broken) throw new Violation(kind, offset, actual);
  };

  const readFrame = () => {
    const start = at;
    const first = take(1)[0] ?? 0;
    const fin = first >= 0x80;
    const opcode = first % 16;
    const control = opcode >= 8;
    const reserved = (first % 128) - opcode;
    const compressed = rules.rsv1 === true && reserved === 64 && [1, 2].includes(opcode);
    check(reserved !== 0 && !compressed, layout.VIOLATION_RESERVED_BITS, start);
    check(![0, 1, 2, 8, 9, 10].includes(opcode), layout.VIOLATION_RESERVED_OPCODE, start);
    check(control && !fin, layout.VIOLATION_CONTROL_FRAGMENTED, start);
    check(opcode === 0 && !message, layout.VIOLATION_UNEXPECTED_CONTINUATION, start);
    check([1, 2].includes(opcode) && message !== undefined, layout.VIOLATION_EXPECTED_CONTINUATION, start);
    const fragments = (message?.fragments ?? 0) + 1;
    check(!control && fragments > rules.maxFragments, layout.VIOLATION_TOO_MANY_FRAGMENTS, start, fragments);

    const second = take(1)[0] ?? 0;
    const masked = second >= 0x80;
    const short = second % 128;
    check(!masked && !rules.fromServer, layout.VIOLATION_NOT_MASKED, start + 1);
    check(masked && rules.fromServer, layout.VIOLATION_MASKED, start + 1);
    check(control && short > 125, layout.VIOLATION_CONTROL_TOO_LONG, start + 1);
    check(opcode === 8 && short === 1, layout.VIOLATION_CLOSE_LENGTH, start + 1);
    let length = BigInt(short);
    let lengthAt = start + 1;
    if (short > 125) {
      lengthAt = start + 2;
      length = BigInt(`0x${hex(take(short === 126 ? 2 : 8))}`);
      check(length >= 2n ** 63n, layout.VIOLATION_LENGTH_TOP_BIT, lengthAt);
      check(length < (short === 126 ? 126n : 65536n), layout.VIOLATION_LENGTH_NOT_MINIMAL, lengthAt);
    }
    const total = (message?.length ?? 0) + Number(length);
    const most = (message?.compressed ?? compressed) ? mostCompressed(rules) : maxMessageBytes;
    const tooLong = length >= 2n ** 53n || total > most;
    check(!control && tooLong, layout.VIOLATION_MESSAGE_TOO_LONG, lengthAt, total);
    const key = masked ? take(4) : new Uint8Array(4);

    frames.push({ payload: at, length: Number(length) });
    const payloadAt = at;
    const complete = stream.length - at >= Number(length);
    const raw = take(complete ? Number(length) : stream.length - at);
    const payload = raw.map((byte, i) => byte ^ (key[i % 4] ?? 0));
    if (control) {
      if (complete || payload.length > 0)
        items.push({ opcode, compressed, payload, complete, offset: payloadAt });
      return;
    }
    message ??= { opcode, compressed, bytes: [], length: 0, fragments: 0 };
    message.length = total;
    message.fragments = fragments;
    const before = message.bytes.length;
    for (const byte of payload) message.bytes.push(byte);
    const ends = complete && fin;
    const inflated = message.compressed
      ? rules.inflater?.read(message.bytes, ends, maxMessageBytes + 1)
      : undefined;
    // What is compressed is not text yet.
    if (
      rules.uncheckedText !== true &&
      message.opcode === 1 &&
      (!message.compressed || inflated !== undefined)
    ) {
      const text = inflated?.output.subarray(0, maxMessageBytes) ?? message.bytes;
      const { bad, carry } = referenceUtf8(text);
      const whole = ends && inflated?.bad !== true && (inflated?.output ?? text).length === text.length;
      const cut = bad < 0 && whole && carry !== 0 ? text.length : bad;
      if (cut >= 0) {
        if (inflated === undefined) message.bytes.length = cut;
        const offset = inflated === undefined ? payloadAt + cut - before : Number.NaN;
        throw new Violation(layout.VIOLATION_INVALID_UTF8, offset);
      }
    }
    if (inflated !== undefined) {
      check(inflated.output.length > maxMessageBytes, layout.VIOLATION_MESSAGE_TOO_LONG, Number.NaN);
      check(inflated.bad, BAD_COMPRESSED_DATA, Number.NaN);
    }
    if (ends) {
      const bytes = inflated?.output ?? Uint8Array.from(message.bytes);
      items.push({ ...kindOf(message), payload: bytes, complete, offset: payloadAt });
      message = undefined;
    }
  };

  let violation: ReferenceResult["violation"];
  try {
    while (at < stream.length) readFrame();
  } catch (error) {
    if (error instanceof Violation) violation = error;
    else if (!(error instanceof OutOfBytes)) throw error;
  }
  if (message && message.bytes.length > 0) {
    const payload = Uint8Array.from(message.bytes);
    items.push({ ...kindOf(message), payload, complete: false, offset: at });
  }
  return { items, violation, frames };
}

function kindOf({ opcode, compressed }: OpenMessage): Pick<ReferenceItem, "opcode" | "compressed"> {
  return { opcode, compressed };
}
