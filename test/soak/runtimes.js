// The runtimes that a proof's server can run on, as test/runtimes has them.
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** @typedef {"node" | "deno" | "bun"} RuntimeName */

/** @type {readonly RuntimeName[]} */
export const RUNTIMES = ["node", "deno", "bun"];

const FOLDER = fileURLToPath(new URL("../runtimes/node_modules/", import.meta.url));

/**
 * What runs a program of this folder, with a garbage collector that can be asked for.
 * @param {RuntimeName} runtime
 * @returns {readonly [binary: string, ...args: string[]]}
 * @throws Error if it is not installed
 */
export function commandOf(runtime) {
  switch (runtime) {
    case "node":
      return [process.execPath, "--expose-gc"];
    case "deno":
      return [
        installed("deno/deno"),
        ...["run", "-A", "--quiet", "--no-config", "--no-lock", "--no-remote", "--v8-flags=--expose-gc"],
      ];
    case "bun":
      return [installed("bun/bin/bun"), "run"];
  }
}

/** @param {string} binary */
function installed(binary) {
  if (existsSync(FOLDER + binary)) return FOLDER + binary;
  throw new Error(`${FOLDER}${binary} is missing: run \`npm ci --prefix test/runtimes\` first`);
}
