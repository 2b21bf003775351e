// Prints the outcome of test runs, from vitest's JSON reports, as one line: `N passed, N failed, N skipped`. Fails if a
// test failed or was skipped, or if one of the runs had none.
import { readFileSync } from "node:fs";

const files = process.argv.slice(2);
const runs = files.map((file) => outcome(file));
const passed = sum(runs.map((run) => run.passed));
const failed = sum(runs.map((run) => run.failed));
const skipped = sum(runs.map((run) => run.skipped));
const empty = files.length === 0 || runs.some((run) => run.passed === 0);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = empty || failed > 0 || skipped > 0 ? 1 : 0;

/** @param {string} file */
function outcome(file) {
  /** @type {import("vitest/node").JsonTestResults} */
  const report = JSON.parse(readFileSync(file, "utf8"));
  // A file that could not be loaded has no tests that could have failed.
  const broken = report.testResults.filter(
    (each) => each.status === "failed" && each.assertionResults.length === 0,
  );
  for (const each of broken) console.log(`${each.name}: ${each.message}`);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** @param {readonly number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
