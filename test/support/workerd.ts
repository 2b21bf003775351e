// Starts workerd for tests.
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Program } from "./program.js";
import type { RoundTrip } from "./round-trip.js";
import { runtimeBinary } from "./runtimes.js";
import { runIn } from "./tarball.js";

export interface WorkerModule {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

/** Folders for other runtimes, the command line, and the CommonJS copy. */
const OTHERS = /^(node|deno|bun|cli|cjs)\//;

/** What `wsimd/workerd` is made of, as it was built. @param folder - what their names begin with */
export function distModules(folder: string): WorkerModule[] {
  return packageModules(DIST, folder);
}

/** What `wsimd/workerd` is made of. @param dist - where it is @param folder - what the names begin with */
export function packageModules(dist: string, folder: string): WorkerModule[] {
  return readdirSync(dist, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(js|wasm)$/.test(name) && !OTHERS.test(name))
    .map((name) => ({ name: `${folder}/${name}`, bytes: readFileSync(path.join(dist, name)) }));
}

/** The module `wsimd/workerd`, by that name. @param folder - what the names of the modules begin with */
export function workerdEntry(folder: string): WorkerModule {
  const bytes = Buffer.from(`export * from "../${folder}/workerd/index.js";`);
  return { name: "wsimd/workerd", bytes };
}

/** The module `wsimd/streams`, by that name. @param folder - what the names of the modules begin with */
export function streamsEntry(folder: string): WorkerModule {
  const bytes = Buffer.from(`export * from "../${folder}/streams/index.workerd.js";`);
  return { name: "wsimd/streams", bytes };
}

/**
 * Runs the handler `test` of a worker, whose modules are embedded in the configuration, the entry first.
 * @returns the JSON that it prints
 */
export async function runWorker(
  folder: string,
  compatibilityDate: string,
  modules: readonly WorkerModule[],
): Promise<RoundTrip> {
  const project = workerProject(folder, compatibilityDate, modules);
  return JSON.parse(await runIn(project, runtimeBinary("workerd"), "test", "config.capnp"));
}

/**
 * Serves a worker on a free port. It may connect to this machine.
 * @param trusted - a certificate, besides those that are trusted by default
 * @param variables - the texts that the worker gets in its environment
 */
export async function serveWorker(
  folder: string,
  compatibilityDate: string,
  modules: readonly WorkerModule[],
  trusted: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<{ program: Program; port: number; tcpPort: number }> {
  const project = workerProject(folder, compatibilityDate, modules, trusted, variables);
  const args = ["serve", "--control-fd=1", path.join(project, "config.capnp")];
  const program = new Program(runtimeBinary("workerd"), args);
  const [, port] = await program.shows(/"socket":"http","port":(\d+)/);
  const [, tcpPort] = await program.shows(/"socket":"tcp","port":(\d+)/);
  return { program, port: Number(port), tcpPort: Number(tcpPort) };
}

/** Writes a configuration. @returns the folder that it is in */
function workerProject(
  folder: string,
  compatibilityDate: string,
  modules: readonly WorkerModule[],
  trusted?: string,
  variables: Readonly<Record<string, string>> = {},
): string {
  const project = mkdtempSync(path.join(folder, "worker-"));
  const entries = modules.map(({ name, bytes }, i) => {
    const file = `${i}${path.extname(name)}`;
    writeFileSync(path.join(project, file), bytes);
    return `(name = "${name}", ${name.endsWith(".wasm") ? "wasm" : "esModule"} = embed "${file}")`;
  });
  if (trusted !== undefined) writeFileSync(path.join(project, "trusted.pem"), trusted);
  const network = `(name = "internet", network = (
      allow = ["private", "public"],
      tlsOptions = (trustBrowserCas = true, trustedCertificates = [embed "trusted.pem"]),
    ))`;
  const bindings = Object.entries(variables).map(([name, text]) => `(name = "${name}", text = "${text}")`);
  writeFileSync(
    path.join(project, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [(name = "main", worker = .main)${trusted === undefined ? "" : `, ${network}`}],
      sockets = [
        (name = "http", address = "127.0.0.1:0", http = (), service = "main"),
        (name = "tcp", address = "127.0.0.1:0", tcp = (), service = "main"),
      ],
    );
    const main :Workerd.Worker = (
      compatibilityDate = "${compatibilityDate}",
      modules = [${entries.join(",\n")}],
      bindings = [${bindings.join(", ")}],
    );`,
  );
  return project;
}
