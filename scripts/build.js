// Builds everything: the WebAssembly binaries from assembly/, the generated files in src/kernel/generated/, and
// dist/: modules and declarations by tsc, and bundles of the modules. `--wasm` stops after the generated files.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { bundleAlone, bundleEntries } from "./bundle.js";
import { checkBinary } from "./check-wasm.js";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** @typedef {keyof typeof import("./check-wasm.js").MAX_BYTES} Target */
const CODEC_TARGETS = /** @type {const} */ (["simd", "scalar"]);
const DEFLATE_TARGETS = /** @type {const} */ (["deflate-simd", "deflate-scalar"]);
const TARGETS = [...CODEC_TARGETS, ...DEFLATE_TARGETS];
const WASM_ONLY = process.argv.includes("--wasm");
const GENERATED_LINE = "// Generated from assembly/ by scripts/build.js: change it there.\n";
/** Declarations without a copy in CommonJS. Those of `ws` are written by hand. */
const ES_MODULES_ONLY = /^(?:bundled|cjs|cli|workerd|ws)(?:\/|$)|\.(?:workerd|edge-light)\./;
/** The drop-in for `ws`: an entry of the package, and a package of its own. */
const DROP_IN = "dist/cjs/ws";
const DROP_IN_PACKAGE = "packages/ws";

/** A step of the build failed. The message is shown without a stack. */
class BuildError extends Error {}

try {
  process.chdir(ROOT);
  await buildWasm();
  if (!WASM_ONLY) await buildDist();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}

async function buildWasm() {
  // While it loads, the compiler reads the arguments of this process as its own.
  process.argv.splice(2);
  const { default: asc } = await import("assemblyscript/asc");
  mkdirSync("build", { recursive: true });
  mkdirSync("src/kernel/generated", { recursive: true });
  const layout = readFileSync("assembly/layout.ts", "utf8");
  const deflateLayout = readFileSync("assembly/deflate/layout.ts", "utf8").replace(
    /^(export const \w+): \w+/gm,
    "$1",
  );
  writeIfChanged("src/kernel/generated/layout.ts", GENERATED_LINE + layout);
  writeIfChanged("src/kernel/generated/deflate-layout.ts", GENERATED_LINE + deflateLayout);
  const pages = constant(layout, "MEMORY_PAGES");
  const codec = { pages, tablesStart: 0, tablesEnd: constant(layout, "STATIC_TABLES_END") };
  for (const target of CODEC_TARGETS) await buildBinary(asc, "asconfig.json", target, codec);
  const deflate = {
    pages,
    tablesStart: constant(deflateLayout, "DEFLATE_PTR"),
    tablesEnd: constant(deflateLayout, "DEFLATE_STATIC_END"),
  };
  for (const target of DEFLATE_TARGETS) await buildBinary(asc, "asconfig.deflate.json", target, deflate);
  inline("simd", "SIMD_HEX");
  inline("deflate-simd", "DEFLATE_HEX");
}

/**
 * Compiles and checks a binary, and puts it beside the sources that load it.
 * @param {typeof import("assemblyscript/asc").default} asc
 * @param {string} config
 * @param {Target} target
 * @param {import("./check-wasm.js").Rules} rules
 */
async function buildBinary(asc, config, target, rules) {
  await compile(asc, config, target);
  const bytes = readFileSync(`build/${target}.wasm`);
  const problem = checkBinary(target, bytes, readFileSync(`build/${target}.wat`, "utf8"), rules);
  if (problem !== undefined) throw new BuildError(`${target}.wasm ${problem}`);
  copyFileSync(`build/${target}.wasm`, `src/kernel/generated/${target}.wasm`);
  console.log(`build/${target}.wasm ${bytes.length} bytes`);
}

/**
 * Writes a binary as a module that exports it as hexadecimal digits.
 * @param {Target} target
 * @param {string} name - of the constant
 */
function inline(target, name) {
  const hex = readFileSync(`build/${target}.wasm`).toString("hex");
  const code = `${GENERATED_LINE}export const ${name}: string =\n  "${hex}";\n`;
  writeIfChanged(`src/kernel/generated/${target}.ts`, code);
}

/**
 * @param {typeof import("assemblyscript/asc").default} asc
 * @param {string} config - the file of options
 * @param {string} target - one of its targets
 */
async function compile(asc, config, target) {
  rmSync(`build/${target}.wasm`, { force: true });
  const { error, stdout, stderr } = await asc.main(["--config", config, "--target", target]);
  // The warning "Last converge was suboptimal" is harmless: a further round of the optimiser made the code larger, so
  // it stopped.
  const warnings = stderr
    .toString()
    .replace(/^Last converge was suboptimal\.$/m, "")
    .trim();
  if (error !== null || warnings !== "") {
    throw new BuildError(`asc --target ${target}: ${warnings}${stdout.toString()}${error?.message ?? ""}`);
  }
}

async function buildDist() {
  rmSync("dist", { recursive: true, force: true });
  const packageFile = createRequire(import.meta.url).resolve("typescript/package.json");
  const bin = path.join(path.dirname(packageFile), JSON.parse(readFileSync(packageFile, "utf8")).bin.tsc);
  try {
    execFileSync(process.execPath, [bin], { stdio: "inherit" });
  } catch {
    throw new BuildError("tsc found errors");
  }
  for (const target of TARGETS) copyFileSync(`build/${target}.wasm`, `dist/kernel/generated/${target}.wasm`);
  // The type of an import of a .wasm file: `object`, as provideKernel takes it, whose docstring has the reason.
  const binary = "declare const module: object;\nexport default module;\n";
  writeFileSync("dist/kernel/generated/binary.d.ts", binary);
  await bundleEntries("dist/bundled", "esm");
  await bundleEntries("dist/cjs", "cjs");
  declareCommonJs();
  await buildDropIn();
  if (existsSync("dist/cli/main.js")) chmodSync("dist/cli/main.js", 0o755);
}

/** Gives the CommonJS copy, which is for tools that can't load ES modules, such as Jest, the declarations. */
function declareCommonJs() {
  // The declarations are those of the ES modules. The package.json beside them makes them CommonJS.
  writeFileSync("dist/cjs/package.json", '{ "type": "commonjs" }\n');
  for (const name of readdirSync("dist", { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".d.ts") || ES_MODULES_ONLY.test(name)) continue;
    const target = path.join("dist/cjs", name);
    mkdirSync(path.dirname(target), { recursive: true });
    copyFileSync(path.join("dist", name), target);
  }
}

/** Bundles the drop-in, puts its types beside it, and copies what was made to the package of its own. */
async function buildDropIn() {
  await bundleAlone("dist/ws/commonjs.js", `${DROP_IN}/index.js`);
  await bundleAlone("dist/ws/browser.js", `${DROP_IN}/browser.js`);
  for (const name of ["scalar.wasm", "deflate-scalar.wasm"])
    copyFileSync(`build/${name}`, `${DROP_IN}/${name}`);
  for (const name of readdirSync(DROP_IN)) copyFileSync(`${DROP_IN}/${name}`, `${DROP_IN_PACKAGE}/${name}`);
  copyFileSync("LICENSE", `${DROP_IN_PACKAGE}/LICENSE`);
  for (const name of ["index.d.ts", "index.d.mts", "wrapper.mjs"])
    copyFileSync(`${DROP_IN_PACKAGE}/${name}`, `${DROP_IN}/${name}`);
}

/**
 * The value of a number in a layout.
 * @param {string} layout
 * @param {string} name
 */
function constant(layout, name) {
  const value = new RegExp(`^export const ${name} = (\\w+);$`, "m").exec(layout)?.[1];
  if (value === undefined) throw new BuildError(`the layout has no ${name}`);
  return Number(value);
}

/**
 * Writes a file, unless it has this text already: programs that watch it see changes only.
 * @param {string} file
 * @param {string} text
 */
function writeIfChanged(file, text) {
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}
