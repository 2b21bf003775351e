// The build can be repeated: the same source gives the same bytes.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { ROOT } from "../support/root.js";
import { runIn } from "../support/tarball.js";

/** The compiler takes long on a machine that is busy. */
const PATIENCE_MS = 180_000;

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-build-"));

afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["simd", "asconfig.json"],
  ["scalar", "asconfig.json"],
  ["deflate-simd", "asconfig.deflate.json"],
  ["deflate-scalar", "asconfig.deflate.json"],
])("gives the same %s.wasm again", { timeout: PATIENCE_MS }, async (target, config) => {
  const outFile = path.join(folder, `${target}.wasm`);
  const options = ["--config", config, "--target", target, "--outFile", outFile];
  const compiler = "node_modules/assemblyscript/bin/asc.js";
  await runIn(ROOT, process.execPath, compiler, ...options, "--textFile", `${outFile}.wat`);
  const built = readFileSync(`${ROOT}src/kernel/generated/${target}.wasm`);
  expect(readFileSync(outFile).equals(built)).toBe(true);
});
