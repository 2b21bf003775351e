// Readers for values of options that belong to the handshake: origins, subprotocols, headers and extensions.
import { isToken } from "../http/characters.js";
import { isObject } from "../http/given.js";
import { fieldsOf, type HeaderFields, headerLine, headerLines } from "../http/header-fields.js";
import { object, refuse, text } from "../protocol/option-readers.js";
import type { Extension } from "./extensions.js";
import type { ClientExtension, ServerExtension } from "./negotiation.js";
import type { AllowedOrigins } from "./origin.js";
import { areUnique } from "./subprotocol.js";

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

/** Reads the value of one header. */
export function headerValue(value: string, name: string): string {
  headerLine(name, text(value, name));
  return value;
}

/** Reads header fields, and copies them as pairs. */
export function headerPairs(value: HeaderFields, name: string): (readonly [string, string])[] {
  return [...fieldsOf(object(value, name))].map((field) => pair(field, name));
}

/** As {@link headerPairs}, for fields that can be sent. @param reserved - names of those that are not the caller's to set */
export function headersBut(reserved: readonly string[]) {
  return (value: HeaderFields, name: string): HeaderFields => {
    const copy = headerPairs(value, name);
    headerLines(copy, reserved);
    return copy;
  };
}

function pair(field: readonly [string, string], name: string): readonly [string, string] {
  if (!Array.isArray(field)) refuse(field, "", name, "an object, or pairs of a name and a value");
  return [field[0], field[1]];
}

/** Reads extensions as a request or an answer names them. */
export function extensions<List extends readonly Extension[]>(value: List, name: string): List {
  return listOf(
    value,
    name,
    "extensions, each with a name and parameters",
    (each) => typeof each.name === "string" && isListOfObjects(each.parameters),
  );
}

/** Reads the extensions that a server can use. */
export function serverExtensions<List extends readonly ServerExtension[]>(value: List, name: string): List {
  return listOf(
    value,
    name,
    "extensions, each with a name and accept",
    (each) => typeof each.name === "string" && typeof each.accept === "function",
  );
}

/** Reads the extensions that a client can use. */
export function clientExtensions<List extends readonly ClientExtension[]>(value: List, name: string): List {
  return listOf(
    value,
    name,
    "extensions, each with a name, offers and accept",
    ({ name: own, offers, accept }) =>
      typeof own === "string" &&
      typeof accept === "function" &&
      Array.isArray(offers) &&
      offers.every(isListOfObjects),
  );
}

function listOf<List extends readonly object[]>(
  value: List,
  name: string,
  what: string,
  isRight: (each: List[number]) => boolean,
): List {
  if (isListOfObjects(value) && value.every(isRight)) return value;
  return refuse(value, "", name, `an array of ${what}`);
}

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every(isObject);
}
