// Readers for values of the adapters' options that the codec's options do not have.

import type { AllowedOrigins } from "../handshake/origin.js";
import { areUnique } from "../handshake/subprotocol.js";
import { isToken } from "../http/characters.js";
import { fieldsOf, type HeaderFields, headerLine, headerLines } from "../http/header-fields.js";
import { bytesOf } from "../protocol/arguments.js";
import { callback, object, refuse, text } from "../protocol/option-readers.js";

/** Reads a list of subprotocols, and copies it. */
export function tokens(value: readonly string[], name: string): readonly string[] {
  const copy = Array.isArray(value) ? [...value] : [undefined];
  if (copy.every((each) => typeof each === "string" && isToken(each)) && areUnique(copy)) return copy;
  return refuse(value, "", name, "an array of tokens, each of them once");
}

/** An origin as browsers serialize it: a scheme and an authority without a path, or `null`. */
const ORIGIN = /^(?:null|[a-z][a-z\d+.-]*:\/\/[^/?#*\s]+)$/i;

/** Reads a list of origins, and copies it. An origin that no browser sends is refused, because it would never match. */
export function origins(value: AllowedOrigins, name: string): AllowedOrigins {
  if (value === "same") return value;
  const copy = Array.isArray(value) ? [...value] : [null];
  if (!copy.every((each) => typeof each === "string" || each === undefined)) {
    return refuse(
      value,
      "",
      name,
      '"same", or an array of strings, and of undefined for clients that send none',
    );
  }
  const never = copy.find((each) => each !== undefined && each !== "same" && !ORIGIN.test(each));
  if (never === undefined) return copy;
  throw new RangeError(
    `${name} holds ${JSON.stringify(never)}, but an origin looks like "https://example.org", without wildcards`,
  );
}

/**
 * Reads the hook `upgrade`. One with a callback, as `ws` has, would return nothing, which accepts every client.
 * @throws TypeError for a function with a second parameter
 */
export function hook<Value>(value: Value, name: string): Value {
  callback(value, name);
  if (typeof value !== "function" || value.length < 2) return value;
  throw new TypeError(`${name} has one parameter, the request, and returns its answer or a promise of it`);
}

/** Reads the value of one header. */
export function headerValue(value: string, name: string): string {
  headerLine(name, text(value, name));
  return value;
}

/** Reads header fields, and copies them as pairs. @param reserved - names of those that are not the caller's to set */
export function headersBut(reserved: readonly string[]) {
  return (value: HeaderFields, name: string): HeaderFields => {
    const copy = [...fieldsOf(object(value, name))].map((field) => pair(field, name));
    headerLines(copy, reserved);
    return copy;
  };
}

function pair(field: readonly [string, string], name: string): readonly [string, string] {
  if (!Array.isArray(field)) refuse(field, "", name, "an object, or pairs of a name and a value");
  return [field[0], field[1]];
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
