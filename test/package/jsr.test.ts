// The package for JSR: Deno accepts it for publishing, with every entry and its types, and its modules run.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { killPrograms, mainFile, Program } from "../support/program.js";
import { ROOT } from "../support/root.js";
import { runtimeBinary } from "../support/runtimes.js";
import { runIn } from "../support/tarball.js";

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-jsr-"));
const published = path.join(folder, "package");

beforeAll(async () => {
  mainFile();
  await runIn(ROOT, process.execPath, "scripts/jsr.js", published);
});

afterEach(killPrograms);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("it has the entries and the version of the package for npm", () => {
  const config: { version: string; exports: Record<string, string> } = JSON.parse(
    readFileSync(path.join(published, "jsr.json"), "utf8"),
  );
  expect(config.version).toBe(manifest.version);
  const entries = Object.keys(manifest.exports).filter((name) => !/\.(wasm|json)$|^\.\/ws$/.test(name));
  expect(Object.keys(config.exports)).toEqual(entries);
  for (const file of Object.values(config.exports)) {
    const [first] = readFileSync(path.join(published, file), "utf8").split("\n");
    expect(first).toBe(`/* @ts-self-types="./${path.basename(file, ".js")}.d.ts" */`);
  }
});

test("no declaration is for all modules, which JSR refuses", () => {
  const files = readdirSync(published, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".d.ts"),
  );
  expect(files.length).toBeGreaterThan(50);
  const global = files.filter((file) =>
    readFileSync(path.join(published, file), "utf8").includes("declare global"),
  );
  expect(global).toEqual([]);
});

test("deno publish finds nothing wrong", { timeout: 120_000 }, async () => {
  const options = ["publish", "--dry-run", "--allow-dirty", "--allow-slow-types"];
  const program = new Program("sh", [
    "-c",
    'cd "$0" && exec "$@"',
    published,
    runtimeBinary("deno"),
    ...options,
  ]);
  const { code } = await program.exit;
  expect(code, program.stderr).toBe(0);
  for (const name of ["dist/deno/index.js", "dist/deno/index.d.ts", "dist/kernel/generated/scalar.wasm"]) {
    expect(program.stdout + program.stderr).toContain(name);
  }
});

test("its modules serve and connect, and have their types", { timeout: 120_000 }, async () => {
  const code = `import { kernelInUse } from "./package/dist/index.js";
import { connect, serve } from "./package/dist/deno/index.js";
const server = await serve({ host: "127.0.0.1" }, { message: (socket, data) => socket.send(data) });
const text = await new Promise<string>((resolve, reject) => {
  connect(server.url, {}, { message: (_, data) => resolve(String(data)) }).then((socket) => socket.send("hi"), reject);
});
await server.close();
console.log(text, kernelInUse().name);
`;
  writeFileSync(path.join(folder, "main.ts"), code);
  const printed = await runIn(
    folder,
    runtimeBinary("deno"),
    "run",
    "--check",
    "--no-lock",
    "--allow-net",
    "main.ts",
  );
  expect(printed).toBe("hi simd\n");
});
