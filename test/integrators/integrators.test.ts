// Packages that build on ws work as well on wsimd/ws: their own clients and servers, once over each.
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../support/root.js";

const FOLDER = fileURLToPath(new URL("./", import.meta.url));
const PROGRAMS = readdirSync(`${FOLDER}programs`);

/** Programs end by themselves, long before this. */
const PATIENCE_MS = 60_000;

interface Outcome {
  /** The names of its steps. */
  readonly steps: readonly string[];
  /** How many imports of `ws` were redirected. */
  readonly redirected: number;
  /** The modules with an implementation of WebSockets that were loaded. */
  readonly loaded: readonly string[];
}

/** Runs a program, in which every import of `ws` is one of the package that is named. */
async function run(program: string, to: string): Promise<Outcome> {
  const args = ["--import", "./swap.js", `programs/${program}`];
  const options = { cwd: FOLDER, env: { ...process.env, WS: to }, timeout: PATIENCE_MS };
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} over ${to}: ${error.message}\nIts output:\n${stdout}`));
    });
  });
  const lines = output.trimEnd().split("\n");
  return { ...JSON.parse(lines.pop() ?? ""), steps: lines };
}

beforeAll(() => {
  if (existsSync(`${FOLDER}node_modules`)) return;
  throw new Error("test/integrators/node_modules is missing: run `npm ci --prefix test/integrators` first");
});

describe.each(PROGRAMS)("%s", (program) => {
  test("over ws, and over wsimd/ws", async () => {
    const [ours, theirs] = await Promise.all([run(program, "wsimd/ws"), run(program, "ws")]);
    expect(theirs.loaded).toEqual([`${FOLDER}node_modules/ws/lib/websocket.js`]);
    expect(ours.loaded).toEqual([`${ROOT}dist/cjs/ws/index.js`]);
    expect(ours.redirected).toBeGreaterThan(0);
    expect(ours.redirected).toBe(theirs.redirected);
    expect(ours.steps).toEqual(theirs.steps);
    expect(ours.steps.length).toBeGreaterThan(1);
  });
});

test("the packages come from a registry that no file names, and run no script when they are installed", () => {
  const lock = readFileSync(`${FOLDER}package-lock.json`, "utf8");
  expect(lock).not.toContain('"resolved"');
  expect(readFileSync(`${FOLDER}.npmrc`, "utf8")).toContain("ignore-scripts=true");
});
