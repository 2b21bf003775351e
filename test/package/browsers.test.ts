// The tarball's modules in pages, as they are, with and without a Content-Security-Policy.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.js";
import { Site } from "../support/pages.js";
import { killPrograms } from "../support/program.js";
import { FASTEST, ROUND_TRIP, type RoundTrip } from "../support/round-trip.js";
import { projectWithTarball } from "../support/tarball.js";

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-browsers-"));
let dist: string;
let browser: Browser;

beforeAll(async () => {
  dist = path.join(await projectWithTarball(folder), "node_modules/wsimd/dist");
  browser = await launchChromium();
});

afterEach(killPrograms);
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const CODE = `const wsimd = await import("/files/index.js"); ${ROUND_TRIP} report(roundTrip(wsimd));`;

/** What the page comes to in a browser that `visit` sends there. */
async function runPage(
  policy: string | undefined,
  visit: (url: string) => Promise<void>,
): Promise<RoundTrip> {
  const site = new Site(dist, CODE, policy);
  try {
    await visit(await site.listen());
    return JSON.parse(await site.report());
  } finally {
    site.close();
  }
}

async function inChromium(url: string): Promise<void> {
  const page = await browser.newPage();
  await page.goto(url);
}

describe.each([["Chromium", inChromium]])("%s", (_, visit) => {
  test.each([undefined, "script-src 'self' 'wasm-unsafe-eval'"])(
    "compiles WebAssembly with the policy %s",
    async (policy) => {
      expect(await runPage(policy, visit)).toEqual(FASTEST);
    },
  );

  test("takes the JavaScript kernel with the policy script-src 'self', and says why", async () => {
    const { fallbackReason, ...rest } = await runPage("script-src 'self'", visit);
    expect(rest).toEqual({ ...FASTEST, kernel: "js" });
    expect(fallbackReason).toMatch(/^simd: CompileError: .*Content Security Policy/);
  });
});
