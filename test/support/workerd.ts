import { mkdtempSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { RoundTrip } from "./round-trip.js";
import { runtimeBinary } from "./runtimes.js";
import { runIn } from "./tarball.js";

export interface WorkerModule {
  readonly name: string;
  readonly bytes: Uint8Array;
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
  const project = mkdtempSync(path.join(folder, "worker-"));
  const entries = modules.map(({ name, bytes }, i) => {
    const file = `${i}${path.extname(name)}`;
    writeFileSync(path.join(project, file), bytes);
    return `(name = "${name}", ${name.endsWith(".wasm") ? "wasm" : "esModule"} = embed "${file}")`;
  });
  writeFileSync(
    path.join(project, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (services = [(name = "main", worker = .main)]);
    const main :Workerd.Worker = (
      compatibilityDate = "${compatibilityDate}",
      modules = [${entries.join(",\n")}],
    );`,
  );
  return JSON.parse(await runIn(project, runtimeBinary("workerd"), "test", "config.capnp"));
}
