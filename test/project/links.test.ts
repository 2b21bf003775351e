// The links between the Markdown files of the repository: each leads to a file or a heading that is there.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { navigation, pageOf, ROOT, sources } from "../../docs/site/pages.js";
import { siteLink } from "../../docs/site/repository-links.js";
import { anchors, deadAddresses, deadMarkdownLinks, links } from "../support/markdown-links.js";

test.each(sources())("%s links to files and headings that are there", (file) => {
  expect(deadMarkdownLinks(ROOT, file)).toEqual([]);
  expect(deadAddresses(ROOT, file)).toEqual([]);
});

test("dead links are seen", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "wsimd-links-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, "there.md"), "# There\n\n## Once\n\n## Once\n\n```md\n## In code\n```\n");
  const alive = ["there.md", "there.md#once", "there.md#once-1", "#here", "https://example.com/#no", "./"];
  const dead = ["gone.md", "there.md#twice", "there.md#in-code", "#gone", "./#there", "gone.svg"];
  const text = [...alive, ...dead].map((link) => `[a](${link})`).join(" ");
  writeFileSync(
    path.join(folder, "from.md"),
    `# Here\n\n${text}\n\n\`[code](no.md)\`\n\n[b]: gone.md#reference\n`,
  );
  expect(deadMarkdownLinks(folder, "from.md")).toEqual([...dead, "gone.md#reference"]);
});

test("addresses in the repository that lead nowhere are seen", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "wsimd-addresses-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, "there.md"), "# There\n");
  const repository = "https://github.com/wsimd/wsimd";
  const alive = [
    `${repository}/blob/main/there.md#there`,
    `${repository}/issues`,
    "https://example.com/gone",
  ];
  const dead = [`${repository}/blob/main/gone.md`, `${repository}/blob/main/there.md#gone`];
  writeFileSync(path.join(folder, "from.md"), [...alive, ...dead].map((link) => `[a](${link})`).join(" "));
  expect(deadAddresses(folder, "from.md")).toEqual(dead);
});

test("anchors are those of GitHub", () => {
  const headings = "# `ws`: what *differs*?\n## Time-outs & limits\n## [Soak](#soak), `a_b`\n## Größe\n";
  expect([...anchors(headings)]).toEqual(["ws-what-differs", "time-outs--limits", "soak-a_b", "größe"]);
});

test("links with titles and images are links", () => {
  expect(links('[a](b.md "title") ![c](d.svg)')).toEqual(["b.md", "d.svg"]);
});

test("the navigation of the site has each page once, with a title of its own", () => {
  const items = navigation().flatMap((group) => group.items);
  const addresses = new Set(items.map(({ link }) => link));
  expect(addresses.size).toBe(items.length);
  expect(new Set(items.map(({ text }) => text)).size).toBe(items.length);
  // One more: the API reference.
  expect(items).toHaveLength(sources().length + 1);
});

test("a link is one of the site's if its target is a page, and one of GitHub's if it is another file", () => {
  const github = "https://github.com/wsimd/wsimd";
  expect(pageOf("README.md")).toBe("index.md");
  expect(siteLink("README.md", "docs/limits.md#timeouts")).toBe("/limits.html#timeouts");
  expect(siteLink("docs/limits.md", "../README.md")).toBe("/");
  expect(siteLink("docs/limits.md", "../bench/results")).toBe("/bench/results/");
  expect(siteLink("docs/limits.md", "../package.json")).toBe(`${github}/blob/main/package.json`);
  expect(siteLink("README.md", `${github}/tree/main/bench/results`)).toBe("/bench/results/");
  expect(siteLink("docs/limits.md", `${github}/blob/main/test/soak/main.js`)).toBe(
    `${github}/blob/main/test/soak/main.js`,
  );
  expect(siteLink("README.md", "examples/")).toBe(`${github}/tree/main/examples`);
  expect(() => siteLink("docs/limits.md", "gone.md")).toThrow("docs/limits.md links to gone.md");
});
