// SECURITY.md names a test for each root cause of a known advisory: the tests must be there, and must be run.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { tableRows } from "../support/markdown.js";
import { ROOT } from "../support/root.js";
import { namedTests, notRun } from "./named-tests.js";

const CVE = /^CVE-\d{4}-\d{4,}$/;
const GHSA = /^GHSA(-[23456789cfghjmpqrvwx]{4}){3}$/;

const rows = tableRows(readFileSync(`${ROOT}SECURITY.md`, "utf8"), "What others had to fix").map(
  ([cause = "", seenIn = "", tests = ""]) => ({ cause, seenIn, tests: namedTests(tests) }),
);

test("there are advisories", () => {
  expect(rows.length).toBeGreaterThan(20);
});

describe.each(rows)("$cause", ({ seenIn, tests }) => {
  test("is an advisory by its number, or a change by its version", () => {
    const ids = seenIn.match(/\b(CVE|GHSA)-\S*?(?=,|$|\s)/g) ?? [];
    for (const id of ids) expect(CVE.test(id) || GHSA.test(id), id).toBe(true);
    expect(ids.length > 0 || /\d/.test(seenIn), seenIn).toBe(true);
  });

  test("has a test", () => {
    expect(tests.length).toBeGreaterThan(0);
  });
});

test("each of the tests is run", async () => {
  expect(await notRun(rows.flatMap(({ tests }) => tests))).toEqual([]);
});

test("a test that is not there is noticed", async () => {
  const missing = [
    { name: "no such test", file: "test/property/round-trip.test.ts" },
    { name: "no such case", file: "test/adapters/cases/handshake.ts" },
    { name: "no such vector", file: "test/vectors/frames.ts" },
    { name: "no such file", file: "test/unit/nothing.test.ts" },
  ];
  expect(await notRun(missing)).toEqual(missing.map(({ name, file }) => `${file}: ${name}`));
});
