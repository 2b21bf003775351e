// The codec in routes of a Next.js app, on Next's edge runtime and on Node, bundled by Turbopack and by webpack.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { killPrograms, Program } from "../support/program.js";
import { COMPRESSED_ROUND_TRIP, FASTEST_COMPRESSED } from "../support/round-trip.js";
import { projectWithTarball, runIn } from "../support/tarball.js";

const HERE = fileURLToPath(new URL("./", import.meta.url));
const NEXT = path.join(HERE, "node_modules/next/dist/bin/next");
const QUIET = "NEXT_TELEMETRY_DISABLED=1";

/** A folder here finds the packages of test/applications as those of a folder above it. */
const folder = mkdtempSync(path.join(HERE, ".run-"));
let project: string;

beforeAll(async () => {
  project = await projectWithTarball(folder);
  write("package.json", '{ "private": true, "type": "module" }');
  write("app/layout.jsx", "export default ({ children }) => <html><body>{children}</body></html>;\n");
});

afterEach(killPrograms);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A route that runs the codec, with compression. @param runtime - its name for Next */
function writeRoute(runtime: string): void {
  const route = `import * as wsimd from "wsimd";
import * as deflate from "wsimd/deflate";
${COMPRESSED_ROUND_TRIP}
export const runtime = "${runtime}";
export const dynamic = "force-dynamic";
export const GET = () => new Response(compressedRoundTrip(wsimd, deflate));
`;
  write(`app/${runtime}/route.js`, route);
}

function write(name: string, text: string): void {
  const file = path.join(project, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

// With webpack, Next 16 builds no route for its edge runtime, not even an empty one.
test.each([
  ["--turbopack", ["edge", "nodejs"]],
  ["--webpack", ["nodejs"]],
])("next build %s, for %j", { timeout: 120_000 }, async (bundler, runtimes) => {
  for (const name of [".next", "app/edge", "app/nodejs"]) {
    rmSync(path.join(project, name), { recursive: true, force: true });
  }
  for (const runtime of runtimes) writeRoute(runtime);
  await runIn(project, "env", QUIET, process.execPath, NEXT, "build", bundler);
  const command = 'cd "$0" && exec "$@"';
  const start = [project, "env", QUIET, process.execPath, NEXT, "start", "-H", "127.0.0.1", "-p", "0"];
  const program = new Program("sh", ["-c", command, ...start]);
  const [, port] = await program.shows(/http:\/\/127\.0\.0\.1:(\d+)/);
  await program.shows(/Ready in/);
  for (const runtime of runtimes) {
    const response = await fetch(`http://127.0.0.1:${port}/${runtime}`);
    expect(await response.json(), runtime).toEqual(FASTEST_COMPRESSED);
  }
});
