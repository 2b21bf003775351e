// Sees to the programs that the tests talk to. Other runtimes and bundlers come from npm, into folders of their own. The rest
// are no npm packages; on Debian, as root, those that are missing get installed, and elsewhere this says what is missing.
import { execFileSync, spawnSync } from "node:child_process";
import { installPackages } from "./npm-folder.js";

/**
 * Program, and the Debian package that has it.
 * @type {[program: string, name: string][]}
 */
const TOOLS = [
  [process.env.CHROMIUM ?? "chromium", "chromium"],
  ["curl", "curl"],
  ["openssl", "openssl"],
  ["script", "bsdutils"],
];

const missing = TOOLS.filter(([program]) => spawnSync("which", [program]).status !== 0).map(
  ([, name]) => name,
);
if (missing.length > 0) install(missing);
// The runtimes are for one platform. Elsewhere the tests that need them say so.
for (const folder of ["test/runtimes", "test/bundlers"]) {
  if (!installPackages(folder)) console.error(`The tests that need ${folder} will fail.`);
}

/** @param {string[]} packages */
function install(packages) {
  const command = `apt-get install -y ${packages.join(" ")}`;
  if (process.getuid?.() !== 0 || spawnSync("which", ["apt-get"]).status !== 0) {
    console.error(`The tests need ${packages.join(", ")}. On Debian: sudo ${command}`);
    process.exit(1);
  }
  console.log(command);
  aptGet("update", "-q");
  aptGet("install", "-y", "-q", "--no-install-recommends", ...packages);
}

/** @param {string[]} args */
function aptGet(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  execFileSync("apt-get", args, { stdio: "inherit", env });
}
