// The packages of the applications: those of examples/ are installed here, in versions that they ask for.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packagesOf } from "../support/applications.js";
import { ROOT } from "../support/root.js";

/** What the project itself installs, and the applications ask for as well. */
const OF_THE_PROJECT = packagesOf(ROOT);

const APPLICATIONS = readdirSync(`${ROOT}examples`).filter((name) =>
  existsSync(`${ROOT}examples/${name}/package.json`),
);

test.each(APPLICATIONS)("%s asks for the versions that it is tested with", (name) => {
  const { wsimd, ...others } = packagesOf(`${ROOT}examples/${name}`);
  // In a clone: the folder of the project.
  expect(wsimd).toBe("file:../..");
  expect({ ...OF_THE_PROJECT, ...packagesOf(`${ROOT}test/applications`) }).toMatchObject(others);
});

test("the lock file names no registry", () => {
  expect(readFileSync(`${ROOT}test/applications/package-lock.json`, "utf8")).not.toContain('"resolved"');
});
