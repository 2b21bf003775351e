// Builds the applications of examples/ as a user does: with the packed tarball, and tsc.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Exit, Program } from "./program.js";
import { projectWithUnpacked, runIn } from "./tarball.js";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));
const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

/** A folder under it finds the packages of test/applications as those of a folder above it. */
const PACKAGES = fileURLToPath(new URL("../applications/", import.meta.url));

/** An application in a folder of its own, where `wsimd` is the tarball. */
export class Application {
  readonly folder: string;
  readonly #above: string;

  private constructor(above: string, folder: string) {
    this.#above = above;
    this.folder = folder;
  }

  /** Copies an application next to the tarball. @param name - its folder in examples/ */
  static async copy(name: string): Promise<Application> {
    const above = mkdtempSync(path.join(PACKAGES, ".run-"));
    try {
      const project = await projectWithUnpacked(above);
      // An application without a package.json of its own has that of the folder above, as in examples/.
      writeFileSync(path.join(project, "package.json"), '{ "private": true, "type": "module" }');
      const folder = path.join(project, name);
      // What a developer's own trial left there is no part of the application.
      const filter = (file: string): boolean => !/\/(?:node_modules|dist|\.next)$/.test(file);
      cpSync(path.join(EXAMPLES, name), folder, { recursive: true, filter });
      return new Application(above, folder);
    } catch (error) {
      rmSync(above, { recursive: true, force: true });
      throw error;
    }
  }

  /** Copies an application, and compiles it by its own tsconfig.json. */
  static async build(name: string): Promise<Application> {
    const application = await Application.copy(name);
    try {
      await application.compile();
    } catch (error) {
      application.remove();
      throw error;
    }
    return application;
  }

  /** @param project - the folder of the tsconfig.json, in the application's own */
  async compile(project = "."): Promise<void> {
    await runIn(this.folder, process.execPath, TSC, "--project", project);
  }

  /** Runs one of its compiled programs. */
  node(file: string, env: Readonly<Record<string, string>> = {}, ...args: string[]): Program {
    return this.run(process.execPath, [path.join(this.folder, "dist", file), ...args], env);
  }

  /** Runs a program in its folder. It chooses a free port unless it is told another. */
  run(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
    const variables = { PORT: "0", WSIMD_KERNEL: "", ...env };
    return new Program("sh", ["-c", 'cd "$0" && exec "$@"', this.folder, file, ...args], { env: variables });
  }

  remove(): void {
    rmSync(this.#above, { recursive: true, force: true });
  }
}

/** Where a server says that it listens. */
export async function hostOf(program: Program): Promise<string> {
  const [, host = ""] = await program.shows(/listening on (?:ws|http):\/\/(127\.0\.0\.1:\d+)(?:\/\S*)?\n/);
  return host;
}

/** Ends a program as an operator would. */
export function end(program: Program): Promise<Exit> {
  program.signal("SIGTERM");
  return program.exit;
}

/** The names and versions of the packages that an application asks for, or test/applications has. */
export function packagesOf(folder: string): Record<string, string> {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(
    readFileSync(path.join(folder, "package.json"), "utf8"),
  );
  return { ...dependencies, ...devDependencies };
}
