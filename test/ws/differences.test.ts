// The table of differences: each has a test that shows it, and the documentation has the same table.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { tableRows } from "../support/markdown.js";
import { ROOT } from "../support/root.js";
import { DIFFERENCES } from "./differences.js";

test.each(Object.keys(DIFFERENCES))("the difference %s has a test", (name) => {
  const files = readdirSync(`${ROOT}test/ws`).filter((file) => file.endsWith(".test.ts"));
  const sources = files.map((file) => readFileSync(`${ROOT}test/ws/${file}`, "utf8"));
  const shown = new RegExp(`differs\\(\\s*"${name}"`);
  expect(sources.some((source) => shown.test(source))).toBe(true);
});

test("the documentation has the same differences", () => {
  const rows = tableRows(readFileSync(`${ROOT}docs/moving-from-ws.md`, "utf8"), "What is different");
  const expected = Object.values(DIFFERENCES).map(({ ws, wsimd, reason }) =>
    [ws, wsimd, reason].map((cell) => cell.replaceAll("`", "")),
  );
  expect(rows).toEqual(expected);
});
