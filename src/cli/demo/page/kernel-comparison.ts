// Compares the three kernels in workers, which take turns.
import type { PayloadKind } from "./kernel-frames.js";
import type { RoundAnswer, RoundRequest } from "./kernel-trial.js";

/** In the order of the table. */
export const KERNELS = ["simd", "scalar", "js"] as const;
export type ComparedKernel = (typeof KERNELS)[number];

/** What one kernel reached, or why it does not run here. */
export interface KernelResult {
  readonly kernel: ComparedKernel;
  readonly nsPerMessage: number | undefined;
  /** Of payload, in thousands of millions of bytes a second. */
  readonly gigabytesPerSecond: number | undefined;
  /** How far its rounds were from their median, in three quarters of them; 0.05 is 5 %. */
  readonly noise: number | undefined;
  readonly error: string | undefined;
}

/** The rounds of a comparison; the first only warms up. */
export const ROUNDS = 7;
const ROUND_MS = 50;
const WARMUP_MS = 120;
const SHARE_OF_ROUNDS = 0.75;

/** Runs a comparison. @param progress - called after each round with the share that is done */
export async function compareKernels(
  kind: PayloadKind,
  size: number,
  progress: (share: number) => void,
): Promise<KernelResult[]> {
  const lanes = KERNELS.map((kernel) => new KernelLane(kernel));
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      const milliseconds = round === 0 ? WARMUP_MS : ROUND_MS;
      for (const lane of lanes) await lane.run({ kernel: lane.kernel, kind, size, milliseconds }, round > 0);
      progress((round + 1) / (ROUNDS + 1));
    }
  } finally {
    for (const lane of lanes) lane.end();
  }
  return lanes.map((lane) => lane.result(size));
}

/** One kernel in its worker. */
class KernelLane {
  readonly kernel: ComparedKernel;
  readonly #worker = new Worker(new URL("./kernel-worker.js", import.meta.url), { type: "module" });
  readonly #rounds: number[] = [];
  #error: string | undefined;

  constructor(kernel: ComparedKernel) {
    this.kernel = kernel;
  }

  async run(request: RoundRequest, counts: boolean): Promise<void> {
    if (this.#error !== undefined) return;
    const answer = await this.#ask(request);
    if ("error" in answer) this.#error = answer.error;
    else if (counts) this.#rounds.push(answer.nsPerMessage);
  }

  end(): void {
    this.#worker.terminate();
  }

  result(size: number): KernelResult {
    const { kernel } = this;
    const nsPerMessage = quantile(this.#rounds, 0.5);
    const error = this.#error;
    if (nsPerMessage === undefined || error !== undefined) {
      return { kernel, nsPerMessage: undefined, gigabytesPerSecond: undefined, noise: undefined, error };
    }
    const apart = this.#rounds.map((ns) => Math.abs(ns / nsPerMessage - 1));
    const noise = quantile(apart, SHARE_OF_ROUNDS);
    return { kernel, nsPerMessage, gigabytesPerSecond: size / nsPerMessage, noise, error };
  }

  #ask(request: RoundRequest): Promise<RoundAnswer> {
    return new Promise((resolve) => {
      this.#worker.onmessage = ({ data }: MessageEvent<RoundAnswer>) => resolve(data);
      this.#worker.onerror = () => resolve({ error: "This browser does not run the worker." });
      this.#worker.postMessage(request);
    });
  }
}

/** The value that this share of the others does not exceed. */
function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
