// A plugin of markdown-it that turns links between files of the repository into links of the site. What is no page leads to GitHub.
// Files that the package has link by address to those that it has not.
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { addressOf, pageOf, ROOT, sources } from "./pages.js";

const REPOSITORY = "https://github.com/wsimd/wsimd";
/** The address of a file or folder of the repository, up to its path. */
const ADDRESS = /^https:\/\/github\.com\/wsimd\/wsimd\/(?:blob|tree)\/main\//;

/** @type {Map<string, string>} */
const SOURCES = new Map(sources().map((source) => [pageOf(source), source]));

/**
 * Of the types of markdown-it, what plugins here use.
 * @typedef {{ type: string, info: string, attrGet(name: string): string | null, attrSet(name: string, value: string): void, children: Token[] | null }} Token
 * @typedef {{ tokens: Token[], env: { relativePath: string } }} State
 * @typedef {{ core: { ruler: { push(name: string, rule: (state: State) => void): void } } }} Markdown
 */

/** @param {Markdown} markdown */
export function repositoryLinks(markdown) {
  markdown.core.ruler.push("repository-links", ({ tokens, env }) => {
    const source = SOURCES.get(env.relativePath);
    if (source === undefined) return;
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.attrGet("href");
      if (href !== null && isOfRepository(href)) token.attrSet("href", siteLink(source, href));
      const src = token.attrGet("src");
      if (src !== null && isRelative(src)) token.attrSet("src", siteImage(source, src));
    }
  });
}

/** @param {string} link */
function isRelative(link) {
  return !/^(?:[a-z]+:|\/|#)/.test(link);
}

/** @param {string} link */
function isOfRepository(link) {
  return isRelative(link) || ADDRESS.test(link);
}

/**
 * The file that a link leads to, from the root of the repository, and its anchor.
 * @param {string} source - the file that links
 * @param {string} link - relative, or an address in the repository
 * @returns {[file: string, anchor: string | undefined]}
 */
function linkedFile(source, link) {
  const [target = "", anchor] = link.replace(ADDRESS, "/").split("#");
  const from = target.startsWith("/") ? "" : path.posix.dirname(source);
  return [path.posix.join(from, target).replace(/^\/|\/$/g, ""), anchor];
}

/**
 * @param {string} source - the file that links
 * @param {string} link
 * @throws Error if it leads nowhere
 */
export function siteLink(source, link) {
  const [file, anchor] = linkedFile(source, link);
  if (!existsSync(ROOT + file)) throw new Error(`${source} links to ${link}, which is not there`);
  const hash = anchor === undefined ? "" : `#${anchor}`;
  for (const page of [file, `${file}/README.md`]) {
    if (SOURCES.get(pageOf(page)) === page) return addressOf(pageOf(page)) + hash;
  }
  return `${REPOSITORY}/${statSync(ROOT + file).isDirectory() ? "tree" : "blob"}/main/${file}${hash}`;
}

/**
 * @param {string} source
 * @param {string} image
 * @returns {string} the image, from the page that the source becomes
 */
function siteImage(source, image) {
  const file = path.posix.join(path.posix.dirname(source), image);
  if (!existsSync(ROOT + file)) throw new Error(`${source} shows ${image}, which is not there`);
  const relative = path.posix.relative(path.posix.dirname(pageOf(source)), file);
  return relative.startsWith(".") ? relative : `./${relative}`;
}
