// Chromium and Firefox: their WebSockets as clients of ours, and our kernels in their engines.
import assert from "node:assert/strict";
import { describe } from "vitest";
import type { Scene } from "../adapters/scene.js";
import { certificate } from "../support/certificate.js";
import { BROWSERS, type Browser, type Trusted } from "./browsers.js";
import { LARGE_BYTES, LARGE_LIMITS, neighbourTest } from "./neighbour-test.js";
import { PageServer } from "./page-server.js";
import { hostHandlers } from "./peer.js";

/** A browser takes long to start, and the kernels' tests to run, on a machine that is busy. */
const PATIENCE_MS = 240_000;

async function lines(
  scene: Scene,
  browser: Browser,
  pages: PageServer,
  query: Readonly<Record<string, string>>,
  trusted?: Trusted,
): Promise<readonly string[]> {
  await browser.open(scene, pages.url(query), trusted);
  const { lines: found, error } = await pages.report;
  if (found === undefined) throw new Error(error);
  return found;
}

describe.each(BROWSERS)("$name", (browser) => {
  for (const secure of [false, true]) {
    neighbourTest(
      `as a client, ${secure ? "wss" : "ws"}, with messages of 10 MiB`,
      async (scene) => {
        const pages = await PageServer.start(scene, "websocket.ts");
        const recorder = hostHandlers();
        const tls = certificate();
        const options = { protocols: ["chat"], origins: [pages.origin], limits: LARGE_LIMITS };
        const server = await scene.serve({ ...options, ...(secure && { tls }) }, recorder);
        const url = server.url.replace("127.0.0.1", "localhost");
        const query = { url, bytes: String(LARGE_BYTES) };
        const trusted = secure ? { port: server.port, cert: tls.cert } : undefined;
        assert.deepEqual(await lines(scene, browser, pages, query, trusted), [
          "protocol chat",
          'extensions ""',
          ...Array<string>(4).fill("text true"),
          ...Array<string>(6).fill("binary true"),
          ...["text true", "fragments in parts"],
          ...["closed 4001  clean", "closed 4321 as you wish clean", "closed 1005  clean"],
        ]);
        await recorder.until("close", 3);
        const { log } = recorder;
        assert.deepEqual(
          log.filter((line) => line.startsWith("close")),
          ['close 4001 "bye €" clean', 'close 4321 "as you wish" clean', "close 1005 clean"],
        );
        assert.ok(log.includes("pong 68 69"), "our ping was answered");
      },
      PATIENCE_MS,
    );
  }

  neighbourTest(
    "runs the kernels' differential tests",
    async (scene) => {
      const pages = await PageServer.start(scene, "kernels.ts");
      const [fastest, ...tests] = await lines(scene, browser, pages, {});
      assert.equal(fastest, "fastest simd");
      assert.deepEqual(
        tests.filter((line) => !line.startsWith("passed ")),
        [],
      );
      assert.ok(tests.length > 40, `${tests.length} tests`);
    },
    PATIENCE_MS,
  );
});
