// What entries share: few files each, and every class and the kernel once in a program, whichever entries it loads.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { killPrograms, mainFile, Program } from "../support/program.js";
import { ROOT } from "../support/root.js";
import { runtimeBinary } from "../support/runtimes.js";

beforeAll(() => void mainFile());
afterEach(killPrograms);

async function run(file: string, name: string, ...args: readonly string[]): Promise<unknown> {
  const flags = file === runtimeBinary("deno") ? ["run", "-A", "--quiet", "--no-lock"] : [];
  const path = new URL(`programs/${name}.js`, import.meta.url).pathname;
  const program = new Program(file, [...flags, path, ...args]);
  expect(await program.exit, program.stderr).toEqual({ code: 0, signal: null });
  return JSON.parse(program.stdout);
}

test.each([
  ["wsimd", ["index.js", "codec.js"]],
  ["wsimd/handshake", ["handshake/index.js", "codec.js"]],
  ["wsimd/adapter", ["adapter/index.js", "codec.js", "sockets.js"]],
  ["wsimd/streams", ["streams/index.js", "codec.js", "sockets.js"]],
  ["wsimd/node", ["node/index.js", "codec.js", "sockets.js", "net.js"]],
  ["wsimd/deno", ["deno/index.js", "codec.js", "sockets.js", "net.js"]],
  ["wsimd/bun", ["bun/index.js", "codec.js", "sockets.js", "net.js"]],
])("%s opens these files", async (entry, files) => {
  const opened = await run(process.execPath, "opened-files", entry);
  expect(new Set(Object(opened))).toEqual(new Set(files.map((file) => `bundled/${file}`)));
});

test("binaries that bundles read from files are where they look for them", () => {
  const bundles = ["bundled", "cjs"].flatMap((folder) =>
    readdirSync(`${ROOT}dist/${folder}`, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".js"))
      .map((file) => path.join(ROOT, "dist", folder, file)),
  );
  const binaries = bundles.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/\breadBinary\("(?<name>[^"]+)"\)/g)].map(({ groups }) =>
      path.resolve(path.dirname(file), groups?.name ?? ""),
    ),
  );
  expect(binaries).toHaveLength(6);
  expect(binaries.filter((file) => !existsSync(file))).toEqual([]);
});

const PARTS = ["", "/handshake", "/node", "/adapter", "/streams"];
const ONCE = { values: true, several: [], renamed: [], instances: 1 };

describe("a program with all entries has each class and the kernel once", () => {
  test.each([
    ["Node 20", process.execPath, ["/deno", "/bun"]],
    ["Node 26", runtimeBinary("node-26"), ["/deno", "/bun"]],
    ["Deno", runtimeBinary("deno"), ["/deno"]],
    ["Bun", runtimeBinary("bun"), ["/bun"]],
  ])("on %s", async (_, binary, own) => {
    const entries = [...PARTS, ...own].map((part) => `wsimd${part}`);
    expect(await run(binary, "shared-parts", "import", "", ...entries)).toEqual(ONCE);
  });

  test("in CommonJS", async () => {
    const entries = PARTS.map((part) => `dist/cjs${part}/index.js`);
    expect(await run(process.execPath, "shared-parts", "require", ROOT, ...entries)).toEqual(ONCE);
  });
});
