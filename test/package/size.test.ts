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
  { what: "the codec", code: CORE, most: 16_128 },
  { what: "the codec without the JavaScript kernel", code: CORE, without: "javascript.js", most: 14_720 },
  { what: "wsimd/node", code: 'export * from "wsimd/node";', most: 45_056 },
  { what: "serve() of wsimd/node", code: 'export { serve } from "wsimd/node";', most: 37_376 },
  { what: "connect() of wsimd/node", code: 'export { connect } from "wsimd/node";', most: 35_584 },
  { what: "wsimd/deno", code: 'export * from "wsimd/deno";', most: 44_032 },
  { what: "wsimd/bun", code: 'export * from "wsimd/bun";', most: 36_864 },
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
