// The README is short, and its figures are those that were measured.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { withFigures } from "../../bench/readme.js";
import { ROOT } from "../support/root.js";

const README = readFileSync(`${ROOT}README.md`, "utf8");

test("its figures are those of the committed results", () => {
  const results = JSON.parse(readFileSync(`${ROOT}bench/results/linux-x64-node20.json`, "utf8"));
  expect(withFigures(README, results)).toBe(README);
  expect(withFigures(README, { ...results, measurements: [] })).not.toBe(README);
});

test("it has at most 160 lines", () => {
  expect(README.split("\n").length - 1).toBeLessThanOrEqual(160);
});
