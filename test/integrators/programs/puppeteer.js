// puppeteer-core: Chromium's DevTools protocol, whose events puppeteer wants one a turn; large messages; attaching.
import assert from "node:assert/strict";
import puppeteer from "puppeteer-core";
import { CHROMIUM, step } from "../scenario.js";

const browser = await puppeteer.launch(CHROMIUM);
const page = await browser.newPage();

await step("values in both directions", async () => {
  assert.equal(await page.evaluate((a, b) => a + b, 1, 2), 3);
  const text = "é😀".repeat(200_000);
  assert.equal(await page.evaluate((value) => value, text), text);
  const many = await Promise.all(Array.from({ length: 100 }, (_, i) => page.evaluate((value) => value, i)));
  assert.deepEqual(many, [...Array(100).keys()]);
});

await step("events, in order", async () => {
  const got = [];
  const all = new Promise((resolve) => {
    page.on("console", (message) => got.push(Number(message.text())) === 200 && resolve());
  });
  await page.evaluate(() => {
    for (let i = 0; i < 200; i++) console.log(i);
  });
  await all;
  assert.deepEqual(got, [...Array(200).keys()]);
});

await step("a page, and functions that it calls", async () => {
  const called = [];
  await page.exposeFunction("outside", (value) => {
    called.push(value);
    return value * 2;
  });
  await page.setContent("<h1>Title</h1>".concat("<p>paragraph</p>".repeat(20_000)));
  assert.equal(await page.$eval("h1", (heading) => heading.textContent), "Title");
  assert.equal(await page.evaluate(() => window.outside(21)), 42);
  assert.deepEqual(called, [21]);
  assert.ok((await page.content()).length > 300_000);
  assert.equal(Buffer.from(await page.screenshot()).toString("latin1", 1, 4), "PNG");
});

await step("a second connection to the same browser", async () => {
  const other = await puppeteer.connect({ browserWSEndpoint: browser.wsEndpoint() });
  assert.equal((await other.pages()).length, (await browser.pages()).length);
  const gone = new Promise((resolve) => other.once("disconnected", resolve));
  await other.disconnect();
  await gone;
});

await step("the end of the browser", async () => {
  const gone = new Promise((resolve) => browser.once("disconnected", resolve));
  await browser.close();
  await gone;
  await assert.rejects(puppeteer.connect({ browserWSEndpoint: browser.wsEndpoint() }));
});
