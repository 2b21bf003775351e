// webpack-dev-server: its client in Chromium gets a new module by WebSocket, and the server pings and ends.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import puppeteer from "puppeteer-core";
import webpack from "webpack";
import WebpackDevServer from "webpack-dev-server";
import { WebSocket } from "ws";
import { CHROMIUM, step } from "../scenario.js";

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-webpack-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const write = (name, source) => writeFileSync(path.join(folder, name), source);
write("value.js", "export default 'first';");
write(
  "index.js",
  `import value from "./value.js";
  document.title = value;
  module.hot.accept("./value.js", () => { document.title = value; });`,
);

const server = new WebpackDevServer(
  { port: 0, host: "127.0.0.1", static: false, setupExitSignals: false, client: { logging: "none" } },
  webpack({
    mode: "development",
    context: folder,
    entry: "./index.js",
    output: { path: path.join(folder, "dist") },
    infrastructureLogging: { level: "error" },
    stats: "none",
  }),
);
await server.start();
const { port } = server.server.address();
const browser = await puppeteer.launch(CHROMIUM);

await step("a page that is updated in place", async () => {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}/webpack-dev-server/main.html`).catch(() => {});
  await page.setContent(`<script src="http://127.0.0.1:${port}/main.js"></script>`);
  await page.waitForFunction(() => document.title === "first");
  await page.evaluate(() => {
    window.sameDocument = true;
  });
  write("value.js", "export default 'second';");
  await page.waitForFunction(() => document.title === "second");
  assert.equal(await page.evaluate(() => window.sameDocument), true);
});

await step("messages to another client, and pings", async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, {
    headers: { origin: `http://127.0.0.1:${port}` },
  });
  const types = new Set();
  await new Promise((resolve) => {
    socket.on("message", (data) => {
      const { type } = JSON.parse(data);
      types.add(type);
      if (type === "ok") resolve();
    });
  });
  assert.ok(types.has("hot") && types.has("hash"));
  await new Promise((resolve) => socket.once("ping", resolve));
  const stopped = server.stop();
  await new Promise((resolve) => socket.once("close", resolve));
  await stopped;
});

await step("the end of the browser", () => browser.close());
