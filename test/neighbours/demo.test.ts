// The page of `wsimd demo` in Chromium.
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { request } from "node:http";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { launchChromium } from "../support/chromium.js";
import { killPrograms, type Program } from "../support/program.js";
import { startDemo } from "./demo-program.js";

/** The folder for screenshots, if they are wanted. */
const { WSIMD_SCREENSHOTS: screenshots } = process.env;

/** Bytes of messages, and what they took on the wire. */
const SIZES = /^[\d.]+ [kM]?B took [\d.]+ [kM]?B$/;

let browser: Browser;
let context: BrowserContext;
let demo: Program;
let url: string;
/** The errors and warnings of a page. */
const complaints: string[] = [];

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
});

beforeEach(async () => {
  complaints.length = 0;
  [demo, url] = await startDemo("0");
  context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  context.setDefaultTimeout(15_000);
});

afterEach(async () => {
  await context.close();
  await killPrograms();
});

/** A tab that is connected. */
async function openTab(): Promise<{ page: Page; id: string }> {
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(url);
  const own = page.locator("#clients [data-id]", { has: page.locator(".you") });
  return { page, id: (await own.getAttribute("data-id")) ?? "" };
}

/** Waits until a tab lists so many clients. @returns their ids */
async function clientsOf(page: Page, count: number): Promise<(string | null)[]> {
  await page.waitForFunction(
    (wanted) => document.querySelectorAll("#clients [data-id]").length === wanted,
    count,
  );
  return page
    .locator("#clients [data-id]")
    .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-id")));
}

async function say(page: Page, text: string): Promise<void> {
  await page.locator("#text").fill(text);
  await page.locator("#text").press("Enter");
}

function logOf(page: Page, text: string) {
  return page.locator("#log li", { hasText: text });
}

/** The number that a figure shows, waited for until it is in a range. */
async function waitForFigure(page: Page, id: string, least: number, most = Number.MAX_VALUE): Promise<void> {
  await page.waitForFunction(
    ([element, from, to]) => {
      const text = document.getElementById(element)?.textContent ?? "";
      const value = Number.parseFloat(text.replaceAll(",", ""));
      return value >= from && value <= to;
    },
    [id, least, most] as const,
  );
}

/** How many pixels of the canvas are nearly of the colour that a custom property names. */
function paintedPixels(page: Page, property: string): Promise<number> {
  return page.evaluate((name) => {
    const canvas = document.querySelector("canvas");
    if (!canvas) return 0;
    // A copy is read, for Chromium complains about a canvas that is read often.
    const { width, height } = canvas;
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    if (!context) return 0;
    context.drawImage(canvas, 0, 0);
    const color = getComputedStyle(canvas).getPropertyValue(name).trim();
    const wanted = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
    const { data } = context.getImageData(0, 0, width, height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (wanted.every((value, channel) => Math.abs(value - (data[i + channel] ?? 0)) < 8)) count++;
    }
    return count;
  }, property);
}

async function screenshot(page: Page, name: string): Promise<void> {
  if (screenshots === undefined) return;
  await mkdir(screenshots, { recursive: true });
  await page.screenshot({ path: path.join(screenshots, `${name}.png`), fullPage: true });
}

describe("the page", () => {
  test("two tabs see each other, talk, and see each other's load", async () => {
    const one = await openTab();
    const other = await openTab();
    expect(one.id).not.toBe(other.id);
    for (const { page } of [one, other]) {
      expect((await clientsOf(page, 2)).sort()).toEqual([one.id, other.id].sort());
      await page.locator("#state", { hasText: "Connected" }).waitFor();
      expect(await page.locator("#count").textContent()).toBe("2");
    }
    await logOf(one.page, `#${other.id} Headless Chrome joined.`).waitFor();

    await say(one.page, "for everybody");
    await logOf(one.page, "you → everyonefor everybody").waitFor();
    await logOf(other.page, `#${one.id} Headless Chrome → everyonefor everybody`).waitFor();

    const third = await openTab();
    await clientsOf(one.page, 3);
    await one.page.locator(`[data-id="${other.id}"]`).click();
    expect(await one.page.locator("#to").textContent()).toBe(`#${other.id} Headless Chrome`);
    await say(one.page, "for you <img src=x onerror=alert(1)>");
    await logOf(other.page, "→ youfor you <img src=x onerror=alert(1)>").waitFor();
    expect(await other.page.locator("#log img").count()).toBe(0);
    // What comes after it has come, so it would have been here.
    await one.page.locator(".everyone").click();
    await say(one.page, "for all three");
    await logOf(third.page, "for all three").waitFor();
    expect(await logOf(third.page, "for you").count()).toBe(0);

    await waitForFigure(other.page, "rate", 1, 100);
    await waitForFigure(other.page, "rtt", 0.01);
    await one.page.bringToFront();
    await one.page.locator("#load-toggle").click();
    await waitForFigure(other.page, "rate", 150);
    const row = other.page.locator(`[data-id="${one.id}"]`);
    await row.locator(".rate", { hasText: /^(1[5-9]\d|2\d\d) msg\/s$/ }).waitFor();
    await row.locator(".rtt", { hasText: /^ping [\d.]+ ms$/ }).waitFor();
    // The messages of the load are compressed both ways.
    await waitForFigure(other.page, "saved", 50, 99);
    expect(await other.page.locator("#saved-bytes").textContent()).toMatch(SIZES);
    await other.page.bringToFront();
    await expect.poll(() => paintedPixels(other.page, "--rate"), { timeout: 10_000 }).toBeGreaterThan(50);
    await expect.poll(() => paintedPixels(other.page, "--rtt"), { timeout: 10_000 }).toBeGreaterThan(20);
    await screenshot(other.page, "light");
    await other.page.emulateMedia({ colorScheme: "dark" });
    await screenshot(other.page, "dark");

    await one.page.bringToFront();
    await one.page.locator("#load-toggle").click();
    await waitForFigure(other.page, "rate", 1, 100);
    await other.page.locator(`[data-id="${one.id}"]`).click();
    await one.page.close();
    expect(await clientsOf(other.page, 2)).not.toContain(one.id);
    await logOf(other.page, `#${one.id} Headless Chrome left.`).waitFor();
    expect(await other.page.locator("#to").textContent()).toBe("everyone");
    expect(complaints).toEqual([]);
  });

  test("can be used with the keyboard alone", async () => {
    const { page, id } = await openTab();
    await page.locator("#clients input").first().focus();
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("#to").textContent()).toBe("you");
    await page.locator("#text").focus();
    await page.keyboard.type("to myself");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await logOf(page, "you → youto myself").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("End");
    expect(await page.locator("#load-rate-value").textContent()).toBe("5,000");
    await page.keyboard.press("Home");
    expect(await page.locator("#load-rate-value").textContent()).toBe("1");
    expect(await page.locator(`[data-id="${id}"]`).count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test("fits on a phone", async () => {
    const { page } = await openTab();
    await page.setViewportSize({ width: 360, height: 740 });
    await page.locator("#load-toggle").click();
    await waitForFigure(page, "rate", 150);
    await say(page, "a-long-word-without-a-place-to-break-".repeat(10));
    await logOf(page, "a-long-word").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await screenshot(page, "phone");
    await page.locator("#send").click({ trial: true });
    expect(complaints).toEqual([]);
  });

  test("says that the server is gone, and comes back with it", async () => {
    const { page } = await openTab();
    demo.signal("SIGTERM");
    expect(await demo.exit).toEqual({ code: 0, signal: null });
    await page.locator('#state[data-state="waiting"]').waitFor();
    await logOf(page, "The connection was lost.").waitFor();
    await clientsOf(page, 0);
    expect(await page.locator("#send").isDisabled()).toBe(true);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await screenshot(page, "offline");
    [demo] = await startDemo(new URL(url).port);
    await page.locator('#state[data-state="open"]').waitFor();
    await clientsOf(page, 1);
    expect(await page.locator("#send").isDisabled()).toBe(false);
  });
});

describe("the server", () => {
  async function fetchStatus(target: string, method = "GET"): Promise<number | undefined> {
    const sent = request(new URL(target, url), { method, agent: false }).end();
    const [response] = await once(sent, "response");
    response.resume();
    return response.statusCode;
  }

  /** Closes with a code if it is not let in or does not behave. */
  async function closeCode(messages: readonly string[], headers = {}): Promise<number> {
    const socket = new WebSocket(url.replace("http:", "ws:"), { headers });
    socket.on("error", () => {});
    socket.once("open", () => {
      for (const message of messages) socket.send(message);
    });
    return await new Promise((resolve) => socket.once("close", resolve));
  }

  test.each([
    ["/", "GET", 200],
    ["/", "HEAD", 200],
    ["/?query", "GET", 200],
    ["/page/app.js", "GET", 200],
    ["/", "POST", 405],
    ["/page/app.js", "DELETE", 405],
    ["/other", "GET", 404],
    ["/page/../../package.json", "GET", 404],
    ["/page/app.d.ts", "GET", 404],
    ["/page/kernel-worker.js", "GET", 200],
    ["/kernel/load.js", "GET", 200],
    ["/kernel/generated/scalar.wasm", "GET", 200],
    ["/kernel/load.d.ts", "GET", 404],
  ])("answers %s %s with %i", async (target, method, status) => {
    expect(await fetchStatus(target, method)).toBe(status);
  });

  test("lets the page load nothing from elsewhere", async () => {
    const response = await fetch(url);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await response.text()).not.toMatch(/(src|href)="(?!\/)/);
  });

  test("lets only the worker of the kernels compile WebAssembly", async () => {
    const policies = ["/", "/page/app.js", "/page/kernel-worker.js"].map(async (file) => {
      const response = await fetch(new URL(file, url));
      return (response.headers.get("content-security-policy") ?? "").match(/script-src [^;]*/)?.[0];
    });
    expect(await Promise.all(policies)).toEqual([
      "script-src 'self'",
      "script-src 'self'",
      "script-src 'self' 'wasm-unsafe-eval'",
    ]);
  });

  test.each([
    "text",
    "{",
    "null",
    "[]",
    '{"type":"say","to":null}',
    '{"type":"say","to":null,"text":""}',
    '{"type":"say","to":"1","text":"x"}',
    '{"type":"say","to":1.5,"text":"x"}',
    '{"type":"say","to":null,"text":7}',
    '{"type":"say","to":null,"text":"x","more":1}',
    '{"type":"hear","to":null,"text":"x"}',
    `{"type":"say","to":null,"text":"${"x".repeat(501)}"}`,
  ])("closes a client that says %.50s with 1008", async (message) => {
    expect(await closeCode([message])).toBe(1008);
  });

  test("lets no other site's page in", async () => {
    expect(await closeCode([], { Origin: "http://example.org" })).toBe(1006);
    expect(await closeCode(["{"], { Origin: url })).toBe(1008);
  });

  test("does not pass on texts without end", async () => {
    const socket = new WebSocket(url.replace("http:", "ws:"));
    const heard: string[] = [];
    const refused = new Promise<void>((resolve) => {
      socket.on("message", (data: Buffer) => {
        const text = data.toString();
        if (text.startsWith('{"type":"said"')) heard.push(text);
        if (text.startsWith('{"type":"refused"')) resolve();
      });
    });
    await once(socket, "open");
    for (let i = 0; i < 100; i++) socket.send(JSON.stringify({ type: "say", to: null, text: `${i}` }));
    await refused;
    expect(heard.length).toBeLessThan(50);
    socket.terminate();
  });

  test("sends back every binary message, more of them at once than it reads in one go", async () => {
    const socket = new WebSocket(url.replace("http:", "ws:"));
    await once(socket, "open");
    const message = Buffer.from("0123456789");
    let back = 0;
    const all = new Promise<void>((resolve) => {
      socket.on("message", (data: Buffer, isBinary: boolean) => {
        if (isBinary && data.equals(message) && ++back === 10_000) resolve();
      });
    });
    for (let i = 0; i < 10_000; i++) socket.send(message);
    await all;
    socket.terminate();
  });

  test("closes with 1001 on SIGINT, and exits with 0", async () => {
    const code = closeCode([]);
    const { page } = await openTab();
    await clientsOf(page, 2);
    demo.signal("SIGINT");
    expect(await code).toBe(1001);
    expect(await demo.exit).toEqual({ code: 0, signal: null });
    expect(demo.stderr).toBe("");
  });
});
