// What a bundle with wsimd weighs: minified by esbuild, compressed by gzip.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { bundle } from "../support/bundle.js";
import { tableRows } from "../support/markdown.js";
import { killPrograms } from "../support/program.js";
import { ROOT } from "../support/root.js";
import { projectWithTarball } from "../support/tarball.js";

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-size-"));
let project: string;

beforeAll(async () => {
  project = await projectWithTarball(folder);
});

afterEach(killPrograms);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Readers choose by the figures of the documentation, so bundles weigh that, give or take what no reader would mind. */
const TOLERANCE = 0.1;

/** Pages load the codec, too. With it, a page of 100 KiB, as small ones are, is a fifth larger at most. */
const MOST_CODEC_BYTES = 20 * 1024;

const CODEC = "the codec, all of wsimd";

/** What the rows of the table bundle. */
const ROWS: Readonly<Record<string, { readonly code: string; readonly without?: string }>> = {
  [CODEC]: { code: 'export * from "wsimd";' },
  "the same without the JavaScript kernel": { code: 'export * from "wsimd";', without: "javascript.js" },
  "serve of wsimd/node": { code: 'export { serve } from "wsimd/node";' },
  "connect of wsimd/node": { code: 'export { connect } from "wsimd/node";' },
  "all of wsimd/node": { code: 'export * from "wsimd/node";' },
  "all of wsimd/deno": { code: 'export * from "wsimd/deno";' },
  "all of wsimd/bun": { code: 'export * from "wsimd/bun";' },
  "all of wsimd/ws": { code: 'export * from "wsimd/ws";' },
};

const documented = tableRows(readFileSync(`${ROOT}docs/loading.md`, "utf8"), "Bundlers");

test("docs/loading.md has these rows", () => {
  expect(documented.map(([title]) => title)).toEqual(Object.keys(ROWS));
});

test.each(documented)("%s: about %s KiB", async (title = "", kib = "") => {
  const { code = "", without } = ROWS[title] ?? {};
  const options = { bundler: "esbuild", platform: "node" } as const;
  const file = await bundle(project, code, { ...options, ...(without !== undefined && { without }) });
  const { length } = gzipSync(readFileSync(file), { level: 9 });
  console.log(`${title}: ${(length / 1024).toFixed(1)} KiB, minified and compressed`);
  const figure = 1024 * Number(kib);
  expect(Math.abs(length - figure)).toBeLessThanOrEqual(TOLERANCE * figure);
  if (title === CODEC) expect(length).toBeLessThanOrEqual(MOST_CODEC_BYTES);
});

test("a bundle of Connection alone has no reader of frames", async () => {
  const words = "maskingKey must have 4 bytes";
  const options = { bundler: "esbuild", platform: "node" } as const;
  const file = await bundle(project, 'export { Connection } from "wsimd";', options);
  expect(readFileSync(file, "utf8")).not.toContain(words);
  const whole = await bundle(project, 'export * from "wsimd";', options);
  expect(readFileSync(whole, "utf8")).toContain(words);
});
