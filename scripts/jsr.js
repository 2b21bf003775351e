// Lays out the package for JSR, from what was built: `npm run jsr -- FOLDER`, a new folder outside of the clone, because Deno
// leaves out what git ignores. There, `deno publish --allow-slow-types` publishes it: without that option, Deno 2.9.5 drops
// declarations that others import, and then misses them.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const NAME = "@wsimd/wsimd";
/** The command line, the bundles, CommonJS with the drop-in for npm's ws, and the entries for bundlers come by npm alone. */
const LEFT_OUT = /^(?:bundled|cjs|cli|ws)(?:\/|$)|\.(?:workerd|edge-light)\.(?:js|d\.ts)$/;
/** Deno has these types; JSR accepts no package that declares types for all modules. */
const GLOBAL_TYPES = /^declare global \{\n[\s\S]*?^\}\n/m;

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: npm run jsr -- FOLDER");
const TARGET = `${path.resolve(folder)}/`;
if (!existsSync(`${ROOT}dist/index.js`)) throw new Error("dist/ is missing: run `npm run build` first");
/** @type {{ version: string, license: string, exports: Record<string, string | { default: string | { default: string } }> }} */
const { version, license, exports } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
mkdirSync(TARGET, { recursive: true });
for (const file of ["README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md"])
  cpSync(ROOT + file, TARGET + file);
const dist = `${ROOT}dist`;
for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
  // workerd's own entry needs the module that compiles its kernel.
  if (LEFT_OUT.test(name) && name !== "kernel/load.workerd.js" && name !== "kernel/load.workerd.d.ts")
    continue;
  if (/\.(?:js|d\.ts|wasm)$/.test(name)) lay(name);
}
const entries = Object.entries(exports).flatMap(([name, entry]) => {
  if (typeof entry === "string" || name.endsWith(".wasm")) return [];
  const file = typeof entry.default === "string" ? entry.default : entry.default.default;
  return file.startsWith("./dist/cjs/") ? [] : [[name, file]];
});
const config = { name: NAME, version, license, exports: Object.fromEntries(entries) };
writeFileSync(`${TARGET}jsr.json`, `${JSON.stringify(config, undefined, 2)}\n`);
console.log(`${folder}: ${NAME}@${version}`);

/** @param {string} name - of a file in dist/ */
function lay(name) {
  const target = `${TARGET}dist/${name}`;
  mkdirSync(path.dirname(target), { recursive: true });
  const types = name.replace(/\.js$/, ".d.ts");
  if (name.endsWith(".wasm")) cpSync(`${dist}/${name}`, target);
  else if (types === name) writeFileSync(target, read(name).replace(GLOBAL_TYPES, ""));
  // JSR looks for the types of a module where the module says that they are.
  else writeFileSync(target, `/* @ts-self-types="./${path.basename(types)}" */\n${read(name)}`);
}

/** @param {string} name */
function read(name) {
  return readFileSync(`${dist}/${name}`, "utf8");
}
