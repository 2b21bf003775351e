// What a bundle with wsimd weighs: minified by esbuild, compressed by gzip.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { bundle } from "../support/bundle.js";
import { killPrograms } from "../support/program.js";
import { projectWithTarball, runIn } from "../support/tarball.js";

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-size-"));
let project: string;

beforeAll(async () => {
  project = await projectWithTarball(folder);
});

afterEach(killPrograms);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CORE = 'export * from "wsimd";';

test.each([
  { what: "the codec", code: CORE, most: 14_976 },
  { what: "the codec without the JavaScript kernel", code: CORE, without: "javascript.js", most: 13_696 },
  { what: "wsimd/node", code: 'export * from "wsimd/node";', most: 43_776 },
  { what: "serve() of wsimd/node", code: 'export { serve } from "wsimd/node";', most: 36_352 },
  { what: "connect() of wsimd/node", code: 'export { connect } from "wsimd/node";', most: 34_560 },
  { what: "wsimd/deno", code: 'export * from "wsimd/deno";', most: 42_752 },
  { what: "wsimd/bun", code: 'export * from "wsimd/bun";', most: 35_840 },
])("$what has at most $most bytes", async ({ what, code, without, most }) => {
  const file = await bundle(project, code, {
    bundler: "esbuild",
    platform: "node",
    ...(without && { without }),
  });
  await runIn(folder, "gzip", "-9", "--no-name", file);
  const { size } = statSync(`${file}.gz`);
  console.log(`${what}: ${size} bytes, minified and compressed`);
  expect(size).toBeLessThanOrEqual(most);
});
