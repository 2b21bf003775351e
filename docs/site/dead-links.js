// Looks for dead links in a built site: pages, files and anchors of its own that its HTML names and that are not there.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

const TAG =
  /<[a-z][\w-]*(?<attributes>(?:\s+[^\s"'>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?)*)\s*\/?>/gi;
const ATTRIBUTE =
  /\s(?<name>href|src|id)\s*=\s*(?:"(?<quoted>[^"]*)"|'(?<single>[^']*)'|(?<bare>[^\s"'>]+))/gi;
/** Any origin does: it tells addresses of the site from others. */
const SITE = "http://site.invalid";

/** @typedef {{ ids: Set<string>, links: string[] }} Page */

/**
 * @param {string} folder - of the built site
 * @param {string} [base] - the path that the site has on its host
 * @returns {string[]} a line for each dead link: the page, and what it links to
 */
export function deadLinks(folder, base = "/") {
  const pages = readPages(folder);
  return [...pages].flatMap(([file, { links }]) =>
    [...new Set(links)].filter((link) => isDead(link, file)).map((link) => `${file} links to ${link}`),
  );

  /** @param {string} link @param {string} file */
  function isDead(link, file) {
    const url = new URL(link, `${SITE}${base}${file}`);
    if (url.origin !== SITE) return false;
    if (!url.pathname.startsWith(base)) return true;
    const target = fileOf(decodeURIComponent(url.pathname.slice(base.length)));
    const anchor = decodeURIComponent(url.hash.slice(1));
    if (anchor === "") return !isFile(path.join(folder, target));
    return pages.get(target)?.ids.has(anchor) !== true;
  }
}

/** @param {string} folder */
function readPages(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".html"),
  );
  return new Map(
    files.map((file) => [
      file.split(path.sep).join("/"),
      readPage(readFileSync(path.join(folder, file), "utf8")),
    ]),
  );
}

/** @param {string} html @returns {Page} */
function readPage(html) {
  /** @type {Page} */
  const page = { ids: new Set(), links: [] };
  // The text of a script is no markup, but its own address is a link.
  const markup = html.replace(/(?<=<script\b[^>]*>)[\s\S]*?(?=<\/script>)|<!--[\s\S]*?-->/gi, "");
  for (const { groups: tag } of markup.matchAll(TAG)) {
    for (const { groups: attribute } of (tag?.attributes ?? "").matchAll(ATTRIBUTE)) {
      const value = unescaped(attribute?.quoted ?? attribute?.single ?? attribute?.bare ?? "");
      if (attribute?.name?.toLowerCase() === "id") page.ids.add(value);
      else page.links.push(value);
    }
  }
  return page;
}

/** @param {string} value */
function unescaped(value) {
  return value
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

/** @param {string} pathname */
function fileOf(pathname) {
  return pathname === "" || pathname.endsWith("/") ? `${pathname}index.html` : pathname;
}

/** @param {string} file */
function isFile(file) {
  return existsSync(file) && statSync(file).isFile();
}
