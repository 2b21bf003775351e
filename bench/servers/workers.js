// This package in processes of node:cluster: `node workers.js COUNT`. Prints `listening PORT PID…`, with the processes of the workers, and
// ends with SIGTERM or when standard input does.
import cluster from "node:cluster";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";

// Each worker is the server that others measure alone. Its standard input is a pipe of this process's, and ends with it.
cluster.setupPrimary({ exec: fileURLToPath(new URL("wsimd.js", import.meta.url)), silent: true });
const workers = Array.from({ length: Number(process.argv[2]) }, () => cluster.fork());
const ports = await Promise.all(workers.map(portOf));
process.on("SIGTERM", () => process.exit(0));
process.stdin.resume().on("end", () => process.exit(0));
console.log(["listening", ports[0], ...workers.map((worker) => worker.process.pid)].join(" "));

/** @param {import("node:cluster").Worker} worker */
async function portOf({ process: { stdout, stderr } }) {
  stderr?.pipe(process.stderr);
  if (stdout === null) throw new Error("the worker has no output");
  const [line] = await once(stdout, "data");
  return /^listening (\d+)\n$/.exec(String(line))?.[1];
}
