// Prints the outcome of a run of tests in several steps: a line for each step that failed without a failed test, and then
// the sum of the tests as one line: `N passed, N failed, N skipped`. Such a step counts as one failed test. Fails if a
// test failed or was skipped, or if a step ran no tests.
//
// Usage: node scripts/test-summary.js FOLDER [FAILED STEP]...
// FOLDER holds vitest's JSON reports, each with the name of its step: `light tests.json`.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

const [folder = "", ...failedSteps] = process.argv.slice(2);
const runs = readdirSync(folder).map((file) => outcome(basename(file, ".json"), join(folder, file)));
const unexplained = failedSteps.filter((step) => !runs.some((run) => run.step === step && run.failed > 0));
for (const step of unexplained) console.log(`${step}: failed, although no test did`);
const empty = runs.filter((run) => run.tests === 0 && !failedSteps.includes(run.step));
for (const { step } of empty) console.log(`${step}: ran no tests`);

const passed = sum(runs.map((run) => run.passed));
const failed = sum(runs.map((run) => run.failed)) + unexplained.length + empty.length;
const skipped = sum(runs.map((run) => run.skipped));
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = passed === 0 || failed > 0 || skipped > 0 ? 1 : 0;

/** @param {string} step @param {string} file */
function outcome(step, file) {
  /** @type {import("vitest/node").JsonTestResults} */
  const report = JSON.parse(readFileSync(file, "utf8"));
  // A file that could not be loaded has no tests that could have failed.
  const broken = report.testResults.filter(
    (each) => each.status === "failed" && each.assertionResults.length === 0,
  );
  for (const each of broken) console.log(`${each.name}: ${each.message}`);
  return {
    step,
    tests: report.numTotalTests + broken.length,
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** @param {readonly number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
