import { afterEach, expect, test } from "vitest";
import { killPrograms } from "../support/program.js";
import { runIn } from "../support/tarball.js";

afterEach(killPrograms);

const ROOT = new URL("../../", import.meta.url).pathname;

// TypeDoc fails at a name of any entry that has no comment, and at a link that leads nowhere.
test("every public name is documented", { timeout: 180_000 }, async () => {
  await expect(runIn(ROOT, process.execPath, "scripts/docs.js", "--check")).resolves.toBe("");
});
