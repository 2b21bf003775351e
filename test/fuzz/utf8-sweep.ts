// `npm run sweep`: the UTF-8 validators on each of the 2^32 sequences of four bytes, in each place.
//
// That takes hours with `--every`. Without, some sequences stand for others that a kernel cannot tell from them:
//
// - Three quarters have a bad byte before their last one. What stands behind it takes only the ends of all ranges and their
//   neighbours: nothing there can mend it. The scalar kernel and that in JavaScript go from byte to byte and end at a bad
//   one; words of eight are asked only whether all is ASCII, which the bad byte or the first one of its sequence denies. In
//   the SIMD kernel what is broken at a byte hangs on it and the three before it, and is only ever added to; then the same
//   walk as in the scalar one finds the byte. It looks at the end of the text first: where that is among the four bytes,
//   all are taken.
// - Before the last byte, the scalar kernel and that in JavaScript get three kinds of ASCII: each asks of a byte only how it
//   compares with 0x80 and with bounds above. The tables of the SIMD kernel have ASCII in many entries, so it gets it all.
import os from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { loadKernel } from "../../src/index.js";
import { BOUNDARIES, PLACES, type Strata, Utf8Sweep } from "../support/utf8-sweep.js";

const HELP = `Usage: npm run sweep -- [options]

  --kernel NAME   simd, scalar or js (default: one after the other)
  --place N       only one of these, by its number (default: one after the other)
${PLACES.map(({ name }, i) => `                  ${String(i).padStart(2)} ${name}`).join("\n")}
  --every         call the kernel with all of them: without, some stand for others that it cannot tell from them
  --workers N     threads (default: one for each core)
  -h, --help      print this

Each kernel and place has 2^32 sequences, which takes minutes, and more of them with --every. Exits with 1 at the first wrong
verdict.
`;

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, i) => i);
const LITTLE_ASCII = ALL_BYTES.filter((byte) => byte >= 0x80 || BOUNDARIES.includes(byte));

interface Job {
  readonly kernel: string;
  readonly place: number;
  readonly every: boolean;
}

if (isMainThread) process.exitCode = await main();
else work(workerData);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kernel: { type: "string" },
      place: { type: "string" },
      every: { type: "boolean", default: false },
      workers: { type: "string", default: String(os.availableParallelism()) },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const kernels = values.kernel === undefined ? ["simd", "scalar", "js"] : [values.kernel];
  const places = values.place === undefined ? [...PLACES.keys()] : [Number(values.place)];
  for (const kernel of kernels) {
    for (const place of places) {
      const start = performance.now();
      const sequences = await sweep({ kernel, place, every: values.every }, Number(values.workers));
      const seconds = Math.round((performance.now() - start) / 1000);
      console.log(
        `\r${kernel}, ${PLACES[place]?.name}: ${sequences.toLocaleString("en-US")} right, ${seconds} s`,
      );
    }
  }
  return 0;
}

/** @throws the exception of a worker: the first wrong verdict */
async function sweep(job: Job, workers: number): Promise<number> {
  let next = 0;
  let done = 0;
  let sequences = 0;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      const worker = new Worker(new URL(import.meta.url), { workerData: job });
      await new Promise<void>((resolve, reject) => {
        const more = () => {
          if (next < 256) worker.postMessage(next++);
          else void worker.terminate();
        };
        worker.on("message", (count: number) => {
          sequences += count;
          done++;
          if (process.stdout.isTTY) process.stdout.write(`\r${Math.floor((100 * done) / 256)} %`);
          more();
        });
        worker.on("error", reject);
        worker.on("exit", () => resolve());
        more();
      });
    }),
  );
  return sequences;
}

/** Sweeps all sequences that begin with the bytes that it is sent. */
function work({ kernel, place: index, every }: Job): void {
  const place = PLACES[index];
  if (place === undefined) throw new RangeError(`there is no place ${index}`);
  const sweep = new Utf8Sweep(
    [loadKernel(kernel === "simd" || kernel === "scalar" ? kernel : "js")],
    [place],
  );
  parentPort?.on("message", (first: number) => {
    parentPort?.postMessage(sweep.run(strata(kernel, first, every || place.behind.length === 0)));
  });
}

/** All that begins with a byte, or what stands for it. */
function strata(kernel: string, first: number, every: boolean): Strata {
  if (every) return { first: [first], second: ALL_BYTES, third: ALL_BYTES, last: ALL_BYTES };
  const rest = kernel === "simd" ? ALL_BYTES : LITTLE_ASCII.includes(first) ? LITTLE_ASCII : BOUNDARIES;
  const last = rest === BOUNDARIES ? BOUNDARIES : ALL_BYTES;
  return { first: [first], second: rest, third: rest, last, behindBad: BOUNDARIES };
}
