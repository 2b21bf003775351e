// The primary process: it starts the workers, replaces them one by one at SIGHUP, and ends them at SIGTERM.
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

const COUNT = Number(process.env.WORKERS ?? availableParallelism());
/** A worker that crashes is replaced after this time, so that one that cannot start does not keep the machine busy. */
const RESPAWN_MS = 1_000;

cluster.setupPrimary({ exec: fileURLToPath(new URL("worker.js", import.meta.url)) });

let stopping = false;
let reloading = Promise.resolve();
/** Workers that were told to stop, and so are not replaced. */
const retired = new WeakSet<Worker>();

cluster.on("exit", (worker, code, signal) => {
  if (retired.has(worker) || stopping) return;
  console.error(`worker ${worker.process.pid} ended with ${signal ?? code}`);
  setTimeout(() => {
    if (!stopping) cluster.fork();
  }, RESPAWN_MS);
});

/** Starts a worker. @returns whether it listens; if it ended instead, the listener above starts another */
async function start(): Promise<boolean> {
  const worker = cluster.fork();
  await Promise.race([once(worker, "message"), once(worker, "exit")]);
  return !worker.isDead();
}

/** Replaces one worker after the other. Two processes serve while one is being replaced. */
async function reload(): Promise<void> {
  for (const old of Object.values(cluster.workers ?? {})) {
    if (old === undefined || stopping) continue;
    if (!(await start())) return console.error("the new worker does not start: the old ones stay");
    retired.add(old);
    if (old.isDead()) continue;
    old.send("restart");
    await once(old, "exit");
  }
  console.log("reloaded");
}

function stop(): void {
  stopping = true;
  for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill("SIGTERM");
}

process.on("SIGHUP", () => {
  reloading = reloading.then(reload);
});
process.once("SIGTERM", stop);
process.once("SIGINT", stop);

await Promise.all(Array.from({ length: COUNT }, start));
console.log(`${COUNT} workers are ready`);
