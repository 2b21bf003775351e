// The option `--workers`: a command in several processes on one port, and the process that starts and stops them.
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import type { Duty } from "./duty.js";
import { SIGNALS, untilSignal } from "./listening.js";

/** Node's workers share the listener of the primary process. Those of Deno and Bun can't. */
const SHARES_LISTENERS = !("Bun" in globalThis) && !("Deno" in globalThis);
const STOP = "stop";

/**
 * Runs a command in this many processes: starts them, or is one of them.
 * @param args - the command's name and arguments
 * @param work - serves until its duty ends, and returns the exit code
 * @returns the exit code
 */
export function inWorkers(
  count: number,
  args: readonly string[],
  work: (duty: Duty) => Promise<number>,
): Promise<number> {
  return cluster.isPrimary ? lead(count, args) : work(dutyOfWorker());
}

function dutyOfWorker(): Duty {
  // A terminal and systemd send their signals to all processes. The primary tells the workers when to stop.
  for (const signal of SIGNALS) process.on(signal, () => {});
  process.once("disconnect", () => process.exit(1));
  return {
    stop: once(process, "message"),
    reusePort: !SHARES_LISTENERS,
    listening: (url) => process.send?.(url),
  };
}

async function lead(count: number, args: readonly string[]): Promise<number> {
  const signal = untilSignal();
  const crew = new Crew();
  // The first one alone: a reason not to listen is then given once.
  const url = await crew.start(args);
  if (url === undefined) return 1;
  // Workers that share a listener ask for the same port, even for any.
  const others = SHARES_LISTENERS ? args : [...args, "--port", new URL(url).port];
  const started = await Promise.all(Array.from({ length: count - 1 }, () => crew.start(others)));
  if (started.includes(undefined)) {
    await crew.stop();
    return 1;
  }
  console.log(`listening on ${url}`);
  return Promise.race([signal.then(() => crew.stop()), crew.gone]);
}

/** The workers of a primary process. */
class Crew {
  readonly #workers = new Set<Worker>();
  /** Those that have listened. */
  readonly #able = new WeakSet<Worker>();
  #stopping = false;
  /** Resolves when no worker is left: with 0 if they were told to stop, else with 1. */
  readonly gone: Promise<number>;

  constructor() {
    this.gone = new Promise((resolve) => {
      cluster.on("exit", (worker, code, signal) => {
        this.#workers.delete(worker);
        // A worker that can't listen has said why.
        if (!this.#stopping && this.#able.has(worker)) this.#report(worker, signal ?? `exit code ${code}`);
        if (this.#workers.size === 0) resolve(this.#stopping ? 0 : 1);
      });
    });
  }

  #report(worker: Worker, reason: string): void {
    const { size } = this.#workers;
    console.error(`wsimd: worker ${worker.process.pid} ended with ${reason}; ${size} left`);
  }

  /** @returns the URL on which a new worker listens; undefined if it can't */
  async start(args: readonly string[]): Promise<string | undefined> {
    cluster.setupPrimary({ args: [...args] });
    const worker = cluster.fork();
    this.#workers.add(worker);
    const url = await new Promise<string | undefined>((resolve) => {
      worker.once("message", (message: unknown) => resolve(String(message)));
      worker.once("exit", () => resolve(undefined));
    });
    if (url !== undefined) this.#able.add(worker);
    return url;
  }

  /** Resolves when all workers have ended. */
  async stop(): Promise<number> {
    this.#stopping = true;
    // A worker that has just died can't be told. Without a callback the error would end the primary.
    for (const worker of this.#workers) worker.send(STOP, () => {});
    return this.#workers.size === 0 ? 0 : this.gone;
  }
}
