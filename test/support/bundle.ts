// Bundles programs with each bundler, for tests.
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { runIn } from "./tarball.js";

const FOLDER = fileURLToPath(new URL("../bundlers/", import.meta.url));

/** The bundlers of test/bundlers. */
export const BUNDLERS = ["esbuild", "rolldown", "vite", "webpack"] as const;

export interface BundleOptions {
  readonly bundler: (typeof BUNDLERS)[number];
  /** Default: "browser". */
  readonly platform?: "browser" | "node";
  /** One for the package's exports, besides those that the bundler has by itself. */
  readonly condition?: string;
  /** Default: "mjs". CommonJS for `cjs`, by esbuild only. */
  readonly extension?: "mjs" | "cjs";
  /** Whether WebAssembly stays beside the bundle. Default: the bundler gets no setting for it. */
  readonly modules?: boolean;
  /** A module of the package that the bundle is to be weighed without: it won't run. By esbuild only. */
  readonly without?: string;
}

/**
 * Bundles a program that imports what is installed in a project.
 * @returns the path of the bundle, minified, with nothing around it
 */
export async function bundle(project: string, code: string, options: BundleOptions): Promise<string> {
  const { extension = "mjs", platform = "browser", ...rest } = options;
  const folder = mkdtempSync(path.join(project, `${options.bundler}-`));
  const entry = path.join(folder, "entry.mjs");
  const outfile = path.join(folder, "out", `bundle.${extension}`);
  writeFileSync(entry, code);
  const given = JSON.stringify({ ...rest, platform, entry, outfile });
  await runIn(project, process.execPath, path.join(bundlersFolder(), "bundle.js"), given);
  return outfile;
}

/** The path of a program of test/bundlers. */
export function bundlersProgram(name: string): string {
  return path.join(bundlersFolder(), "node_modules/.bin", name);
}

/** The path of a file of a package of test/bundlers. */
export function bundlersModule(file: string): string {
  return path.join(bundlersFolder(), "node_modules", file);
}

function bundlersFolder(): string {
  if (existsSync(`${FOLDER}node_modules`)) return FOLDER;
  throw new Error("test/bundlers/node_modules is missing: run `npm ci --prefix test/bundlers` first");
}
