// The figures of the README are those that were measured.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { withFigures } from "../../bench/readme.js";
import { ROOT } from "../support/root.js";

const README = readFileSync(`${ROOT}README.md`, "utf8");

test("its figures are those of the committed results", () => {
  const results = JSON.parse(readFileSync(`${ROOT}bench/results/linux-x64-node20.json`, "utf8"));
  expect(withFigures(README, results)).toBe(README);
  expect(withFigures(README, { ...results, tables: {} })).not.toBe(README);
});
