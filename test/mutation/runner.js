// Runs the tests for Stryker, in one thread that imports them once: a mutant is switched on between two tests, so that most are found
// in milliseconds. Which tests: those of the codec, on one kernel and without most cuts, but for those of cost and of the longest text.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { createServer, createServerModuleRunner } from "vite";

/**
 * @typedef {import("./vitest.js").CollectedTest} CollectedTest
 * @typedef {CollectedTest & { id: string, file: string }} Test
 * @typedef {Record<string, number>} Hits how often each mutant is come by
 * @typedef {{ id: string, milliseconds: number, hits: Hits }} Measured a test, without a mutant
 * @typedef {{ activeMutant: { id: string }, mutantActivation: "runtime" | "static", testFilter?: string[] }} MutantRun
 */

const FILES =
  /^test\/(unit\/(protocol|handshake)|vectors|property\/(handshake|round-trip))\b.*(?<!cost|longest-text)\.test\.ts$/;
const STAND_IN = resolve("test/mutation/vitest.js");

/** What the tests do without a mutant, for all processes of a run. */
const MEASURED = "measured.json";

/**
 * A mutant that a test comes by so many times more often than without it, and more, is in an endless loop. It has to end before the
 * memory that such a loop may take does.
 */
const MOST_HITS = 10;
const FEW_HITS = 2000;
const MOST_ENDLESS = 10;

/** What the mutated source reads and writes. */
const mutated = {
  activeMutant: /** @type {string | undefined} */ (undefined),
  currentTestId: /** @type {string | undefined} */ (undefined),
  counting: false,
  hitCount: 0,
  hitLimit: Number.POSITIVE_INFINITY,
  mutantCoverage: {
    static: /** @type {Hits} */ ({}),
    perTest: /** @type {Record<string, Hits>} */ ({}),
  },
};
Reflect.set(globalThis, "__stryker__", mutated);

/** Stryker counts the calls of each mutant, which takes most of the time; it looks at that after the dry run only. */
const quickCounters = {
  name: "wsimd:quick-counters",
  transform(/** @type {string} */ code) {
    return code.replace("function cover() {", "function cover() { if (!ns.counting) return;");
  },
};

class InThreadRunner {
  /** @type {import("vite/module-runner").ModuleRunner | undefined} */
  #modules;
  /** @type {Map<string, Test> | undefined} */
  #tests;
  /** @type {Map<string, Measured>} */
  #measured = new Map();
  /** The tests that found mutants last, for the next one is near by. @type {string[]} */
  #finders = [];

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    Object.assign(process.env, { WSIMD_KERNELS: "simd", WSIMD_SPLITS: "few" });
    // One that a mutant leaves unhandled is no reason to end this process; whether a test notices it decides.
    process.on("unhandledRejection", () => {});
    const server = await createServer({
      configFile: false,
      logLevel: "error",
      appType: "custom",
      server: { middlewareMode: true, hmr: false, watch: null, ws: false },
      optimizeDeps: { noDiscovery: true },
      resolve: { alias: { vitest: STAND_IN } },
      plugins: [quickCounters],
    });
    this.#modules = createServerModuleRunner(server.environments.ssr, { hmr: false });
  }

  /** Runs all tests without a mutant, and notes which mutants each comes by. */
  async dryRun() {
    mutated.counting = true;
    // What tests make of the source while they are taken down counts for nothing: they do it again when they run.
    for (const file of ["src/index.ts", "src/handshake/index.ts", "src/http/plain.ts", "src/http/tunnel.ts"])
      await this.#import(file);
    const imported = { ...mutated.mutantCoverage.static };
    const tests = await this.#load();
    const results = [];
    const measured = [{ id: IMPORT, milliseconds: 0, hits: { ...mutated.mutantCoverage.static } }];
    for (const test of tests.values()) {
      mutated.currentTestId = test.id;
      const start = performance.now();
      const error = await run(test);
      const milliseconds = performance.now() - start;
      mutated.currentTestId = undefined;
      measured.push({ id: test.id, milliseconds, hits: mutated.mutantCoverage.perTest[test.id] ?? {} });
      const result = {
        id: test.id,
        name: test.name,
        timeSpentMs: milliseconds,
        fileName: resolve(test.file),
      };
      results.push(
        error === undefined
          ? { ...result, status: SUCCESS }
          : { ...result, status: FAILED, failureMessage: String(error) },
      );
    }
    mutated.counting = false;
    this.#knows(measured);
    writeFileSync(MEASURED, JSON.stringify(measured));
    const { perTest } = mutated.mutantCoverage;
    return { status: "complete", tests: results, mutantCoverage: { static: imported, perTest } };
  }

  /** @param {MutantRun} options */
  async mutantRun({ activeMutant: { id }, mutantActivation, testFilter }) {
    // Another process may have made the dry run.
    if (this.#measured.size === 0) this.#knows(JSON.parse(readFileSync(MEASURED, "utf8")));
    // A mutant that runs while its module is imported. It may stay in what the module keeps.
    const imported = mutantActivation === "static";
    if (imported) this.#tests = undefined;
    let tests = this.#tests;
    if (tests === undefined) {
      if (imported) this.#switchOn(id, IMPORT);
      try {
        tests = await this.#load();
      } catch (error) {
        if (this.#isEndless) return { status: "timeout", reason: ENDLESS };
        return { status: "killed", killedBy: [], failureMessage: String(error), nrOfTests: 0 };
      } finally {
        mutated.activeMutant = undefined;
        if (imported) this.#tests = undefined;
      }
    }
    let nrOfTests = 0;
    let endless = 0;
    for (const name of this.#likelyFirst(testFilter ?? [...tests.keys()])) {
      nrOfTests++;
      let found = await this.#found(tests, name, id);
      // What an earlier mutant left behind must not be taken for this one's doing.
      if (found !== undefined && !imported && (await this.#fails(tests, name))) {
        tests = await this.#load();
        found = await this.#found(tests, name, id);
      }
      if (found === undefined) continue;
      // Better one that fails for what it expects.
      if (found === ENDLESS && ++endless < MOST_ENDLESS) continue;
      this.#finders = [name, ...this.#finders.filter((other) => other !== name)].slice(0, 30);
      if (found === ENDLESS) return { status: "timeout", reason: found };
      return { status: "killed", killedBy: [name], failureMessage: found, nrOfTests };
    }
    if (endless > 0) return { status: "timeout", reason: ENDLESS };
    return { status: "survived", nrOfTests };
  }

  /**
   * Runs a test with a mutant.
   * @param {Map<string, Test>} tests
   * @param {string} name
   * @param {string} mutant
   * @returns what it failed for
   */
  async #found(tests, name, mutant) {
    const test = named(tests, name);
    this.#switchOn(mutant, name);
    const error = await run(test);
    mutated.activeMutant = undefined;
    if (this.#isEndless) return ENDLESS;
    return error === undefined ? undefined : String(error).slice(0, 200);
  }

  /**
   * @param {string} mutant
   * @param {string} name of a test, or {@link IMPORT}
   */
  #switchOn(mutant, name) {
    const hits = this.#measured.get(name)?.hits[mutant] ?? 0;
    mutated.hitCount = 0;
    mutated.hitLimit = MOST_HITS * hits + FEW_HITS;
    mutated.activeMutant = mutant;
  }

  get #isEndless() {
    return mutated.hitCount > mutated.hitLimit;
  }

  /**
   * @param {Map<string, Test>} tests
   * @param {string} name
   */
  async #fails(tests, name) {
    return (await run(named(tests, name))) !== undefined;
  }

  /** Imports the tests, and the source that they test, anew. */
  async #load() {
    this.#modules?.clearCache();
    /** @type {Map<string, Test>} */
    const tests = new Map();
    for (const file of testFiles()) {
      await this.#import(file);
      const { takeTests } = await this.#import(STAND_IN);
      for (const test of takeTests()) {
        const id = `${file} > ${test.name}`;
        if (tests.has(id)) throw new Error(`there are two of ${id}`);
        tests.set(id, { ...test, id, file });
      }
    }
    this.#tests = tests;
    return tests;
  }

  /** @param {string} file */
  async #import(file) {
    if (this.#modules === undefined) throw new Error("init() was not called");
    return this.#modules.import(resolve(file));
  }

  /** @param {Measured[]} measured */
  #knows(measured) {
    this.#measured = new Map(measured.map((each) => [each.id, each]));
  }

  /** @param {string[]} names */
  #likelyFirst(names) {
    const cost = (/** @type {string} */ name) => this.#measured.get(name)?.milliseconds ?? 0;
    const others = new Set(names);
    const finders = this.#finders.filter((name) => others.delete(name));
    return [...finders, ...[...others].sort((a, b) => cost(a) - cost(b))];
  }
}

const SUCCESS = 0;
const FAILED = 1;
const ENDLESS = "endless loop";

/** Stands for a test, where it is the import of all of them. */
const IMPORT = "import";

function testFiles() {
  const files = readdirSync("test", { recursive: true, encoding: "utf8" });
  return files
    .map((name) => `test/${name.replaceAll("\\", "/")}`)
    .filter((name) => FILES.test(name))
    .sort();
}

/**
 * @param {Map<string, Test>} tests
 * @param {string} name
 */
function named(tests, name) {
  const test = tests.get(name);
  // To go on without it would let mutants survive that it finds.
  if (test === undefined) throw new Error(`there is no test ${name} any more`);
  return test;
}

/**
 * @param {CollectedTest} test
 * @returns what it failed for
 */
async function run({ before, fn, after }) {
  let failure;
  try {
    for (const hook of before) await hook();
    await fn();
  } catch (error) {
    failure = error ?? "nothing";
  }
  for (const hook of after) {
    try {
      await hook();
    } catch (error) {
      failure ??= error ?? "nothing";
    }
  }
  return failure;
}

const factory = Object.assign(() => new InThreadRunner(), { inject: [] });

export const strykerPlugins = [{ kind: "TestRunner", name: "in-thread", factory }];
