// `npm run fuzz`: the codec against a naive decoder and against ws, or the deflate kernels against zlib, on all cores,
// until the time is up.
import { randomInt } from "node:crypto";
import os from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { Fuzz } from "./fuzz.js";
import { isTarget, TARGETS } from "./target.js";

const HELP = `Usage: npm run fuzz -- [options]

  --minutes N    how long (default 10)
  --inputs N     end after so many inputs, rounded up to whole batches
  --target T     frames (default), inflate or deflate
  --seed N       of the whole run (default: a random one); the same seed makes the same inputs
  --workers N    threads (default: one for each core)
  -h, --help     print this

An input that shows a fault is made short, printed, and written to test/fuzz/corpus, which npm test replays.
Exits with 1 if there was one.
`;

const WHOLE = /^[1-9]\d*$/;
process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      inputs: { type: "string" },
      seed: { type: "string" },
      target: { type: "string", default: "frames" },
      workers: { type: "string", default: String(os.availableParallelism()) },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new RangeError(`--minutes ${values.minutes}`);
  const { target } = values;
  if (!isTarget(target))
    throw new RangeError(`--target is one of ${Object.keys(TARGETS).join(", ")}, not ${target}`);
  const fuzz = new Fuzz(
    target,
    values.seed === undefined ? randomInt(2 ** 32) : whole("seed", values.seed),
    minutes * 60_000,
    values.inputs === undefined ? Number.POSITIVE_INFINITY : whole("inputs", values.inputs),
  );
  return fuzz.run(whole("workers", values.workers));
}

function whole(name: string, value: string): number {
  if (!WHOLE.test(value)) throw new RangeError(`--${name} must be a whole number, not ${value}`);
  return Number(value);
}
