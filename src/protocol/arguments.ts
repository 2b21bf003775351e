// Checks of arguments, before anything changes.
import type { MessageType } from "./events.js";

/**
 * Bytes in any form that callers have: a typed array of any kind, a Node Buffer, a `DataView`, an `ArrayBuffer` or a
 * `SharedArrayBuffer`. They may come from another realm: a test environment such as jsdom has its own `Uint8Array`.
 */
export type Bytes = ArrayBufferView | ArrayBufferLike;

/** Whether a value is bytes of any kind. */
export function isBytes(value: unknown): value is Bytes {
  return ArrayBuffer.isView(value) || isMemory(value);
}

/**
 * Bytes as a Uint8Array of this realm, over the same memory.
 * @throws TypeError if the value is not bytes
 */
export function bytesOf(bytes: unknown, message = "a payload must be a string or bytes"): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isMemory(bytes)) return new Uint8Array(bytes);
  throw new TypeError(message);
}

/** @throws TypeError if the message is neither a string nor bytes, or not of the given type */
export function messageOf(message: unknown, type: MessageType | undefined): string | Uint8Array {
  const known =
    typeof message === "string" ? message : bytesOf(message, "a message must be a string or bytes");
  if (type === undefined || type === "text" || (type === "binary" && typeof known !== "string")) return known;
  throw new TypeError(`this message can't be sent as "${String(type)}"`);
}

const memoryLengths = [lengthGetter(ArrayBuffer)];
// In browsers only cross-origin isolated pages have `SharedArrayBuffer`.
if (typeof SharedArrayBuffer === "function") memoryLengths.push(lengthGetter(SharedArrayBuffer));

/** The getter of `byteLength`. It accepts memory of its kind from any realm, and throws for every other value. */
function lengthGetter(kind: { readonly prototype: object }): (this: unknown) => unknown {
  const getter = Object.getOwnPropertyDescriptor(kind.prototype, "byteLength")?.get;
  if (getter === undefined) throw new TypeError("memory has no length here");
  return getter;
}

function isMemory(value: unknown): value is ArrayBufferLike {
  if (typeof value !== "object" || value === null) return false;
  return memoryLengths.some((length) => {
    try {
      length.call(value);
      return true;
    } catch {
      return false;
    }
  });
}
