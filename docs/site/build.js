// Builds the site of the documentation in build/site: `npm run docs:site`. The pages are the Markdown files of the repository as they
// are and, made by TypeDoc, the API reference. Fails if a public name has no comment or a link leads nowhere.
// `--base PATH` is for a host that has the site not at its root but at /PATH/.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { installPackages } from "../../scripts/npm-folder.js";
import { deadLinks } from "./dead-links.js";
import { pageOf, ROOT, sources } from "./pages.js";

const FOLDER = `${ROOT}docs/site/`;
const PAGES = `${ROOT}build/site-pages/`;
const SITE = `${ROOT}build/site`;

const { base } = parseArgs({ options: { base: { type: "string", default: "/" } } }).values;
if (!/^\/(?:.*\/)?$/.test(base)) throw new RangeError(`--base must begin and end with a slash: ${base}`);
if (!installPackages("docs/site")) process.exit(1);
layOut();
run("typedoc/bin/typedoc", "--options", `${FOLDER}typedoc.json`, "--out", `${PAGES}api`, ...entries());
run("vitepress/bin/vitepress.js", "build", FOLDER, "--base", base);
const dead = deadLinks(SITE, base);
for (const line of dead) console.error(line);
if (dead.length > 0) process.exit(1);
console.log(`The site is in ${path.relative(process.cwd(), SITE)}.`);

/** Copies the pages, and the plots that they show, to where their addresses are. */
function layOut() {
  rmSync(PAGES, { recursive: true, force: true });
  const plots = readdirSync(`${ROOT}bench/results`).filter((name) => name.endsWith(".svg"));
  const files = [
    ...sources().map((source) => ({ from: source, to: pageOf(source) })),
    ...plots.map((name) => ({ from: `bench/results/${name}`, to: `bench/results/${name}` })),
  ];
  for (const { from, to } of files) {
    mkdirSync(path.dirname(PAGES + to), { recursive: true });
    cpSync(ROOT + from, PAGES + to);
  }
}

/** The sources of the entries in package.json. The API of `ws` has its documentation there. */
function entries() {
  /** @type {{ exports: Record<string, string | { types: string } | { default: { types: string } }> }} */
  const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
  return Object.entries(exports).flatMap(([name, entry]) => {
    if (typeof entry === "string" || name.endsWith(".wasm")) return [];
    const { types } = "types" in entry ? entry : entry.default;
    if (types.startsWith("./dist/cjs/")) return [];
    return [types.replace("./dist/", `${ROOT}src/`).replace(/\.d\.ts$/, ".ts")];
  });
}

/**
 * Runs a program of docs/site/node_modules, and ends if it fails.
 * @param {string} program
 * @param {string[]} args
 */
function run(program, ...args) {
  const { status } = spawnSync(process.execPath, [`${FOLDER}node_modules/${program}`, ...args], {
    cwd: ROOT,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(1);
}
