// Runs before each test file. Stryker adds up what every file counts, but one thread counts for all of them, and the sum decides when a
// mutant's endless loop is ended. So each file counts anew.
declare global {
  var __stryker__: { mutantCoverage?: { static: object; perTest: object } } | undefined;
}

const counted = globalThis.__stryker__?.mutantCoverage;
if (counted) {
  counted.static = {};
  counted.perTest = {};
}

export {};
