// A fuzzing run: starts threads, hands out batches of inputs, and collects failures.
import process from "node:process";
import { Worker } from "node:worker_threads";
import { BATCH_INPUTS, type Finding } from "./batch.js";
import { writeCorpusFile } from "./corpus.js";
import { TARGETS, type TargetName } from "./target.js";
import { Totals } from "./totals.js";
import { Watched } from "./watched.js";
import type { FromWorker, WorkerData } from "./worker.js";

/** No input may take longer. */
const HANG_MS = 30_000;
/** After so many, more would only repeat them. */
const MOST_FINDINGS = 10;

/** A run: threads that get batches until it is over. */
export class Fuzz {
  readonly #seed: number;
  readonly #until: number;
  readonly #inputs: number;
  readonly #target: TargetName;
  readonly #totals: Totals;
  #nextBatch = 0;
  #stopped = false;

  /**
   * @param target - what is fuzzed
   * @param ms - how long
   * @param inputs - how many at most, but for the rest of a batch
   */
  constructor(target: TargetName, seed: number, ms: number, inputs: number) {
    this.#target = target;
    this.#totals = new Totals(TARGETS[target]);
    this.#seed = seed;
    this.#until = performance.now() + ms;
    this.#inputs = inputs;
  }

  /** @returns the exit code of the program */
  async run(workers: number): Promise<number> {
    process.once("SIGINT", () => {
      this.#stopped = true;
    });
    console.log(`seed ${this.#seed}, ${workers} workers; Ctrl-C ends it with what there is`);
    const progress = setInterval(() => this.#show(), 1000);
    await Promise.all(Array.from({ length: workers }, () => this.#work()));
    clearInterval(progress);
    console.log(`${process.stdout.isTTY ? "\r\u001b[K" : ""}${this.#totals.table()}`);
    return this.#totals.findings === 0 ? 0 : 1;
  }

  get #isOver(): boolean {
    return (
      this.#stopped ||
      this.#nextBatch * BATCH_INPUTS >= this.#inputs ||
      this.#totals.findings >= MOST_FINDINGS ||
      performance.now() >= this.#until
    );
  }

  /** Runs one thread to its end, whichever that is. */
  async #work(): Promise<void> {
    const watched = new Watched();
    const data: WorkerData = { target: this.#target, seed: this.#seed, watched: watched.memory };
    const worker = new Worker(new URL("worker.js", import.meta.url), { workerData: data });
    const hang = this.#watch(watched, worker);
    await new Promise<void>((resolve) => {
      worker.on("message", (message: FromWorker) => {
        if (message.type === "report") this.#totals.add(message.report);
        else if (message.type === "finding") this.#found(message.finding);
        else if (this.#isOver) void worker.terminate();
        else worker.postMessage(this.#nextBatch++);
      });
      worker.on("error", (error) =>
        this.#found({ input: watched.input, message: `the thread died: ${error.stack ?? error.message}` }),
      );
      worker.on("exit", () => resolve());
    });
    clearInterval(hang);
  }

  /** Ends a thread that is at the same input for too long. */
  #watch(watched: Watched, worker: Worker): NodeJS.Timeout {
    let before = -1;
    return setInterval(() => {
      if (watched.count === before) {
        this.#found({ input: watched.input, message: `no end within ${HANG_MS} ms` });
        void worker.terminate();
      }
      before = watched.count;
    }, HANG_MS);
  }

  #found({ input, message }: Finding): void {
    this.#totals.findings++;
    const comment = `npm run fuzz -- --target ${this.#target} --seed ${this.#seed}\n${message.slice(0, 2000)}`;
    const file = writeCorpusFile(process.cwd(), input, comment, this.#target);
    console.log(
      `\n${message}\nreproduce: npx vitest run test/fuzz -t ${file}\n${Buffer.from(input).toString("hex")}`,
    );
  }

  /** One line that is written over on a terminal; elsewhere a line now and then. */
  #show(): void {
    if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${this.#totals.line()}`);
    else if (Math.floor(process.uptime()) % 30 === 0) console.log(this.#totals.line());
  }
}
