// The other runtimes that tests start.
import { fileURLToPath } from "node:url";

/** Each runtime's binary in its npm package; the versions are in test/runtimes/package.json. */
const BINARIES = {
  bun: "bun/bin/bun",
  deno: "deno/deno",
  "node-22": "node-22/bin/node",
  "node-24": "node-24/bin/node",
  "node-26": "node-26/bin/node",
  workerd: "workerd/bin/workerd",
} as const;

/** The path of a runtime's binary, which `scripts/test-tools.js` installs. */
export function runtimeBinary(name: keyof typeof BINARIES): string {
  return fileURLToPath(new URL(`../runtimes/node_modules/${BINARIES[name]}`, import.meta.url));
}

/** Each Node that is tested: its name and its binary. */
export const NODES = [
  [process.version, process.execPath],
  ["22", runtimeBinary("node-22")],
  ["24", runtimeBinary("node-24")],
  ["26", runtimeBinary("node-26")],
] as const;

/** Runs a program whose imports of TypeScript end in `.js`, from this checkout alone. */
export const DENO_ARGS = [
  ...["run", "-A", "--quiet", "--no-config", "--no-lock", "--no-remote"],
  ...["--unstable-sloppy-imports", "--v8-flags=--expose-gc"],
];
