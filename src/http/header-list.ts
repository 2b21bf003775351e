// The header fields of one head.
import { equalsIgnoringCase } from "./characters.js";

/**
 * The header fields of one head: names and values in the order they came in, names compared without regard to case.
 *
 * A plain list, not a dictionary: `__proto__`, `constructor` and `toString` are names like any other, and a field that
 * was sent twice stays visible as two. Values have one code unit for each byte of the wire. Immutable.
 * @example
 * ```js
 * import { HeaderList } from "wsimd/handshake";
 *
 * const headers = HeaderList.from(["Host", "example.org", "Cookie", "a=1"]);
 * console.log(headers.get("cookie"));
 * ```
 */
export class HeaderList {
  readonly #raw: readonly string[];

  /** @param raw - name, value, name, value …; owned by the list from now on */
  private constructor(raw: readonly string[]) {
    this.#raw = raw;
  }

  /**
   * Takes a flat array as Node's `rawHeaders` has it: name, value, name, value …
   *
   * @param raw - copied
   * @throws TypeError if it is no array, its length is odd, or an entry is no string
   */
  static from(raw: readonly string[]): HeaderList {
    if (!Array.isArray(raw)) {
      throw new TypeError(
        "raw headers must be an array: name, value, name, value, as rawHeaders of Node's http",
      );
    }
    if (raw.length % 2 !== 0) throw new TypeError("raw headers must hold a value for each name");
    for (const entry of raw) {
      if (typeof entry !== "string") throw new TypeError("raw headers must be strings");
    }
    return new HeaderList(raw.slice());
  }

  /**
   * As {@link HeaderList.from}, without the copy and the checks.
   *
   * @internal
   */
  static adopt(raw: readonly string[]): HeaderList {
    return new HeaderList(raw);
  }

  /** @internal The array that the list was made of: it must not change as long as the list is used. */
  get raw(): readonly string[] {
    return this.#raw;
  }

  /** The number of fields; a repeated name counts each time. */
  get size(): number {
    return this.#raw.length / 2;
  }

  /** The values of a field, joined by `, ` if it was sent more than once (RFC 9110 section 5.3). */
  get(name: string): string | undefined {
    let joined: string | undefined;
    for (let i = this.#find(name, 0); i >= 0; i = this.#find(name, i + 2)) {
      const value = this.#raw[i + 1] ?? "";
      joined = joined === undefined ? value : `${joined}, ${value}`;
    }
    return joined;
  }

  /** Each value of a field, in order. */
  getAll(name: string): string[] {
    const values: string[] = [];
    for (let i = this.#find(name, 0); i >= 0; i = this.#find(name, i + 2))
      values.push(this.#raw[i + 1] ?? "");
    return values;
  }

  /** Whether a field was sent at all. */
  has(name: string): boolean {
    return this.#find(name, 0) >= 0;
  }

  /** How many times a field was sent. */
  count(name: string): number {
    let count = 0;
    for (let i = this.#find(name, 0); i >= 0; i = this.#find(name, i + 2)) count++;
    return count;
  }

  /** Name and value of each field, in the order and the case in which they were sent. */
  *[Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    for (let i = 0; i < this.#raw.length; i += 2) yield [this.#raw[i] ?? "", this.#raw[i + 1] ?? ""];
  }

  /**
   * A fresh object from lower-case name to value, repeated fields joined as {@link get} does. It has no prototype, so
   * no name finds an inherited property.
   */
  toObject(): Record<string, string> {
    const object: Record<string, string> = Object.create(null);
    for (const [name, value] of this) {
      const key = name.toLowerCase();
      const before = object[key];
      object[key] = before === undefined ? value : `${before}, ${value}`;
    }
    return object;
  }

  #find(name: string, from: number): number {
    if (typeof name !== "string") throw new TypeError("the name of a header must be a string");
    const raw = this.#raw;
    const length = name.length;
    for (let i = from; i < raw.length; i += 2) {
      const candidate = raw[i] ?? "";
      if (candidate.length === length && equalsIgnoringCase(candidate, name)) return i;
    }
    return -1;
  }
}

/** The value of a field that was sent exactly once. */
export function onlyValue(headers: HeaderList, name: string): string | undefined {
  return headers.count(name) === 1 ? headers.get(name) : undefined;
}
