// Compiles the programs of this folder, and the codec with them, into build/fuzz.
import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("../../", import.meta.url)));
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "test/fuzz/tsconfig.json"], {
  stdio: "inherit",
});
// What tsc leaves out: the compiled kernels.
cpSync("src/kernel/generated", "build/fuzz/src/kernel/generated", {
  recursive: true,
  filter: (file) => !file.endsWith(".ts"),
});
