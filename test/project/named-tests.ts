// The tests that documents name by a link, `[name](file)`: whether there are such tests, and Vitest or `npm run soak` runs them.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { SUITE } from "../adapters/suite.js";
import { INPUTS } from "../soak/inputs.js";
import { PROOFS } from "../soak/proofs.js";
import { ROOT } from "../support/root.js";
import { FRAME_VECTORS } from "../vectors/frames.js";

/** A link to a test. */
export interface NamedTest {
  /** The title of the test or a part of it, with its placeholders such as `%s` and `${name}`. */
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
}

/** The links to tests in a text of Markdown: by address, because the package has no tests. */
export function namedTests(markdown: string): NamedTest[] {
  const links = markdown.matchAll(/\[(?<name>.+?)\]\(https:\S+?\/blob\/main\/(?<file>test\/[^\s)]+)\)/g);
  return [...links].map(({ groups: { name = "", file = "" } = {} }) => ({ name, file }));
}

/** @returns those of the tests that nothing runs, by file and name */
export async function notRun(tests: readonly NamedTest[]): Promise<string[]> {
  const titles = await vitestTitles([...new Set(tests.map(({ file }) => file))].filter(isVitests));
  return tests
    .filter(({ name, file }) => {
      const known = isVitests(file) ? titles.get(file) : namesOfData(file);
      return known?.some((title) => pattern(name).test(title)) !== true;
    })
    .map(({ name, file }) => `${file}: ${name}`);
}

const isVitests = (file: string): boolean => file.endsWith(".test.ts");

/** What a title looks like once Vitest or JavaScript has filled its placeholders. */
function pattern(name: string): RegExp {
  const literal = name
    .split(/%[sdifjoO]|\$\{.*?\}/)
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(literal.join(".*"), "s");
}

/** The names that a file of data has, as far as they are run. */
function namesOfData(file: string): readonly string[] {
  if (file === "test/vectors/frames.ts") return FRAME_VECTORS.map(({ name }) => name);
  if (file === "test/soak/inputs.js") return INPUTS.map(({ name }) => name);
  if (file.startsWith("test/soak/proofs/")) return PROOFS.map(({ about }) => about).filter(standsIn(file));
  if (file.startsWith("test/adapters/cases/")) {
    return Object.values(SUITE).flatMap((cases) => cases.map(({ name }) => name));
  }
  return [];
}

function standsIn(file: string): (text: string) => boolean {
  const source = readFileSync(`${ROOT}${file}`, "utf8");
  return (text) => source.includes(text);
}

/** The full titles of the tests in each of these files, as Vitest collects them. */
async function vitestTitles(files: readonly string[]): Promise<Map<string, string[]>> {
  const folder = mkdtempSync(path.join(tmpdir(), "wsimd-titles-"));
  try {
    const list = path.join(folder, "list.json");
    const args = ["node_modules/vitest/vitest.mjs", "list", `--json=${list}`, ...files];
    await promisify(execFile)(process.execPath, args, { cwd: ROOT });
    const found: { name: string; file: string }[] = JSON.parse(readFileSync(list, "utf8"));
    const titles = new Map<string, string[]>(files.map((file) => [file, []]));
    for (const { name, file } of found) {
      titles.get(path.relative(ROOT, file).replaceAll(path.sep, "/"))?.push(name);
    }
    return titles;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
