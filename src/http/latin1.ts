// Bytes to strings and back, one code unit for each byte. `TextDecoder("latin1")` is windows-1252 and would turn 0x80
// into the euro sign, so it is of no use for header values.

import { TextDecoder } from "../host/text-coders.js";

const utf8 = new TextDecoder();

/** Encodes text 1:1: none of its code units may be above 0xff. */
export function encodeLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The number of arguments of one call, far below the limit of every engine. */
const PIECE = 4096;

/**
 * Decodes bytes 1:1.
 *
 * @param bytes - borrowed for the call; not in shared memory
 * @param ascii - whether the caller knows that no byte is above 0x7f: the text is then the same in UTF-8, and
 * `TextDecoder` can be used
 */
export function decodeLatin1(bytes: Uint8Array, ascii: boolean): string {
  if (ascii) return utf8.decode(bytes);
  let text = "";
  for (let i = 0; i < bytes.length; i += PIECE) {
    // `apply` takes the bytes as they are; spreading them would iterate over them first.
    const piece: string = Reflect.apply(String.fromCharCode, undefined, bytes.subarray(i, i + PIECE));
    text += piece;
  }
  return text;
}
