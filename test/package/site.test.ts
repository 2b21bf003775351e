// The site of the documentation builds, with every public name in it, and no link on its pages is dead.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { deadLinks } from "../../docs/site/dead-links.js";
import { addressOf, pageOf, ROOT, sources } from "../../docs/site/pages.js";
import { killPrograms } from "../support/program.js";
import { runIn } from "../support/tarball.js";

const SITE = `${ROOT}build/site`;

afterEach(killPrograms);

// TypeDoc fails at a name of any entry that has no comment, and at a link in a comment that leads nowhere.
test("the site builds", { timeout: 600_000 }, async () => {
  await runIn(ROOT, process.execPath, "docs/site/build.js");
  expect(deadLinks(SITE)).toEqual([]);

  const pages = sources().map((source) => addressOf(pageOf(source)).replace(/\/$/, "/index.html"));
  for (const page of [...pages, "/api/index.html", "/api/wsimd/node/functions/serve.html"]) {
    expect(existsSync(SITE + page), page).toBe(true);
  }
  const chunks = readdirSync(`${SITE}/assets`, { recursive: true, encoding: "utf8" });
  expect(chunks.some((name) => name.includes("localSearchIndex"))).toBe(true);
  expect(chunks.some((name) => name.endsWith(".svg"))).toBe(true);
});

describe("dead links", () => {
  test.each(["/", "/base/"])("are seen on a site at %s", (base) => {
    const folder = mkdtempSync(path.join(tmpdir(), "wsimd-site-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(path.join(folder, "sub"));
    const target = '<h1 id="top">T</h1><h2 class="a>b" id=bare tabindex="-1">B</h2><h2 id="a&amp;b">C</h2>';
    writeFileSync(path.join(folder, "index.html"), target);
    const alive = [
      "page.html",
      "../#top",
      "../index.html#bare",
      `${base}#a&amp;b`,
      `${base}sub/page.html`,
      "#self",
      "https://example.com/gone.html",
      "data:,",
    ];
    const dead = ["gone.html", "#gone", "../#gone", `${base}gone/`, `${base}sub/`, "../index.html#a"];
    const markup = [
      ...[...alive, ...dead].map((link) => `<a href="${link}">x</a>`),
      "<img alt='>' src='gone.svg'>",
      '<script src="gone.js">"<a href=\'no.html\'>"</script>',
      '<p id="self"><!-- <a href="no.html"> --></p>',
    ];
    writeFileSync(path.join(folder, "sub/page.html"), markup.join("\n"));
    expect(deadLinks(folder, base)).toEqual(
      [...dead, "gone.svg", "gone.js"].map((link) => `sub/page.html links to ${link}`),
    );
  });

  test("are those beside the base of a site, too", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "wsimd-site-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(path.join(folder, "index.html"), '<a href="/index.html">x</a><a href="/base/">y</a>');
    expect(deadLinks(folder, "/base/")).toEqual(["index.html links to /index.html"]);
  });
});
