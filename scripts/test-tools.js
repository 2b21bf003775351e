// Sees to the programs that the tests talk to. Other runtimes come from npm, into test/runtimes. The rest are no npm packages;
// on Debian, as root, those that are missing get installed, and elsewhere this says what is missing.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

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
if (!hasRuntimes()) installRuntimes();

/** Whether what is in test/runtimes is what its lock file names. */
function hasRuntimes() {
  try {
    const { "": _, ...wanted } = packagesOf("package-lock.json");
    return JSON.stringify(packagesOf("node_modules/.package-lock.json")) === JSON.stringify(wanted);
  } catch {
    return false;
  }
}

/**
 * @param {string} lockFile
 * @returns {Record<string, unknown>}
 */
function packagesOf(lockFile) {
  const file = new URL(`../test/runtimes/${lockFile}`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")).packages;
}

function installRuntimes() {
  const args = ["ci", "--prefix", "test/runtimes"];
  console.log(`npm ${args.join(" ")}`);
  const { status } = spawnSync("npm", args, { stdio: "inherit" });
  // Their binaries are for one platform. Elsewhere the tests that need them say so.
  if (status !== 0) console.error("The tests on other runtimes will fail.");
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
