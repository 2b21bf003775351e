// Projects of their own for the programs of the documentation, with the packages of test/applications.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { onTestFinished } from "vitest";
import type { CodeBlock } from "./markdown.js";
import { listening, type PageServer } from "./page-programs.js";
import { Program } from "./program.js";
import { ROOT } from "./root.js";

/** Makes a project that has `wsimd` of this checkout, for one test. @returns its folder */
export function project(files: Readonly<Record<string, string>>): string {
  // A folder there finds the packages as those of a folder above it.
  const folder = mkdtempSync(path.join(ROOT, "test/applications/.run-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(path.join(folder, "node_modules"));
  symlinkSync(ROOT, path.join(folder, "node_modules/wsimd"));
  const all = { "package.json": '{ "private": true, "type": "module" }', ...files };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

/** Runs a program in a folder. */
export function runningIn(
  folder: string,
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program {
  return new Program("sh", ["-c", 'cd "$0" && exec "$@"', folder, file, ...args], { env });
}

/**
 * Starts a block as `main.js` of a project.
 * @param run - the program that runs it, and its arguments
 */
export function started(block: CodeBlock, run: readonly string[] = [process.execPath]): Promise<PageServer> {
  const [file = "", ...args] = run;
  return listening(block, (code, port) => {
    const folder = project({ "main.js": code.replaceAll("8080", String(port)) });
    return runningIn(folder, file, [...args, "main.js"]);
  });
}
