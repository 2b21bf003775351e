// The last lines of `.ci/run`: what failed is said, be it a test or a whole step.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { ROOT } from "../support/root.js";

const folder = mkdtempSync(join(tmpdir(), "wsimd-summary-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Report {
  readonly passed?: number;
  readonly failed?: number;
  readonly skipped?: number;
  /** A file that could not be loaded. */
  readonly broken?: string;
}

/** Writes a report as vitest does. */
function report(step: string, { passed = 0, failed = 0, skipped = 0, broken }: Report): void {
  const file = { name: broken, status: "failed", message: "no such module", assertionResults: [] };
  const text = JSON.stringify({
    numTotalTests: passed + failed + skipped,
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: skipped,
    numTodoTests: 0,
    testResults: broken === undefined ? [] : [file],
  });
  writeFileSync(join(folder, `${step}.json`), text);
}

function summary(...failedSteps: string[]): { status: number | null; lines: string[] } {
  const run = spawnSync(process.execPath, [`${ROOT}scripts/test-summary.js`, folder, ...failedSteps], {
    encoding: "utf8",
  });
  return { status: run.status, lines: `${run.stdout}${run.stderr}`.trimEnd().split("\n") };
}

beforeEach(() => {
  for (const step of ["light", "node-22"]) rmSync(join(folder, `${step}.json`), { force: true });
});

describe("the summary of the tests", () => {
  test("adds up all steps", () => {
    report("light", { passed: 10 });
    report("node-22", { passed: 5 });
    expect(summary()).toEqual({ status: 0, lines: ["15 passed, 0 failed, 0 skipped"] });
  });

  test("fails for a failed test, once for it and its step", () => {
    report("light", { passed: 10, failed: 2 });
    expect(summary("light")).toEqual({ status: 1, lines: ["10 passed, 2 failed, 0 skipped"] });
  });

  test("fails for a skipped test", () => {
    report("light", { passed: 10, skipped: 1 });
    expect(summary()).toEqual({ status: 1, lines: ["10 passed, 0 failed, 1 skipped"] });
  });

  test("names a step that has no tests, such as the coverage, and counts it", () => {
    report("light", { passed: 10 });
    expect(summary("coverage", "lint")).toEqual({
      status: 1,
      lines: [
        "coverage: failed, although no test did",
        "lint: failed, although no test did",
        "10 passed, 2 failed, 0 skipped",
      ],
    });
  });

  test("names a step whose tests all passed, such as one with an error outside of a test, and counts it", () => {
    report("light", { passed: 10 });
    report("node-22", { passed: 5, failed: 1 });
    expect(summary("light", "node-22")).toEqual({
      status: 1,
      lines: ["light: failed, although no test did", "15 passed, 2 failed, 0 skipped"],
    });
  });

  test("names a step that ran no tests, and counts it once", () => {
    report("light", { passed: 10 });
    report("node-22", {});
    const counted = "10 passed, 1 failed, 0 skipped";
    expect(summary()).toEqual({ status: 1, lines: ["node-22: ran no tests", counted] });
    expect(summary("node-22")).toEqual({
      status: 1,
      lines: ["node-22: failed, although no test did", counted],
    });
  });

  test("names a file that could not be loaded, and counts it", () => {
    report("light", { passed: 10, broken: "a.test.ts" });
    expect(summary("light")).toEqual({
      status: 1,
      lines: ["a.test.ts: no such module", "10 passed, 1 failed, 0 skipped"],
    });
  });

  test("of no steps at all is a failure", () => {
    expect(summary("npm ci")).toEqual({
      status: 1,
      lines: ["npm ci: failed, although no test did", "0 passed, 1 failed, 0 skipped"],
    });
    expect(summary().status).toBe(1);
  });
});

test("every command of .ci/run that can fail is a step", () => {
  const script = readFileSync(`${ROOT}.ci/run`, "utf8");
  const [, body = ""] = /^all\(\) \{\n(.*?)^\}/ms.exec(script) ?? [];
  const commands = body.split("\n").map((line) => line.trim());
  const others = commands.filter((line) => line !== "" && !/^(?:step|tests) "?[\w:$]/.test(line));
  expect(others).toEqual([
    "for node in test/runtimes/node_modules/node-*/bin/node; do",
    expect.stringMatching(/^local /),
    '"$node" --version',
    "done",
  ]);
  expect(commands.length).toBeGreaterThan(others.length + 5);
});
