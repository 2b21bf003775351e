// Programs with wsimd as one executable file, made of the tarball and run where nothing else is.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { bundle, bundlersProgram } from "../support/bundle.js";
import { killPrograms } from "../support/program.js";
import { runtimeBinary } from "../support/runtimes.js";
import { projectWithTarball, runIn } from "../support/tarball.js";

/** Executables have about 100 MB, and take long to write on a machine that is busy. */
const PATIENCE_MS = 120_000;
/** What Node looks for in its own executable. */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
const PRINTED = "grüß dich simd\n";

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-executables-"));
let project: string;
const away = path.join(folder, "away");

beforeAll(async () => {
  project = await projectWithTarball(folder);
  mkdirSync(away);
});

afterEach(killPrograms);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A server and a client of an entry. */
function program(entry: string): string {
  return `import { kernelInUse } from "wsimd";
import { connect, serve } from "${entry}";
async function main() {
  const server = await serve({ host: "127.0.0.1" }, { message: (socket, data) => socket.send(data) });
  const text = await new Promise((resolve, reject) => {
    connect(server.url, {}, { message: (_, data) => resolve(data) }).then((socket) => socket.send("grüß dich"), reject);
  });
  await server.close();
  console.log(text, kernelInUse().name);
}
main();
`;
}

test(
  "a single executable of Node",
  async () => {
    const code = program("wsimd/node");
    const main = await bundle(project, code, { bundler: "esbuild", platform: "node", extension: "cjs" });
    const [config, blob, executable] = ["sea.json", "sea.blob", "of-node"].map((name) =>
      path.join(away, name),
    );
    if (config === undefined || blob === undefined || executable === undefined) throw new Error("no names");
    writeFileSync(config, JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true }));
    await runIn(away, process.execPath, "--experimental-sea-config", config);
    copyFileSync(process.execPath, executable);
    await runIn(
      away,
      bundlersProgram("postject"),
      executable,
      "NODE_SEA_BLOB",
      blob,
      "--sentinel-fuse",
      FUSE,
    );
    for (const file of [config, blob, main]) rmSync(file);
    expect(await runIn(away, executable)).toBe(PRINTED);
  },
  PATIENCE_MS,
);

test(
  "bun build --compile",
  async () => {
    writeFileSync(path.join(project, "bun.mjs"), program("wsimd/bun"));
    const executable = path.join(away, "of-bun");
    await runIn(project, runtimeBinary("bun"), "build", "--compile", "bun.mjs", "--outfile", executable);
    expect(await runIn(away, executable)).toBe(PRINTED);
  },
  PATIENCE_MS,
);

// The executable that Deno puts the modules into is one that it downloads. Here it is Deno's own, which does not run them.
test(
  "deno compile finds all modules, and a bundle of them runs",
  async () => {
    const code = program("wsimd/deno");
    writeFileSync(path.join(project, "deno.mjs"), code);
    const deno = runtimeBinary("deno");
    const executable = path.join(away, "of-deno");
    const compile = ["compile", "--allow-net", "--no-lock", "--output", executable, "deno.mjs"];
    await runIn(project, "env", `DENORT_BIN=${deno}`, deno, ...compile);
    expect(statSync(executable).size).toBeGreaterThan(statSync(deno).size + 1_000_000);
    const file = await bundle(project, code, { bundler: "esbuild", platform: "node" });
    copyFileSync(file, path.join(away, "deno.mjs"));
    expect(await runIn(away, deno, "run", "--allow-net", "--no-lock", "deno.mjs")).toBe(PRINTED);
  },
  PATIENCE_MS,
);
