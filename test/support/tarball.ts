// What users get: the tarball, and projects where nothing else is installed.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { mainFile, Program } from "./program.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What `npm pack` tells of a tarball. */
export interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

/** Runs a program to its end in a folder, and gives what it prints. @throws Error unless it succeeds */
export async function runIn(cwd: string, file: string, ...args: string[]): Promise<string> {
  const env = { WSIMD_KERNEL: "" };
  const program = new Program("sh", ["-c", 'cd "$0" && exec "$@"', cwd, file, ...args], { env });
  const { code, signal } = await program.exit;
  if (code !== 0) {
    throw new Error(
      `${file} ${args.join(" ")} ended with ${code ?? signal}:\n${program.stdout}${program.stderr}`,
    );
  }
  return program.stdout;
}

/** Packs what was built into a folder. @param source - the folder of a package, from the root of the repository */
export async function pack(folder: string, source = "."): Promise<Packed> {
  mainFile();
  // Its scripts would build again, under the feet of the other tests.
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [packed]: Packed[] = JSON.parse(await runIn(path.join(ROOT, source), "npm", ...args));
  if (packed === undefined) throw new Error("npm pack made nothing");
  return packed;
}

/** Makes a project in a new folder and installs a tarball there, without a network. */
export async function install(project: string, tarball: string, ...options: string[]): Promise<void> {
  mkdirSync(project);
  writeFileSync(path.join(project, "package.json"), '{ "private": true }');
  await runIn(project, "npm", "install", "--offline", "--no-audit", "--no-fund", ...options, tarball);
}

/** A project with the tarball installed, in a folder of its own. */
export async function projectWithTarball(folder: string): Promise<string> {
  const { filename } = await pack(folder);
  const project = path.join(folder, "project");
  await install(project, path.join(folder, filename), "--ignore-scripts");
  return project;
}

/** As {@link projectWithTarball}, by unpacking: quicker than npm, which does no more for a package without dependencies. */
export async function projectWithUnpacked(folder: string): Promise<string> {
  const { filename } = await pack(folder);
  const project = path.join(folder, "project");
  await unpack(path.join(folder, filename), path.join(project, "node_modules/wsimd"));
  return project;
}

/** Unpacks a tarball into a new folder. */
export async function unpack(tarball: string, target: string): Promise<void> {
  mkdirSync(target, { recursive: true });
  await runIn(target, "tar", "-xzf", tarball, "--strip-components=1");
}
