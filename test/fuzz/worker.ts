// One of the threads of `npm run fuzz`: asks for batches and runs them.
import { parentPort, workerData } from "node:worker_threads";
import { type BatchReport, type Finding, runBatch } from "./batch.js";
import { shrink } from "./shrink.js";
import { TARGETS, type TargetName } from "./target.js";
import { Watched } from "./watched.js";

export interface WorkerData {
  readonly target: TargetName;
  readonly seed: number;
  readonly watched: SharedArrayBuffer;
}

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "report"; readonly report: BatchReport }
  | { readonly type: "finding"; readonly finding: Finding };

const port = parentPort;
if (port === null) throw new Error("to be run as a worker");
const { target, seed, watched }: WorkerData = workerData;
const watch = new Watched(watched);
const send = (message: FromWorker) => port.postMessage(message);

port.on("message", (batch: number) => {
  const report = runBatch(
    target,
    seed,
    batch,
    (input) => watch.begin(input),
    ({ input, message }) => send({ type: "finding", finding: { input: shrink(input, fails), message } }),
  );
  send({ type: "report", report });
  send({ type: "ready" });
});
send({ type: "ready" });

function fails(input: Uint8Array): boolean {
  watch.begin(input);
  try {
    TARGETS[target].check(input);
    return false;
  } catch {
    return true;
  }
}
