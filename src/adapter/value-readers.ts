// Readers for values of the adapters' options that neither the codec nor the handshake has.

import { bytesOf } from "../protocol/arguments.js";
import { callback, object, refuse } from "../protocol/option-readers.js";

/**
 * Reads the hook `upgrade`. One with a callback, as `ws` has, would return nothing, which accepts every client.
 * @throws TypeError for a function with a second parameter
 */
export function hook<Value>(value: Value, name: string): Value {
  callback(value, name);
  if (typeof value !== "function" || value.length < 2) return value;
  throw new TypeError(`${name} has one parameter, the request, and returns its answer or a promise of it`);
}

/** Reads bytes. */
export function bytes(value: Uint8Array, name: string): Uint8Array {
  return bytesOf(value, `${name} must be bytes`);
}

/** Reads an `AbortSignal`, or an object with its listener methods. */
export function abortSignal(value: AbortSignal, name: string): AbortSignal {
  const { aborted, throwIfAborted, addEventListener, removeEventListener } = object(value, name);
  const methods = [throwIfAborted, addEventListener, removeEventListener];
  if (typeof aborted === "boolean" && methods.every((each) => typeof each === "function")) return value;
  return refuse(value, "", name, "an AbortSignal");
}
