// The links of Markdown files of the repository, and which of them lead nowhere.
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { slug } from "../../docs/site/slug.js";

/** Where the links and images of a text lead, as they stand there: `[text](target)` and `[name]: target`. */
export function links(markdown: string): string[] {
  const prose = withoutCode(markdown);
  return [...prose.matchAll(/\]\((?<inline>[^)\s]+)[^)]*\)|^\[[^\]]+\]:\s*(?<reference>\S+)/gm)].map(
    ({ groups }) => groups?.inline ?? groups?.reference ?? "",
  );
}

/** The anchors of a text's headings, as GitHub makes them. */
export function anchors(markdown: string): Set<string> {
  const found = new Set<string>();
  for (const [, heading = ""] of withoutFences(markdown).matchAll(/^#{1,6}\s+(.+)$/gm)) {
    const anchor = slug(heading.replace(/\[(?<text>[^\]]*)\]\([^)]*\)/g, "$<text>").replace(/[`*]/g, ""));
    let unique = anchor;
    for (let i = 1; found.has(unique); i++) unique = `${anchor}-${i}`;
    found.add(unique);
  }
  return found;
}

/** An address of the repository, up to the path of a file or folder. */
const ADDRESS = /^https:\/\/github\.com\/wsimd\/wsimd\/(?:blob|tree)\/main\//;

/**
 * The addresses in the repository that a file names, without those of files and folders that are there.
 * @param root - of the repository
 */
export function deadAddresses(root: string, file: string): string[] {
  return links(readFileSync(path.join(root, file), "utf8")).filter(
    (link) => ADDRESS.test(link) && isDead(root, "", link.replace(ADDRESS, "")),
  );
}

/**
 * The links of a file to files and headings that are not there. Addresses of other hosts are none of them.
 * @param root - the folder that `file` starts from
 */
export function deadMarkdownLinks(root: string, file: string): string[] {
  return links(readFileSync(path.join(root, file), "utf8")).filter(
    (link) => !/^[a-z]+:/.test(link) && isDead(root, file, link),
  );
}

function isDead(root: string, file: string, link: string): boolean {
  const [target = "", anchor] = link.split("#");
  const linked = target === "" ? path.join(root, file) : path.join(root, path.dirname(file), target);
  if (!existsSync(linked)) return true;
  return anchor !== undefined && !hasAnchor(linked, anchor);
}

function hasAnchor(linked: string, anchor: string): boolean {
  const page = statSync(linked).isDirectory() ? path.join(linked, "README.md") : linked;
  return page.endsWith(".md") && existsSync(page) && anchors(readFileSync(page, "utf8")).has(anchor);
}

function withoutCode(markdown: string): string {
  return withoutFences(markdown).replace(/(?<ticks>`+).+?\k<ticks>/g, "");
}

function withoutFences(markdown: string): string {
  return markdown.replace(/^(?<fence>```+|~~~+)[\s\S]*?^\k<fence>/gm, "");
}
