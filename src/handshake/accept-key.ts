// `Sec-WebSocket-Key` and `Sec-WebSocket-Accept`: RFC 6455 sections 1.3, 4.1 and 4.2.2.
//
// The message that is hashed always has 60 bytes, a key of 24 characters and the GUID of 36, so SHA-1 is specialised
// for it: two blocks, of which the second holds only padding and never changes. WebCrypto is not used because it needs
// a promise for each handshake, and `node:crypto` because not every runtime has it.

import { decodeLatin1 } from "../http/latin1.js";
import { bytesOf } from "../protocol/arguments.js";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PADDING = 0x3d;

/** Characters of a key: 16 bytes in base64. */
const KEY_LENGTH = 24;

/** Characters of an accept value: the 20 bytes of a SHA-1 digest in base64. */
export const ACCEPT_LENGTH = 28;

/** From six bits to a character. */
const ENCODE = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));

/** 24 characters, of which the last but the padding has four bits to spare. Nothing here can backtrack. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/** SHA-1's 80 words for the current block, overwritten by each call. */
const words = new Int32Array(80);
const padding = new Int32Array(80);
const state = new Int32Array(5);
const digest = new Uint8Array(20);
const encoded = new Uint8Array(ACCEPT_LENGTH);

/** Words 6 to 15 of the first block: the GUID, then the bit that ends every SHA-1 message. */
const GUID_WORDS = new Int32Array(10);
for (let i = 0; i < 9; i++) GUID_WORDS[i] = wordAt(GUID, 4 * i);
GUID_WORDS[9] = 1 << 31;

// The second block: zeros, then the length of the message in bits.
padding[15] = 60 * 8;
expand(padding);

function wordAt(text: string, i: number): number {
  return (
    (text.charCodeAt(i) << 24) |
    (text.charCodeAt(i + 1) << 16) |
    (text.charCodeAt(i + 2) << 8) |
    text.charCodeAt(i + 3)
  );
}

/** Fills words 16 to 79 from the 16 before them. FIPS 180-4 section 6.1.2, step 1. */
function expand(w: Int32Array): void {
  for (let t = 16; t < 80; t++) {
    const x = (w[t - 3] ?? 0) ^ (w[t - 8] ?? 0) ^ (w[t - 14] ?? 0) ^ (w[t - 16] ?? 0);
    w[t] = (x << 1) | (x >>> 31);
  }
}

/**
 * Takes one block into `state`. FIPS 180-4 section 6.1.2, steps 2 to 4.
 *
 * Four loops, one for each function of the standard, so that no round has to choose among them.
 */
function compress(w: Int32Array): void {
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  let e = state[4] ?? 0;
  let next = 0;
  for (let t = 0; t < 20; t++) {
    next = (((a << 5) | (a >>> 27)) + (d ^ (b & (c ^ d))) + e + 0x5a827999 + (w[t] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 20; t < 40; t++) {
    next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0x6ed9eba1 + (w[t] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 40; t < 60; t++) {
    next = (((a << 5) | (a >>> 27)) + ((b & c) | (d & (b | c))) + e - 0x70e44324 + (w[t] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 60; t < 80; t++) {
    next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e - 0x359d3e2a + (w[t] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0] = (state[0] ?? 0) + a;
  state[1] = (state[1] ?? 0) + b;
  state[2] = (state[2] ?? 0) + c;
  state[3] = (state[3] ?? 0) + d;
  state[4] = (state[4] ?? 0) + e;
}

/** Leaves SHA-1(key + GUID) in `digest`. */
function hash(key: string): void {
  for (let i = 0; i < 6; i++) words[i] = wordAt(key, 4 * i);
  words.set(GUID_WORDS, 6);
  expand(words);
  state[0] = 0x67452301;
  state[1] = 0xefcdab89;
  state[2] = 0x98badcfe;
  state[3] = 0x10325476;
  state[4] = 0xc3d2e1f0;
  compress(words);
  compress(padding);
  for (let i = 0; i < 20; i++) digest[i] = (state[i >> 2] ?? 0) >>> (24 - 8 * (i & 3));
}

/** Writes `from` in base64 (RFC 4648 section 4) to `to`, beginning at `at`. */
function encode(from: Uint8Array, to: Uint8Array, at: number): void {
  let out = at;
  for (let i = 0; i < from.length; i += 3) {
    const bits = ((from[i] ?? 0) << 16) | ((from[i + 1] ?? 0) << 8) | (from[i + 2] ?? 0);
    to[out++] = ENCODE[bits >>> 18] ?? 0;
    to[out++] = ENCODE[(bits >>> 12) & 63] ?? 0;
    to[out++] = i + 1 < from.length ? (ENCODE[(bits >>> 6) & 63] ?? 0) : PADDING;
    to[out++] = i + 2 < from.length ? (ENCODE[bits & 63] ?? 0) : PADDING;
  }
}

function assertKey(key: string): void {
  if (!isWebSocketKey(key)) throw new TypeError("the key must be 16 bytes in base64");
}

/**
 * The value of `Sec-WebSocket-Accept` for a key: base64(SHA-1(key + GUID)), RFC 6455 section 4.2.2.
 *
 * @throws TypeError if {@link isWebSocketKey} says no
 * @example
 * ```js
 * import { acceptKey } from "wsimd/handshake";
 *
 * console.log(acceptKey("dGhlIHNhbXBsZSBub25jZQ==")); // s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
 * ```
 */
export function acceptKey(key: string): string {
  writeAcceptKey(key, encoded, 0);
  return decodeLatin1(encoded, true);
}

/**
 * Writes the result of {@link acceptKey}, {@link ACCEPT_LENGTH} bytes, to `bytes[at]` and on.
 *
 * @throws TypeError if {@link isWebSocketKey} says no
 */
export function writeAcceptKey(key: string, bytes: Uint8Array, at: number): void {
  assertKey(key);
  hash(key);
  encode(digest, bytes, at);
}

/**
 * Whether a value is a key: "a base64-encoded (see Section 4 of [RFC4648]) value that, when decoded, is 16 bytes in
 * length". The four bits of the last character that encode nothing may be set: RFC 4648 section 3.5 lets a decoder take
 * them, and the example in RFC 6455 section 4.1, `AQIDBAUGBwgJCgsMDQ4PEC==`, sets one.
 */
export function isWebSocketKey(value: string): boolean {
  return typeof value === "string" && KEY.test(value);
}

/**
 * Makes a key for a client's handshake, RFC 6455 section 4.1: "a nonce consisting of a randomly selected 16-byte value
 * that has been base64-encoded … The nonce MUST be selected randomly for each connection."
 *
 * @param random16 - 16 bytes, fresh from a CSPRNG; borrowed for the call. Default: those of the runtime
 * @throws TypeError if that is not bytes, RangeError if there are not 16 of them
 */
export function makeKey(random16: Uint8Array = crypto.getRandomValues(new Uint8Array(16))): string {
  const random = bytesOf(random16, "a key is made of 16 random bytes");
  if (random.length !== 16) throw new RangeError(`a key is made of 16 random bytes, not ${random.length}`);
  const key = new Uint8Array(KEY_LENGTH);
  encode(random, key, 0);
  return decodeLatin1(key, true);
}
