// Builds a frame as ws does, for users of the class Sender: RFC 6455 section 5.2.
import { Buffer } from "node:buffer";
import { headerLength, writeHeader } from "../protocol/frame-header.js";
import { randomMaskingKey } from "../protocol/masking-key.js";
import { FIN, RSV1 } from "../protocol/opcode.js";

/** How a frame is built. */
export interface FrameOptions {
  readonly opcode: number;
  /** Whether the message ends with the frame. Default false. */
  readonly fin?: boolean | undefined;
  /** Whether the payload is masked, as that of a client. Default false. */
  readonly mask?: boolean | undefined;
  /** Writes a masking key. Default: a cryptographically strong source. */
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
  /** Four bytes, into which the masking key is written. */
  readonly maskBuffer?: Buffer | undefined;
  /** Whether the payload must not be masked in place. Default false. */
  readonly readOnly?: boolean | undefined;
  /** Whether the message is compressed. Default false. */
  readonly rsv1?: boolean | undefined;
}

/** The parts of a frame, one behind the other. */
export type FrameParts = (Uint8Array | string)[];

/** The key of a frame, where the caller gives no memory for it. */
const sharedKey = Buffer.alloc(4);

/**
 * Builds a frame.
 * @param byteLength - of a string's UTF-8: with it, a string that is not masked is left to the socket to encode
 * @returns the header and the payload, or one Buffer with both
 */
export function frame(data: Uint8Array | string, options: FrameOptions, byteLength?: number): FrameParts {
  const key = options.mask ? keyOf(options) : undefined;
  // Masking with 0 changes nothing.
  const masked = key !== undefined && key !== 0;
  if (typeof data === "string" && !masked && byteLength !== undefined)
    return byteLength === 0 ? [header(options, 0, key)] : [header(options, byteLength, key), data];
  const payload = typeof data === "string" ? Buffer.from(data) : data;
  const { length } = payload;
  if (length === 0) return [header(options, 0, key)];
  if (!masked) return [header(options, length, key), payload];
  // Bytes of the caller must not change. Those of a string were made here, so they are masked where they are.
  if (options.readOnly && typeof data !== "string") {
    const whole = header(options, length, key, length);
    mask(payload, key, whole, whole.length - length);
    return [whole];
  }
  mask(payload, key, payload, 0);
  return [header(options, length, key), payload];
}

/** As a number whose lowest byte is the first. */
function keyOf({ generateMask, maskBuffer = sharedKey }: FrameOptions): number {
  if (generateMask === undefined) maskBuffer.writeInt32LE(randomMaskingKey() | 0);
  else generateMask(maskBuffer);
  return maskBuffer.readInt32LE();
}

/** @param room - bytes behind the header */
function header(options: FrameOptions, length: number, key: number | undefined, room = 0): Buffer {
  const first = options.opcode | (options.fin ? FIN : 0) | (options.rsv1 ? RSV1 : 0);
  const bytes = Buffer.allocUnsafe(headerLength(length) + (key === undefined ? 0 : 4) + room);
  writeHeader(bytes, 0, first, length, key);
  return bytes;
}

function mask(payload: Uint8Array, key: number, target: Uint8Array, at: number): void {
  const { length } = payload;
  for (let i = 0; i < length; i++) target[at + i] = (payload[i] ?? 0) ^ (key >>> (8 * (i & 3)));
}
