// What applications give as data of a message, in all forms that `ws` takes.
import { Buffer } from "node:buffer";
import { type Bytes, bytesOf, isBytes } from "../protocol/arguments.js";
import { PreparedMessage } from "../protocol/prepared-message.js";
import { EMPTY_BUFFER } from "./constants.js";

/** An object that stands for text or bytes, as `Buffer.from` takes it. */
type Convertible =
  | readonly number[]
  | { valueOf(): string | Bytes | readonly number[] }
  | { [Symbol.toPrimitive](hint: "string"): string };

/** Values for an empty payload. */
type Nothing = false | null | undefined;

/** The data of a message, a ping or a pong. A number is sent as its digits, and nothing as an empty payload. */
export type Data = string | number | Bytes | Blob | Convertible | Nothing;

/** Data once they were read: text, bytes, or bytes that are still to be read. */
export type PlainPayload = string | Uint8Array | Blob;

/** The data of a message once they were read. */
export type Payload = PlainPayload | PreparedMessage;

/**
 * Reads the data of a message.
 * @throws TypeError for a value that is neither text nor bytes
 */
export function payloadOf(data: Data): PlainPayload;
export function payloadOf(data: Data | PreparedMessage): Payload;
export function payloadOf(data: Data | PreparedMessage): Payload {
  if (typeof data === "string" || data instanceof Uint8Array) return data;
  if (data === undefined || data === null || data === false) return EMPTY_BUFFER;
  if (typeof data === "number") return String(data);
  // Ahead of the next question, which takes long to answer in the negative.
  if (data instanceof PreparedMessage) return data;
  if (isBytes(data)) return bytesOf(data);
  if (isBlob(data)) return data;
  return converted(data);
}

function converted(data: Convertible): Uint8Array {
  const from: (value: Convertible) => Buffer = Buffer.from;
  return from(data);
}

/** Whether a value is a `Blob` or a `File`, of whatever realm or package. */
export function isBlob(value: unknown): value is Blob {
  if (typeof value !== "object" || value === null) return false;
  const tag: unknown = Reflect.get(value, Symbol.toStringTag);
  return (tag === "Blob" || tag === "File") && typeof Reflect.get(value, "arrayBuffer") === "function";
}

/** The length of a payload in bytes. */
export function lengthOf(payload: Payload): number {
  if (typeof payload === "string") return Buffer.byteLength(payload);
  if (payload instanceof Uint8Array) return payload.length;
  return payload instanceof PreparedMessage ? payload.payload.length : payload.size;
}
