// Frames after RFC 6455 section 5.2, broken ones too, written without a look at the codec that is tested with them.
import { createHash, randomBytes } from "node:crypto";

/**
 * A frame to send, or bytes that are none.
 * @typedef {object} Frame
 * @property {number} first - FIN, RSV1-3 and the opcode
 * @property {Uint8Array} payload
 * @property {7 | 16 | 64} form - how many bits the payload length takes
 * @property {bigint} length - what the header says
 * @property {boolean} [wronglyMasked] - the mask bit is not what the sender's role asks for
 * @property {number} [cut] - only so many bytes of it are sent
 */
/**
 * @typedef {object} FrameOptions
 * @property {boolean} [fin]
 * @property {number} [rsv] - RSV1 being 4
 * @property {7 | 16 | 64} [form]
 * @property {bigint} [length]
 * @property {boolean} [wronglyMasked]
 * @property {number} [cut]
 */

/**
 * @param {number} opcode
 * @param {Uint8Array | string} [data]
 * @param {FrameOptions} [options]
 * @returns {Frame}
 */
export function frame(opcode, data = "", options = {}) {
  const { fin = true, rsv = 0, form, wronglyMasked, cut } = options;
  const payload = typeof data === "string" ? Buffer.from(data) : data;
  const length = options.length ?? BigInt(payload.length);
  return {
    first: (fin ? 0x80 : 0) | (rsv << 4) | opcode,
    payload,
    form: form ?? (length < 126n ? 7 : length < 65_536n ? 16 : 64),
    length,
    ...(wronglyMasked !== undefined && { wronglyMasked }),
    ...(cut !== undefined && { cut }),
  };
}

/** @param {Uint8Array | string} payload @param {FrameOptions} [options] */
export const text = (payload, options) => frame(1, payload, options);
/** @param {Uint8Array | string} payload @param {FrameOptions} [options] */
export const binary = (payload, options) => frame(2, payload, options);
/** @param {Uint8Array | string} payload @param {FrameOptions} [options] */
export const continuation = (payload, options) => frame(0, payload, options);
/** @param {Uint8Array | string} [payload] @param {FrameOptions} [options] */
export const ping = (payload, options) => frame(9, payload, options);
/** @param {Uint8Array | string} [payload] @param {FrameOptions} [options] */
export const pong = (payload, options) => frame(10, payload, options);
/** A data frame after which more of its message follows. */
export const unfinished = { fin: false };

/**
 * @param {number} code
 * @param {string | Uint8Array} [reason]
 */
export function close(code, reason = "") {
  return frame(8, Buffer.concat([Uint8Array.of(code >> 8, code), Buffer.from(reason)]));
}

/** @param {string} literal - hex digits */
export function hex(literal) {
  return Buffer.from(literal.replaceAll(" ", ""), "hex");
}

/**
 * The bytes of frames.
 * @param {readonly Frame[]} frames
 * @param {boolean} fromClient - masked, with a fresh key for each
 */
export function encode(frames, fromClient) {
  return Buffer.concat(frames.map((each) => encodeOne(each, fromClient !== (each.wronglyMasked === true))));
}

/**
 * @param {Frame} frame
 * @param {boolean} masked
 */
function encodeOne({ first, payload, form, length, cut }, masked) {
  const second = form === 7 ? Number(length) : form === 16 ? 126 : 127;
  const extended = Buffer.alloc(form === 7 ? 0 : form / 8);
  if (form === 16) extended.writeUInt16BE(Number(length));
  if (form === 64) extended.writeBigUInt64BE(length);
  const key = masked ? randomBytes(4) : Buffer.alloc(0);
  const bytes = Buffer.from(payload);
  if (masked) unmask(bytes, key);
  return Buffer.concat([Uint8Array.of(first, second | (masked ? 0x80 : 0)), extended, key, bytes]).subarray(
    0,
    cut,
  );
}

/**
 * @param {Buffer} bytes
 * @param {Uint8Array} key
 */
export function unmask(bytes, key) {
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ (key[i & 3] ?? 0);
}

/**
 * A frame that came.
 * @typedef {object} Received
 * @property {boolean} fin
 * @property {number} rsv
 * @property {number} opcode
 * @property {7 | 16 | 64} form
 * @property {Buffer | undefined} key - the masking key
 * @property {Buffer} payload - unmasked
 */

/**
 * The first frame of these bytes, if all of it is there.
 * @param {Buffer} bytes
 * @returns {{ frame: Received; length: number } | undefined}
 */
export function decode(bytes) {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const short = second & 0x7f;
  const form = short === 126 ? 16 : short === 127 ? 64 : 7;
  let at = form === 7 ? 2 : 2 + form / 8;
  const keyLength = second & 0x80 ? 4 : 0;
  if (bytes.length < at + keyLength) return undefined;
  const length = form === 7 ? short : form === 16 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const key = keyLength > 0 ? Buffer.from(bytes.subarray(at, at + keyLength)) : undefined;
  at += keyLength;
  if (bytes.length < at + length) return undefined;
  const payload = Buffer.from(bytes.subarray(at, at + length));
  if (key !== undefined) unmask(payload, key);
  const frame = { fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15, form, key, payload };
  return { frame: /** @type {Received} */ (frame), length: at + length };
}

/**
 * A message in few words that no other message shares.
 * @param {"text" | "binary"} type
 * @param {Uint8Array | string} data
 */
export function described(type, data) {
  const payload = Buffer.from(data);
  if (payload.length > 40) {
    const digest = createHash("sha1").update(payload).digest("hex").slice(0, 8);
    return `${type} of ${payload.length} bytes (${digest})`;
  }
  return type === "text" ? `text ${JSON.stringify(payload.toString())}` : `binary ${payload.toString("hex")}`;
}
