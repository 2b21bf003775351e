// wsimd/ws on each Node that is supported, on Deno and on Bun: servers and clients in one process of each.
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { certificate } from "../support/certificate.js";
import { ROOT } from "../support/root.js";
import { NODES, runtimeBinary } from "../support/runtimes.js";
import { runIn } from "../support/tarball.js";

const PROGRAM = fileURLToPath(new URL("ws-checks.js", import.meta.url));
const MODULE = new URL("dist/cjs/ws/wrapper.mjs", pathToFileURL(`${ROOT}/`)).href;

/** Outside of `node_modules`, Deno has to be told to look for CommonJS. */
const DENO_ARGS = [
  "run",
  "-A",
  "--quiet",
  "--no-config",
  "--no-lock",
  "--no-remote",
  "--unstable-detect-cjs",
];

const RUNTIMES = [
  ...NODES.map(([name, binary]) => [`Node ${name}`, binary, []] as const),
  ["Deno", runtimeBinary("deno"), DENO_ARGS],
  ["Bun", runtimeBinary("bun"), []],
] as const;

test.each(RUNTIMES)("wsimd/ws serves and connects on %s", async (_name, binary, args) => {
  const { cert, key } = certificate();
  expect(await runIn(ROOT, binary, ...args, PROGRAM, MODULE, cert, key)).toBe("25 checks\n");
});
