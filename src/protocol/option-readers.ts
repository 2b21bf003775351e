// Reads the options that a caller gives: own properties only, each read once and checked before anything changes.

/** Checks the value of an option that was given, and returns it, or a copy of it that the caller can't change. */
export type Reader<Value> = (value: Value & (NonNullable<unknown> | null), name: string) => Value;

/** The same members, of which each may be left out or undefined. */
export type Optional<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

/** A reader for each option. An option without a reader is a compile error. */
export type Readers<Options> = { readonly [Name in keyof Options]-?: Reader<Options[Name]> };

/**
 * An object that inherits nothing. It is an instance of a class, so that options keep the shape of ordinary objects.
 */
export class Bare {}
Object.setPrototypeOf(Bare.prototype, null);

/**
 * A copy of the caller's own enumerable properties. It inherits nothing, so no property of `Object.prototype` becomes
 * an option.
 * @throws TypeError if the value is not an object
 */
export function ownOptions<Options extends object>(given: Options, name = "options"): Options {
  if (Array.isArray(object(given, name))) refuse(given, "", name, "an object");
  return Object.assign(new Bare(), given);
}

/**
 * As {@link ownOptions}, with the value of each option as its reader returns it.
 * @param name - the name of the option that holds these options, if any
 * @param unknown - makes the error for a name without a reader
 * @throws TypeError for an option that does not exist or a value of a wrong type, RangeError for a value out of its range
 */
export function readOptions<Options extends object>(
  given: Options,
  readers: Readers<Options>,
  name?: string,
  unknown: UnknownOption = unknownOption,
): Options {
  const options = ownOptions(given, name);
  for (const key in options) {
    // An option that is misspelt, or another library's, must not be taken for one that was left out.
    if (!Object.hasOwn(readers, key)) throw unknown(pathOf(key, name), readers);
    const value = options[key];
    if (value !== undefined) options[key] = readers[key](value, pathOf(key, name));
  }
  return options;
}

/** Makes the error for an option that does not exist, from its name and the readers of those that do. */
export type UnknownOption = (name: string, readers: object) => TypeError;

function unknownOption(name: string, readers: object): TypeError {
  return unknownName("option", name, Object.keys(readers));
}

function pathOf(key: string, name: string | undefined): string {
  return name === undefined ? key : `${name}.${key}`;
}

/**
 * The error for a name that does not exist.
 * @param kind - the kind of the name, such as an option
 * @param known - the names of that kind
 */
export function unknownName(kind: string, name: string, known: readonly string[]): TypeError {
  return new TypeError(`there is no ${kind} ${name}, only ${[...known].sort().join(", ")}`);
}

/** @throws RangeError if the value is of the right type, else TypeError */
export function refuse(value: unknown, type: string, name: string, must: string): never {
  if (typeof value === type) throw new RangeError(`${name} must be ${must}, not ${String(value)}`);
  throw new TypeError(`${name} must be ${must}`);
}

/** Reads a value of any type, for the application's own data. */
export function anything<Value>(value: Value): Value {
  return value;
}

/** Reads an object that is used as it is. */
export function object<Value>(value: Value, name: string): Value {
  return typeof value === "object" && value !== null ? value : refuse(value, "", name, "an object");
}

/** Reads a value of one type, without converting others. */
function ofType(type: "boolean" | "function" | "string") {
  return <Value>(value: Value, name: string): Value =>
    typeof value === type ? value : refuse(value, "", name, `a ${type}`);
}

export const flag = ofType("boolean");
export const callback = ofType("function");
export const text = ofType("string");

/** Reads one of a few words. */
export function oneOf<Word extends string>(...words: Word[]) {
  return (value: Word | undefined, name: string): Word =>
    words.find((word) => word === value) ?? refuse(value, "string", name, `one of ${words.join(", ")}`);
}

/** Reads an integer. @param most - the greatest value; with `Infinity`, that value itself is allowed */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER) {
  return (value: number, name: string): number =>
    (Number.isSafeInteger(value) || value === most) && value >= least && value <= most
      ? value
      : refuse(value, "number", name, `an integer from ${least} to ${most}`);
}

/** Reads a time, which `Infinity` can be. */
export function milliseconds(value: number, name: string): number {
  return typeof value === "number" && value > 0
    ? value
    : refuse(value, "number", name, "a number of milliseconds over 0");
}
