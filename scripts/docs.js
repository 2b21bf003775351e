// Makes the API reference of every entry in build/api, with TypeDoc: `npm run docs`. `--check` only looks whether every public name
// is documented and every link leads somewhere. Fails if not.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { installPackages } from "./npm-folder.js";

const FOLDER = fileURLToPath(new URL("../docs/api/", import.meta.url));

if (!installPackages("docs/api")) process.exit(1);
const check = process.argv.includes("--check") ? ["--emit", "none"] : [];
const args = [
  `${FOLDER}node_modules/typedoc/bin/typedoc`,
  "--options",
  `${FOLDER}typedoc.json`,
  ...check,
  ...entries(),
];
process.exitCode = spawnSync(process.execPath, args, { stdio: "inherit" }).status ?? 1;

/** The sources of the entries in package.json. */
function entries() {
  const manifest = new URL("../package.json", import.meta.url);
  /** @type {{ exports: Record<string, string | { types: string } | { default: { types: string } }> }} */
  const { exports } = JSON.parse(readFileSync(manifest, "utf8"));
  return Object.entries(exports).flatMap(([name, entry]) => {
    if (typeof entry === "string" || name.endsWith(".wasm")) return [];
    const { types } = "types" in entry ? entry : entry.default;
    return [types.replace("./dist/", "src/").replace(/\.d\.ts$/, ".ts")];
  });
}
