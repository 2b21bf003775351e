// The page of `wsimd demo` for all visitors: with the keyboard, on a phone, in the dark, with reduced motion, and its
// comparison of the kernels, in Chromium and in Firefox.
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.js";
import { killPrograms } from "../support/program.js";
import { startDemo } from "./demo-program.js";
import { Firefox } from "./firefox-page.js";

let browser: Browser;
let url: string;
let context: BrowserContext | undefined;
/** The errors and warnings of the page. */
const complaints: string[] = [];

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
});

beforeEach(async () => {
  complaints.length = 0;
  [, url] = await startDemo("0");
});

afterEach(async () => {
  await context?.close();
  context = undefined;
  await killPrograms();
});

async function openPage(options: BrowserContextOptions = {}, from = browser): Promise<Page> {
  context = await from.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(url);
  await page.locator('#state[data-state="open"]').waitFor();
  await page.locator("#clients [data-id]").waitFor();
  return page;
}

/** Runs the comparison. @returns the cells of the table's rows */
async function compare(page: Page): Promise<string[][]> {
  await page.locator("#kernels-run").click();
  await page.locator("#kernels-run", { hasText: "Run again" }).waitFor();
  return page
    .locator("#kernels-rows tr")
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent ?? "")));
}

const NUMBER = /^[\d,]*\d(\.\d+)?×?$/;

describe("the comparison of the kernels", () => {
  test.each([
    ["binary", "20"],
    ["text", "1000"],
    ["mixed", "1000"],
    ["binary", "64000"],
  ])("decodes %s messages of %s bytes in Chromium", async (kind, size) => {
    const page = await openPage({ permissions: ["clipboard-read", "clipboard-write"] });
    await page.locator(`.choice:has([value="${kind}"])`).click();
    await page.locator(`.choice:has([value="${size}"])`).click();
    const rows = await compare(page);
    expect(rows.map(([name]) => name)).toEqual([
      "WebAssembly SIMD",
      "WebAssembly, scalar",
      "Plain JavaScript",
    ]);
    for (const [, rate, time, factor] of rows) {
      for (const each of [rate, time]) expect(each).toMatch(NUMBER);
      expect(factor).toMatch(/^([\d.,]+×|too noisy)$/);
    }
    expect(rows[2]?.[3]).toBe("1.00×");
    // The longest bar is the fastest kernel's.
    const widths = await page
      .locator("#kernels-rows .bar")
      .evaluateAll((bars) => bars.map((bar) => (bar instanceof HTMLElement ? bar.style.width : "")));
    expect(widths).toContain("100%");
    expect(await page.locator("#kernels-status").textContent()).toMatch(/^(Medians of 7 rounds|Too noisy)/);
    await page.locator("#kernels-copy").click();
    await page.locator("#kernels-status", { hasText: "clipboard" }).waitFor();
    const report: unknown = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
    const result: unknown = expect.objectContaining({ nsPerMessage: expect.any(Number) });
    expect(report).toMatchObject({ kind, bytes: Number(size), rounds: 7, results: [result, result, result] });
    expect(complaints).toEqual([]);
  });

  test("does not start by itself, and leaves the page responsive", async () => {
    const page = await openPage();
    expect(await page.locator("#kernels-status").textContent()).toContain("Not measured yet");
    await page.locator("#kernels-run").click();
    await page.locator("#kernels-status", { hasText: "Measuring" }).waitFor();
    // A message goes to the server and back while the workers measure.
    await page.locator("#text").fill("meanwhile");
    await page.locator("#text").press("Enter");
    await page.locator("#log li", { hasText: "meanwhile" }).waitFor();
    await page.locator("#kernels-run", { hasText: "Run again" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("shows the results as text where it may not write to the clipboard", async () => {
    const page = await openPage();
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error("not allowed"));
    });
    await compare(page);
    await page.locator("#kernels-copy").click();
    const json: unknown = JSON.parse(await page.locator("#kernels-json").inputValue());
    expect(json).toHaveProperty("kind", "binary");
    expect(complaints).toEqual([]);
  });

  test("says that there is no SIMD, and runs the others", async () => {
    // A module of an instruction that no browser has.
    const page = await openPage();
    await page.context().route("**/kernel/generated/simd.js", (route) => {
      const body = `export const SIMD_HEX = "${Buffer.from("\0asm\x01\0\0\0\xff", "latin1").toString("hex")}";`;
      return route.fulfill({ contentType: "text/javascript", body });
    });
    const [simd, scalar, javascript] = await compare(page);
    expect(simd?.slice(1)).toEqual(["–", "–", "–"]);
    expect(scalar?.[1]).toMatch(NUMBER);
    expect(javascript?.[1]).toMatch(NUMBER);
    const status = await page.locator("#kernels-status").textContent();
    expect(status).toContain("WebAssembly SIMD: This browser has no WebAssembly SIMD.");
  });

  test("says that there is no WebAssembly, and runs the kernel of JavaScript", async () => {
    const other = await launchChromium(["--js-flags=--jitless"]);
    try {
      const page = await openPage({}, other);
      const [simd, scalar, javascript] = await compare(page);
      expect([simd?.[1], scalar?.[1]]).toEqual(["–", "–"]);
      expect(javascript?.[1]).toMatch(NUMBER);
      expect(await page.locator("#kernels-status").textContent()).toContain("has no WebAssembly.");
    } finally {
      await other.close();
    }
  });

  test("runs in Firefox", async () => {
    const firefox = await Firefox.open(url);
    try {
      await firefox.until(`document.querySelector("#kernels-rows tr") !== null`);
      await firefox.evaluate(`document.querySelector("#kernels-run").click()`);
      await firefox.until(`document.querySelector("#kernels-run").textContent === "Run again"`);
      const cells = await firefox.evaluate(
        `[...document.querySelectorAll("#kernels-rows td:nth-child(2)")].map((cell) => cell.textContent).join(" ")`,
      );
      expect(
        cells
          .split(" ")
          .map(Number)
          .every((each) => each > 0),
        cells,
      ).toBe(true);
      expect(await firefox.evaluate(`String(document.documentElement.scrollWidth <= innerWidth)`)).toBe(
        "true",
      );
      expect(firefox.errors).toEqual([]);
    } finally {
      await firefox.close();
    }
  });
});

/** Presses Tab through the page. @returns the elements that get the focus, and whether each shows it */
async function tabStops(page: Page, most: number): Promise<{ name: string; isVisible: boolean }[]> {
  const stops = [];
  for (let i = 0; i < most; i++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const { activeElement: active } = document;
      if (!(active instanceof HTMLElement) || active === document.body) return undefined;
      const name = active.id || active.getAttribute("name") || active.tagName;
      // Radio buttons show it on what is around or beside them.
      const shown = [active, active.closest(".row"), active.nextElementSibling];
      const isVisible = shown.some(
        (each) => each !== null && getComputedStyle(each).outlineStyle === "solid",
      );
      return { name, isVisible };
    });
    if (stop === undefined) break;
    stops.push(stop);
  }
  return stops;
}

describe("the page for everyone", () => {
  test("has each control in the order of the keyboard, with a focus that is seen", async () => {
    const page = await openPage();
    await compare(page);
    await page.evaluate(() => {
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    });
    // The document begins again at its top.
    await page.locator("h1").click();
    const stops = await tabStops(page, 20);
    expect(stops.map(({ name }) => name)).toEqual([
      ...["to", "log", "text", "send", "load-rate", "load-size", "load-toggle"],
      ...["kernels-kind", "kernels-size", "kernels-run", "kernels-copy"],
    ]);
    expect(stops.filter(({ isVisible }) => !isVisible)).toEqual([]);
  });

  test("names every control", async () => {
    const page = await openPage();
    const nameless = await page.locator("button, input, textarea").evaluateAll((controls) =>
      controls
        .filter((control) => {
          const labels =
            control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement
              ? control.labels
              : [];
          const texts = [control.textContent, control.getAttribute("aria-label")];
          for (const label of labels ?? []) texts.push(label.textContent);
          return texts.every((text) => (text ?? "").trim() === "");
        })
        .map((control) => control.outerHTML),
    );
    expect(nameless).toEqual([]);
    // The two figures in milliseconds say which is which.
    expect(await page.locator(".legend .rtt dt").textContent()).toBe("Message round trip");
    await page.locator("[data-id] .rtt", { hasText: /^ping [\d.]+ ms$/ }).waitFor();
    for (const what of ["Message round trip: from", "Ping: from"]) {
      expect(await page.locator(".hint", { hasText: what }).count()).toBe(1);
    }
  });

  test("can be measured with the keyboard alone", async () => {
    const page = await openPage();
    await page.locator('[name="kernels-kind"]:checked').focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator("#kernels-run", { hasText: "Run again" }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("kernels-run");
    const chosen = await page
      .locator(".kernels input:checked")
      .evaluateAll((inputs) => inputs.map((input) => input.getAttribute("value")));
    expect(chosen).toEqual(["text", "20"]);
    expect(complaints).toEqual([]);
  });

  test.each(["light", "dark"] as const)("has enough contrast in the %s", async (colorScheme) => {
    const page = await openPage({ colorScheme });
    await compare(page);
    await page.locator("#text").fill("hello");
    await page.locator("#text").press("Enter");
    await page.locator("#log li", { hasText: "hello" }).waitFor();
    const { checked, low } = await page.evaluate(contrasts);
    expect(checked).toBeGreaterThan(40);
    expect(low).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("needs no scrolling sideways on a phone", async () => {
    const page = await openPage({ viewport: { width: 360, height: 740 } });
    await compare(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    const outside = await page
      .locator("main *")
      .evaluateAll((elements) =>
        elements
          .filter(
            (each) => each.getBoundingClientRect().right > 360 && each.closest("select, option") === null,
          )
          .map((each) => each.outerHTML.slice(0, 80)),
      );
    expect(outside).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("moves nothing by itself where motion is reduced", async () => {
    const moving = (page: Page) =>
      page.evaluate(() => {
        const elements = [...document.querySelectorAll("*")];
        return elements.filter((each) => {
          const { transitionDuration, animationName } = getComputedStyle(each);
          return animationName !== "none" || transitionDuration.split(", ").some((time) => time !== "0s");
        }).length;
      });
    expect(await moving(await openPage({ reducedMotion: "reduce" }))).toBe(0);
    await context?.close();
    expect(await moving(await openPage({ reducedMotion: "no-preference" }))).toBeGreaterThan(0);
  });
});

/** Runs in the page: the contrast of each text with what is behind it (WCAG 2.2, 1.4.3). */
function contrasts(): { checked: number; low: string[] } {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  /** Lays colours on each other, from the back. */
  const laid = (colours: readonly string[]): number[] => {
    if (canvas === null) throw new Error("no canvas");
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb: readonly number[]): number => {
    const [red = 0, green = 0, blue = 0] = rgb.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  let checked = 0;
  const low: string[] = [];
  for (const element of document.querySelectorAll<HTMLElement>("body *")) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.nodeValue?.trim());
    const isDisabled = element instanceof HTMLButtonElement && element.disabled;
    if (!text || isDisabled || !element.checkVisibility() || element.closest(".hidden, noscript")) continue;
    const grounds: string[] = [];
    for (let each: Element | null = element; each !== null; each = each.parentElement) {
      grounds.unshift(getComputedStyle(each).backgroundColor);
    }
    const ground = luminance(laid(grounds));
    const ink = luminance(laid([...grounds, getComputedStyle(element).color]));
    const ratio = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
    checked++;
    if (ratio < 4.5) low.push(`${ratio.toFixed(2)} ${element.outerHTML.slice(0, 80)}`);
  }
  return { checked, low };
}
