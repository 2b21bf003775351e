// Installs the packages of a folder that has a package.json and a lock file of its own, so that they are no
// dependencies of wsimd.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Installs the packages that a folder's lock file names, unless they are there.
 * @param {string} folder - from the root of the repository
 * @returns {boolean} whether they are there
 */
export function installPackages(folder) {
  if (isInstalled(folder)) return true;
  const args = ["ci", "--prefix", folder, "--no-audit", "--no-fund"];
  console.log(`npm ${args.join(" ")}`);
  return spawnSync("npm", args, { stdio: "inherit" }).status === 0;
}

/** @param {string} folder */
function isInstalled(folder) {
  try {
    const installed = packagesOf(folder, "node_modules/.package-lock.json");
    return Object.entries(packagesOf(folder, "package-lock.json")).every(
      ([name, { version, optional }]) => name === "" || optional || installed[name]?.version === version,
    );
  } catch {
    return false;
  }
}

/**
 * @param {string} folder
 * @param {string} lockFile
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function packagesOf(folder, lockFile) {
  return JSON.parse(readFileSync(new URL(`../${folder}/${lockFile}`, import.meta.url), "utf8")).packages;
}
