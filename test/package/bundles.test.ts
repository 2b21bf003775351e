// Programs that bundlers made of the tarball, run where it is not installed.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { BUNDLERS, bundle } from "../support/bundle.js";
import { killPrograms } from "../support/program.js";
import { COMPRESSED_ROUND_TRIP, FASTEST, FASTEST_COMPRESSED, ROUND_TRIP } from "../support/round-trip.js";
import { projectWithTarball, runIn } from "../support/tarball.js";
import { runWorker } from "../support/workerd.js";

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-bundles-"));
let project: string;
let bundles = 0;

beforeAll(async () => {
  project = await projectWithTarball(folder);
});

afterEach(killPrograms);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CODEC = `import * as wsimd from "wsimd"; ${ROUND_TRIP} console.log(roundTrip(wsimd));`;
const WORKER = `import * as wsimd from "wsimd"; ${ROUND_TRIP} export default { test() { console.log(roundTrip(wsimd)); } };`;
/** Before 2025-06-01 workerd compiles nothing from bytes. */
const PROVIDED = `import simd from "wsimd/simd.wasm"; import { provideKernel } from "wsimd"; provideKernel("simd", simd); ${WORKER}`;
const COMPRESSING = `import * as wsimd from "wsimd"; import * as deflate from "wsimd/deflate"; ${COMPRESSED_ROUND_TRIP}
  export default { test() { console.log(compressedRoundTrip(wsimd, deflate)); } };`;
const SERVER = `import { connect, serve } from "wsimd/node";
  const server = await serve({ host: "127.0.0.1" }, { message: (socket, data) => socket.send(data) });
  const text = await new Promise((resolve, reject) => {
    connect(server.url, {}, { message: (_, data) => resolve(data) }).then((socket) => socket.send("grüß dich"), reject);
  });
  await server.close();
  console.log(text);`;

/** Moves a bundle away from everything it could still import. */
function alone(file: string): string {
  expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)]);
  const elsewhere = path.join(folder, `bundle-${++bundles}`);
  mkdirSync(elsewhere);
  const moved = path.join(elsewhere, path.basename(file));
  renameSync(file, moved);
  return moved;
}

async function run(file: string): Promise<string> {
  const moved = alone(file);
  return await runIn(path.dirname(moved), process.execPath, moved);
}

describe.each(BUNDLERS)("%s", (bundler) => {
  test("bundles the codec", async () => {
    expect(JSON.parse(await run(await bundle(project, CODEC, { bundler })))).toEqual(FASTEST);
  });

  test("bundles a server and a client for Node", async () => {
    expect(await run(await bundle(project, SERVER, { bundler, platform: "node" }))).toBe("grüß dich\n");
  });

  test("bundles a worker in one file, which compiles the kernel while it starts", async () => {
    const file = alone(await bundle(project, WORKER, { bundler, condition: "workerd" }));
    const modules = [{ name: "worker.js", bytes: readFileSync(file) }];
    expect(await runWorker(folder, "2025-06-01", modules)).toEqual(FASTEST);
  });

  test("bundles wsimd/workerd in one file", async () => {
    const code = 'export { connect } from "wsimd/workerd";';
    const file = alone(await bundle(project, code, { bundler, condition: "workerd" }));
    const imports = readFileSync(file, "utf8").match(/(?<=\bfrom ?["'])[^"']+/g);
    expect(imports).toEqual(["cloudflare:sockets"]);
  });

  // As wrangler does for Cloudflare and Vercel for its edge: modules are uploaded beside the bundle.
  test.each([
    ["workerd", PROVIDED],
    ["edge-light", WORKER],
  ])("with the condition %s keeps modules that are imported", async (condition, code) => {
    const file = alone(await bundle(project, code, { bundler, condition, modules: true }));
    const dist = path.join(project, "node_modules/wsimd/dist");
    const modules = [
      { name: "worker.js", bytes: readFileSync(file) },
      ...["simd.wasm", "scalar.wasm"].map((name) => ({
        name,
        bytes: readFileSync(path.join(dist, "kernel/generated", name)),
      })),
    ];
    expect(await runWorker(folder, "2025-05-31", modules)).toEqual(FASTEST);
  });

  test.each([
    ["workerd", "2025-06-01", []],
    ["edge-light", "2025-05-31", ["simd", "scalar", "deflate-simd", "deflate-scalar"]],
  ])("with the condition %s compresses", async (condition, date, kernels) => {
    const file = alone(await bundle(project, COMPRESSING, { bundler, condition, modules: true }));
    const generated = path.join(project, "node_modules/wsimd/dist/kernel/generated");
    const modules = [
      { name: "worker.js", bytes: readFileSync(file) },
      ...kernels.map((name) => ({
        name: `${name}.wasm`,
        bytes: readFileSync(path.join(generated, `${name}.wasm`)),
      })),
    ];
    expect(await runWorker(folder, date, modules)).toEqual(FASTEST_COMPRESSED);
  });

  test("leaves out what is not used", async () => {
    const code = `import { CloseCode, FAILURES } from "wsimd"; console.log(CloseCode.NORMAL, FAILURES.MASKED.closeCode);`;
    const file = alone(await bundle(project, code, { bundler }));
    expect(readFileSync(file).length).toBeLessThan(4096);
    expect(await runIn(folder, process.execPath, file)).toBe("1000 1002\n");
  });
});

test("a bundle on a processor without SIMD finds no scalar kernel, and runs JavaScript", async () => {
  const file = alone(await bundle(project, CODEC, { bundler: "esbuild" }));
  const { fallbackReason, ...rest } = JSON.parse(
    await runIn(folder, process.execPath, "--no-enable-sse4-1", file),
  );
  expect(rest).toEqual({ ...FASTEST, kernel: "js" });
  expect(fallbackReason).toMatch(/^simd: CompileError: .*; scalar: Error: ENOENT/);
});

test("esbuild bundles the codec as CommonJS", async () => {
  const file = await bundle(project, CODEC, { bundler: "esbuild", extension: "cjs" });
  expect(JSON.parse(await run(file))).toEqual(FASTEST);
});
