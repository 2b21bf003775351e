// The pages of the site: which files of the repository they are, under which addresses, and in which order the navigation has them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What stands for the API reference, which is no file of the repository, in the groups. */
const API = "api";

/** Pages by task. A page that is in none of the groups comes under "More". */
const GROUPS = {
  "Getting started": ["README.md", "docs/loading.md"],
  Build: [
    "docs/building.md",
    "docs/frameworks.md",
    "docs/http-servers.md",
    "docs/messages.md",
    "docs/topics.md",
    "docs/reconnecting.md",
    "docs/limits.md",
    "docs/compression.md",
    "docs/errors.md",
  ],
  Operate: [
    "docs/operating.md",
    "docs/cores.md",
    "docs/performance.md",
    "docs/proxies.md",
    "SECURITY.md",
    "docs/node-internals.md",
  ],
  Move: ["docs/moving-from-ws.md", "docs/naming.md"],
  Runtimes: ["docs/deno.md", "docs/bun.md", "docs/workerd.md", "docs/edge.md"],
  Embed: ["docs/codec.md", "docs/handshake.md", "docs/streams.md", "docs/writing-an-adapter.md"],
  Reference: [API, "docs/conformance.md", "CHANGELOG.md"],
  Benchmarks: [
    "bench/results/README.md",
    "bench/results/linux-x64-node20-ws.md",
    "bench/results/linux-x64-node20-parts.md",
    "bench/README.md",
  ],
  Change: [
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/testing.md",
    "conformance/README.md",
    "docs/evidence.md",
  ],
};

const MORE = "More";

/** What the navigation calls a page whose heading, beside others, does not tell what it is. */
const TITLES = new Map([
  ["README.md", "What wsimd is"],
  ["bench/results/linux-x64-node20-parts.md", "What each part gives"],
  ["bench/results/linux-x64-node20-ws.md", "wsimd/ws and topics"],
]);

/** The Markdown files that are pages, from the root of the repository. */
export function sources() {
  return ["", "docs/", "conformance/", "bench/", "bench/results/"].flatMap((folder) =>
    readdirSync(ROOT + folder)
      .filter((name) => name.endsWith(".md"))
      .map((name) => folder + name),
  );
}

/**
 * @param {string} source - a Markdown file, from the root of the repository
 * @returns {string} the page that it becomes, from the root of the site
 */
export function pageOf(source) {
  const page = source.replace(/^docs\//, "").replace(/README\.md$/, "index.md");
  return page.includes("/") ? page : page.toLowerCase();
}

/** The groups of the navigation beside every page of the documentation. */
export function navigation() {
  const listed = new Set(Object.values(GROUPS).flat());
  const unlisted = sources().filter((source) => !listed.has(source));
  const groups = Object.entries(unlisted.length > 0 ? { ...GROUPS, [MORE]: unlisted } : GROUPS);
  return groups.map(([text, files]) => ({ text, items: files.map(item) }));
}

/**
 * The groups of the navigation beside the API reference: one for each entry, with its names.
 * @param {string} folder - where TypeDoc wrote it: with a slash at its end
 */
export function apiNavigation(folder) {
  const pages = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((page) =>
    page.endsWith(".md"),
  );
  const entries = pages
    .filter((page) => page.endsWith("/index.md"))
    .map((page) => page.replace(/\/index\.md$/, ""));
  return entries.sort().map((name) => {
    const ofEntry = new RegExp(
      `^${name}/(?:classes|functions|interfaces|type-aliases|variables)/(?<name>\\w+)\\.md$`,
    );
    const items = pages.flatMap((page) => {
      const text = ofEntry.exec(page)?.groups?.name;
      return text === undefined ? [] : [{ text, link: addressOf(`api/${page}`) }];
    });
    items.sort((a, b) => a.text.localeCompare(b.text, "en"));
    return { text: name, link: addressOf(`api/${name}/index.md`), collapsed: true, items };
  });
}

/** @param {string} page */
export function addressOf(page) {
  return `/${page.replace(/(?<=^|\/)index\.md$/, "").replace(/\.md$/, ".html")}`;
}

/** @param {string} file */
function item(file) {
  if (file === API) return { text: "API reference", link: "/api/" };
  return { text: title(file), link: addressOf(pageOf(file)) };
}

/** @param {string} file */
function title(file) {
  if (!existsSync(ROOT + file)) throw new Error(`the navigation names ${file}, which is not there`);
  const given = TITLES.get(file);
  if (given !== undefined) return given;
  const heading = /^# (?<text>.+)$/m.exec(readFileSync(ROOT + file, "utf8"))?.groups?.text;
  if (heading === undefined) throw new Error(`${file} has no heading`);
  return heading.replaceAll("`", "");
}
