// The paths that CONTRIBUTING.md and docs/architecture.md name are there.
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT } from "../support/root.js";

const PATH =
  /`(?<path>(?:assembly|bench|conformance|docs|examples|packages|scripts|src|test)\/[\w./-]*|[\w-]+\.(?:md|json))`/g;

test.each(["CONTRIBUTING.md", "docs/architecture.md"])(
  "%s names files and folders that are there",
  (page) => {
    const paths = [...readFileSync(`${ROOT}${page}`, "utf8").matchAll(PATH)].map(
      ({ groups }) => groups?.path ?? "",
    );
    expect(paths.length).toBeGreaterThan(10);
    // The build makes these.
    const missing = paths.filter(
      (path) => !path.startsWith("src/kernel/generated/") && !existsSync(`${ROOT}${path}`),
    );
    expect(missing).toEqual([]);
  },
);
