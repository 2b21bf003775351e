// What the tests of the codec import in place of Vitest when mutants are tested: it takes down the tests instead of running them, for
// runner.js to run them as often as it likes.
import { format } from "node:util";
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "@vitest/expect";
import { restoreAllMocks, spyOn } from "@vitest/spy";

/**
 * @typedef {() => unknown} Act
 * @typedef {{ name: string, fn: Act, before: Act[], after: Act[] }} CollectedTest
 */

/** @type {CollectedTest[]} */
let collected = [];

/** Takes out the tests that were collected so far. */
export function takeTests() {
  const tests = collected;
  collected = [];
  return tests;
}

let suite = { name: "", before: /** @type {Act[]} */ ([]), after: /** @type {Act[]} */ ([]) };

export const describe = withEach((name, fn) => {
  const outer = suite;
  suite = { name: `${outer.name}${name} > `, before: [...outer.before], after: [...outer.after] };
  fn();
  suite = outer;
});

export const test = withEach((name, fn) => {
  // Not copies of the hooks: more may follow.
  collected.push({ name: suite.name + name, fn, before: suite.before, after: suite.after });
});

/** @param {Act} hook */
export function beforeEach(hook) {
  suite.before.push(hook);
}

/** @param {Act} hook */
export function afterEach(hook) {
  suite.after.unshift(hook);
}

/**
 * @typedef {(...args: unknown[]) => unknown} Body
 * @typedef {(name: unknown, ...rest: unknown[]) => void} Define
 * @param {(name: string, fn: Act) => void} define
 * @returns {Define & { each(cases: readonly unknown[]): Define }}
 */
function withEach(define) {
  return Object.assign(
    /** @type {Define} */ (name, ...rest) => {
      const body = bodyOf(rest);
      define(String(name), () => body());
    },
    {
      /** @param {readonly unknown[]} cases */
      each(cases) {
        /** @type {Define} */
        return (name, ...rest) => {
          const body = bodyOf(rest);
          const lists = cases.every(Array.isArray);
          cases.forEach((given, i) => {
            const args = lists && Array.isArray(given) ? given : [given];
            define(`${titleOf(String(name), args)} (${i})`, () => body(...args));
          });
        };
      },
    },
  );
}

/**
 * What a title asks for of its arguments, and no more: the others may print in another way each time, such as errors with their stacks.
 * @param {string} title
 * @param {unknown[]} args
 */
function titleOf(title, args) {
  const wanted = title.match(/%[sdifjoO]/g)?.length ?? 0;
  return format(title, ...args.slice(0, wanted));
}

/**
 * Behind the name there may be options or a time-out, too.
 * @param {unknown[]} rest
 * @returns {Body}
 */
function bodyOf(rest) {
  for (const each of rest) if (isBody(each)) return each;
  throw new TypeError("there is no function");
}

/**
 * @param {unknown} value
 * @returns {value is Body}
 */
function isBody(value) {
  return typeof value === "function";
}

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export const expect = Object.assign(
  /** @type {typeof chai.expect} */ ((value, message) => chai.expect(value, message)),
  chai.expect,
  Reflect.get(globalThis, ASYMMETRIC_MATCHERS_OBJECT),
);
setState({ assertionCalls: 0 }, expect);

/** @type {Map<string, unknown>} */
const globals = new Map();

export const vi = {
  spyOn,
  restoreAllMocks,
  /**
   * @param {string} name
   * @param {unknown} value
   */
  stubGlobal(name, value) {
    globals.set(name, Reflect.get(globalThis, name));
    Reflect.set(globalThis, name, value);
  },
  unstubAllGlobals() {
    for (const [name, value] of globals) Reflect.set(globalThis, name, value);
    globals.clear();
  },
};
