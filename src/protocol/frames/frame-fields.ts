// The fields of a frame's header as they stand on the wire (section 5.2), read and written without the rules of the
// protocol.
import { bytesOf } from "../arguments.js";
import {
  FIN,
  LENGTH_16,
  LENGTH_64,
  LENGTH_BITS,
  MASK,
  MAX_LENGTH_7,
  MAX_LENGTH_16,
  OPCODE_BITS,
} from "../opcode.js";

const RSV1 = 0x40;
const RSV2 = 0x20;
const RSV3 = 0x10;

const KEY_BYTES = 4;

/** The number of bits that a payload length takes in a header. */
export type LengthForm = 7 | 16 | 64;

/** The fields of a frame's header. */
export interface FrameFields {
  /** Whether the frame is the last of its message. */
  readonly fin: boolean;
  /** The first reserved bit, which permessage-deflate sets on compressed messages (RFC 7692). */
  readonly rsv1: boolean;
  /** The second reserved bit. */
  readonly rsv2: boolean;
  /** The third reserved bit. */
  readonly rsv3: boolean;
  /** 0 to 15: one of `Opcode`, or a reserved one. */
  readonly opcode: number;
  /** Whether the payload is masked. */
  readonly masked: boolean;
  /** The masking key in the order of the wire, if the payload is masked. */
  readonly maskingKey: Uint8Array | undefined;
  /** The payload's bytes: a number up to 2^53 - 1, a bigint from there to 2^63 - 1. */
  readonly payloadLength: number | bigint;
  /** The bits of the length in the header. They are more than it needs if the sender breaks the rule of section 5.2. */
  readonly lengthForm: LengthForm;
}

/** The fields of a header that is to be written. Those that are left out are as most frames have them. */
export interface NewFrameFields {
  /** Default true. */
  readonly fin?: boolean | undefined;
  /** Default false. */
  readonly rsv1?: boolean | undefined;
  /** Default false. */
  readonly rsv2?: boolean | undefined;
  /** Default false. */
  readonly rsv3?: boolean | undefined;
  /** 0 to 15. */
  readonly opcode: number;
  /** Four bytes, if the payload is masked. */
  readonly maskingKey?: Uint8Array | undefined;
  /** At most 2^63 - 1. */
  readonly payloadLength: number | bigint;
  /** Default: the shortest. */
  readonly lengthForm?: LengthForm | undefined;
}

/** The bytes that a header has, as far as its first `filled` bytes tell; more than those as long as some are missing. */
export function neededBytes(header: Uint8Array, filled: number): number {
  if (filled < 2) return 2;
  const second = header[1] ?? 0;
  const extended = extendedBytes(second & LENGTH_BITS);
  // The top bit of the length, which must be 0, comes first.
  if (extended === 8 && filled === 2) return 3;
  return 2 + extended + (second >= MASK ? KEY_BYTES : 0);
}

/** Whether a header, or its first bytes, has the top bit of a 64-bit length set. */
export function hasTopBit(header: Uint8Array, filled: number): boolean {
  return filled > 2 && ((header[1] ?? 0) & LENGTH_BITS) === LENGTH_64 && (header[2] ?? 0) >= 0x80;
}

/** The fields of a header. @param bytes - the whole header; the masking key is a view of it */
export function fieldsOf(bytes: Uint8Array): FrameFields {
  const [first = 0, second = 0] = bytes;
  const masked = second >= MASK;
  const length = second & LENGTH_BITS;
  return {
    fin: first >= FIN,
    rsv1: (first & RSV1) !== 0,
    rsv2: (first & RSV2) !== 0,
    rsv3: (first & RSV3) !== 0,
    opcode: first & OPCODE_BITS,
    masked,
    maskingKey: masked ? bytes.subarray(bytes.length - KEY_BYTES) : undefined,
    payloadLength: length <= MAX_LENGTH_7 ? length : bigEndian(bytes, 2, extendedBytes(length)),
    lengthForm: length <= MAX_LENGTH_7 ? 7 : length === LENGTH_16 ? 16 : 64,
  };
}

/**
 * Writes the header of a frame with these fields, of which a {@link FrameFields} is one. It checks no rule of the
 * protocol: reserved bits, reserved opcodes and lengths in a longer form than necessary are written as they are.
 * @throws TypeError or RangeError for fields that no header can have
 */
export function encodeFrameHeader(fields: NewFrameFields): Uint8Array {
  const { fin = true, rsv1 = false, rsv2 = false, rsv3 = false, opcode, maskingKey } = fields;
  if (!Number.isInteger(opcode) || opcode < 0 || opcode > OPCODE_BITS)
    throw new RangeError("opcode must be an integer from 0 to 15");
  const length = lengthOf(fields.payloadLength);
  const form = formOf(length, fields.lengthForm);
  const key = maskingKey === undefined ? undefined : bytesOf(maskingKey, "maskingKey must be bytes");
  if (key !== undefined && key.length !== KEY_BYTES) throw new RangeError("maskingKey must have 4 bytes");
  const extended = form === 7 ? 0 : form / 8;
  const header = new Uint8Array(2 + extended + (key === undefined ? 0 : KEY_BYTES));
  header[0] = (fin ? FIN : 0) | (rsv1 ? RSV1 : 0) | (rsv2 ? RSV2 : 0) | (rsv3 ? RSV3 : 0) | opcode;
  const short = form === 7 ? Number(length) : form === 16 ? LENGTH_16 : LENGTH_64;
  header[1] = (key === undefined ? 0 : MASK) | short;
  let rest = length;
  for (let at = 1 + extended; at > 1 && extended > 0; at--, rest >>= 8n) header[at] = Number(rest & 0xffn);
  if (key !== undefined) header.set(key, 2 + extended);
  return header;
}

function extendedBytes(length: number): number {
  return length <= MAX_LENGTH_7 ? 0 : length === LENGTH_16 ? 2 : 8;
}

function bigEndian(bytes: Uint8Array, start: number, count: number): number | bigint {
  let value = 0;
  for (let i = 0; i < count; i++) value = value * 256 + (bytes[start + i] ?? 0);
  if (value <= Number.MAX_SAFE_INTEGER) return value;
  const { buffer, byteOffset } = bytes;
  return new DataView(buffer, byteOffset + start, count).getBigUint64(0);
}

function lengthOf(length: unknown): bigint {
  if (typeof length !== "bigint" && typeof length !== "number")
    throw new TypeError("payloadLength must be a number or a bigint");
  if (typeof length === "number" && !Number.isSafeInteger(length))
    throw new RangeError("payloadLength must be an integer, from 2^53 on a bigint");
  const known = BigInt(length);
  if (known < 0n || known >= 2n ** 63n) throw new RangeError("payloadLength must be from 0 to 2^63 - 1");
  return known;
}

function formOf(length: bigint, form: LengthForm | undefined): LengthForm {
  const least = length <= BigInt(MAX_LENGTH_7) ? 7 : length <= BigInt(MAX_LENGTH_16) ? 16 : 64;
  if (form === undefined) return least;
  if (form !== 7 && form !== 16 && form !== 64) throw new RangeError("lengthForm must be 7, 16 or 64");
  if (form < least) throw new RangeError(`a payload of ${length} bytes needs the lengthForm ${least}`);
  return form;
}
