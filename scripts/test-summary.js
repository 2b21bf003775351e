// Prints the outcome of a test run, from vitest's JSON report, as one line: `N passed, N failed, N skipped`. Fails if a test
// failed or was skipped, or if none ran.
import { readFileSync } from "node:fs";

const [file = ""] = process.argv.slice(2);
/** @type {import("vitest/node").JsonTestResults} */
const report = JSON.parse(readFileSync(file, "utf8"));
const passed = report.numPassedTests;
const broken = report.testResults.filter(
  (each) => each.status === "failed" && each.assertionResults.length === 0,
);
const failed = report.numFailedTests + broken.length;
const skipped = report.numPendingTests + report.numTodoTests;
for (const each of broken) console.log(`${each.name}: ${each.message}`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = passed > 0 && failed === 0 && skipped === 0 ? 0 : 1;
