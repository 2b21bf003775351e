// The tarball on every runtime, as its users install and load it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { killPrograms } from "../support/program.js";
import { FASTEST, ROUND_TRIP, type RoundTrip } from "../support/round-trip.js";
import { NODES, runtimeBinary } from "../support/runtimes.js";
import { projectWithTarball, runIn } from "../support/tarball.js";
import { runWorker, type WorkerModule } from "../support/workerd.js";

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-runtimes-"));
let project: string;

beforeAll(async () => {
  project = await projectWithTarball(folder);
});

afterEach(killPrograms);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program of the project that prints what {@link ROUND_TRIP} returns. */
async function run(
  program: { file: string; code: string },
  ...command: [string, ...string[]]
): Promise<RoundTrip> {
  const [binary, ...args] = command;
  writeFileSync(path.join(project, program.file), program.code);
  return JSON.parse(await runIn(project, binary, ...args, program.file));
}

const IMPORTED = {
  file: "imported.mjs",
  code: `import * as wsimd from "wsimd"; ${ROUND_TRIP} console.log(roundTrip(wsimd));`,
};
const REQUIRED = {
  file: "required.cjs",
  code: `process.on("warning", (warning) => { throw warning; });
    const wsimd = require("wsimd"); ${ROUND_TRIP} console.log(roundTrip(wsimd));`,
};

describe.each(NODES)("Node %s", (_, node) => {
  test("imports it", async () => {
    expect(await run(IMPORTED, node)).toEqual(FASTEST);
  });

  test("requires it, and warns of nothing", async () => {
    expect(await run(REQUIRED, node)).toEqual(FASTEST);
  });

  test("without WebAssembly takes the JavaScript kernel, and says why", async () => {
    const { fallbackReason, ...rest } = await run(IMPORTED, node, "--jitless");
    expect(rest).toEqual({ ...FASTEST, kernel: "js" });
    expect(fallbackReason).toMatch(/^simd: .*; scalar: /);
  });
});

describe("Deno", () => {
  const deno = [
    runtimeBinary("deno"),
    "run",
    "--no-prompt",
    "--no-remote",
    "--node-modules-dir=manual",
  ] as const;

  test("imports it by its name, with no permission at all", async () => {
    expect(await run(IMPORTED, ...deno)).toEqual(FASTEST);
  });

  test("imports it by npm:", async () => {
    const program = { file: "npm.mjs", code: IMPORTED.code.replace('"wsimd"', '"npm:wsimd"') };
    expect(await run(program, ...deno)).toEqual(FASTEST);
  });

  test("imports a file of it", async () => {
    const url = pathToFileURL(path.join(project, "node_modules/wsimd/dist/index.js"));
    const program = { file: "file.mjs", code: IMPORTED.code.replace('"wsimd"', `"${url}"`) };
    expect(await run(program, ...deno, "--no-config")).toEqual(FASTEST);
  });

  test("requires it", async () => {
    expect(await run(REQUIRED, ...deno, "--allow-read")).toEqual(FASTEST);
  });
});

describe("Bun", () => {
  const bun = runtimeBinary("bun");

  test("imports it", async () => {
    expect(await run(IMPORTED, bun)).toEqual(FASTEST);
  });

  test("requires it", async () => {
    expect(await run(REQUIRED, bun)).toEqual(FASTEST);
  });
});

/** From this date on, workerd compiles WebAssembly while a worker starts. */
const DATES = ["2025-05-31", "2025-06-01", "2025-11-01"];

describe.each(DATES)("workerd with the compatibility date %s", (date) => {
  /** The modules of the tarball, by their names in `dist/`. */
  const modules = (): WorkerModule[] => {
    const dist = path.join(project, "node_modules/wsimd/dist");
    const names = readdirSync(dist, { recursive: true, encoding: "utf8" });
    return names
      .filter((name) => /^(index[^/]*\.js|(kernel|memory|protocol|host)\/.*\.(js|wasm))$/.test(name))
      .map((name) => ({ name, bytes: readFileSync(path.join(dist, name)) }));
  };

  const worker = (entry: string, atStart = ""): WorkerModule => ({
    name: "worker.js",
    bytes: Buffer.from(`import * as wsimd from "./${entry}"; ${ROUND_TRIP} ${atStart}
      export default { test() { console.log(roundTrip(wsimd)); } };`),
  });

  test("compiles the kernel while it starts, with the condition workerd, from 2025-06-01 on", async () => {
    const manifest: { exports: { ".": { workerd: { default: string } } } } = JSON.parse(
      readFileSync(path.join(project, "node_modules/wsimd/package.json"), "utf8"),
    );
    const entry = path.basename(manifest.exports["."].workerd.default);
    const { kernel } = await runWorker(project, date, [worker(entry), ...modules()]);
    expect(kernel).toBe(date < "2025-06-01" ? "js" : "simd");
  });

  test("runs the kernel that the application provides as a module", async () => {
    const provided = worker("index.workerd.js", 'wsimd.provideKernel("simd", simd);');
    const bytes = Buffer.concat([
      Buffer.from('import simd from "./kernel/generated/simd.wasm";\n'),
      provided.bytes,
    ]);
    expect(await runWorker(project, date, [{ ...provided, bytes }, ...modules()])).toEqual(FASTEST);
  });

  test("compiles nothing while it handles a request: JavaScript without that condition", async () => {
    const { fallbackReason, ...rest } = await runWorker(project, date, [worker("index.js"), ...modules()]);
    expect(rest).toEqual({ ...FASTEST, kernel: "js" });
    expect(fallbackReason).toMatch(/^simd: CompileError: .*code generation disallowed/);
  });

  test("compiles while it starts only from 2025-06-01 on", async () => {
    const early = worker("index.js", "wsimd.kernelInUse();");
    const { kernel } = await runWorker(project, date, [early, ...modules()]);
    expect(kernel).toBe(date < "2025-06-01" ? "js" : "simd");
  });
});
