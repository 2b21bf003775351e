// The tarball's modules in pages, as they are, with and without a Content-Security-Policy.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { BROWSERS } from "../neighbours/browsers.js";
import { neighbourTest } from "../neighbours/neighbour-test.js";
import { Site } from "../support/pages.js";
import { killPrograms } from "../support/program.js";
import { FASTEST, ROUND_TRIP } from "../support/round-trip.js";
import { projectWithTarball } from "../support/tarball.js";

/** A browser takes long to start on a machine that is busy. */
const PATIENCE_MS = 120_000;

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-browsers-"));
let dist: string;

beforeAll(async () => {
  dist = path.join(await projectWithTarball(folder), "node_modules/wsimd/dist");
});

afterEach(killPrograms);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CODE = `const wsimd = await import("/files/index.js"); ${ROUND_TRIP} report(roundTrip(wsimd));`;

const REFUSED = {
  ...FASTEST,
  kernel: "js",
  fallbackReason: expect.stringMatching(/^simd: CompileError: .*(?:CSP|Content Security Policy)/),
};

describe.each(BROWSERS)("$name", (browser) => {
  for (const [policy, expected] of [
    [undefined, FASTEST],
    ["script-src 'self' 'wasm-unsafe-eval'", FASTEST],
    ["script-src 'self'", REFUSED],
  ] as const) {
    neighbourTest(
      `runs the kernel ${expected.kernel} with the policy ${policy}`,
      async (scene) => {
        const site = new Site(dist, CODE, policy);
        scene.after(() => site.close());
        await browser.open(scene, await site.listen());
        expect(JSON.parse(await site.report())).toEqual(expected);
      },
      PATIENCE_MS,
    );
  }
});
