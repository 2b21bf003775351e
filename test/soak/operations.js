// Counts the work of a program, independent of the time that it takes: how often each block of code is run, as V8's
// coverage has it, and for what the runtime does in one call with something long, how long that is.
import { Session } from "node:inspector/promises";

const OURS = new URL("../../dist/", import.meta.url).href;

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype);

/**
 * Methods of the runtime that take as long as something is, and how long that is.
 * @type {readonly [prototype: object, names: readonly string[], length: (self: unknown, args: readonly unknown[]) => number][]}
 */
const LINEAR = [
  [
    Array.prototype,
    ["includes", "indexOf", "lastIndexOf", "slice", "splice", "shift", "unshift", "concat", "join", "sort"],
    lengthOf,
  ],
  [
    String.prototype,
    [
      "includes",
      "indexOf",
      "lastIndexOf",
      "split",
      "replace",
      "replaceAll",
      "toLowerCase",
      "toUpperCase",
      "trim",
    ],
    lengthOf,
  ],
  [TypedArray, ["includes", "indexOf", "join"], lengthOf],
  [TypedArray, ["slice"], (self, [start, end]) => runLength(self, start, end)],
  [TypedArray, ["fill"], (self, [, start, end]) => runLength(self, start, end)],
  [TypedArray, ["copyWithin"], (self, [, start, end]) => runLength(self, start, end)],
  [TypedArray, ["set"], (_, [source]) => lengthOf(source)],
  [RegExp.prototype, ["exec", "test"], (_, [text]) => lengthOf(text)],
  [TextDecoder.prototype, ["decode"], (_, [bytes]) => lengthOf(bytes)],
];

export class Operations {
  #session = new Session();
  #inside = 0;
  #counting = false;
  /** @type {(() => void)[]} */
  #restore = [];

  /** Begins to count. Code that ran before is counted as well from now on. */
  async start() {
    this.#session.connect();
    await this.#session.post("Profiler.enable");
    await this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
    for (const [prototype, names, length] of LINEAR) {
      for (const name of names) this.#wrap(prototype, name, length);
    }
  }

  /**
   * How much a function does.
   * @param {() => unknown} act
   */
  async count(act) {
    await this.#session.post("Profiler.takePreciseCoverage");
    this.#inside = 0;
    this.#counting = true;
    try {
      act();
    } finally {
      this.#counting = false;
    }
    const { result } = await this.#session.post("Profiler.takePreciseCoverage");
    let blocks = 0;
    for (const script of result) {
      if (!script.url.startsWith(OURS)) continue;
      for (const { ranges } of script.functions) for (const range of ranges) blocks += range.count;
    }
    return blocks + this.#inside;
  }

  async stop() {
    for (const restore of this.#restore) restore();
    await this.#session.post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }

  /**
   * @param {object} prototype
   * @param {string} name
   * @param {(self: unknown, args: readonly unknown[]) => number} length
   */
  #wrap(prototype, name, length) {
    const whole = Reflect.get(prototype, name);
    const operations = this;
    /**
     * @this {unknown}
     * @param {...unknown} args
     */
    function counted(...args) {
      if (operations.#counting) operations.#inside += length(this, args);
      return Reflect.apply(whole, this, args);
    }
    Reflect.set(prototype, name, counted);
    this.#restore.push(() => Reflect.set(prototype, name, whole));
  }
}

/**
 * Length of what lies between two indices, as `slice` takes them.
 * @param {unknown} self
 * @param {unknown} start
 * @param {unknown} end
 */
function runLength(self, start, end) {
  const length = lengthOf(self);
  return (typeof end === "number" ? end : length) - (typeof start === "number" ? start : 0);
}

/** @param {unknown} value */
function lengthOf(value) {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null || !("length" in value)) return 1;
  return Number(value.length);
}
