// A worker of the page, which runs one kernel: in a thread of its own, the engine optimises for this kernel, as in a server.
import type { KernelName } from "../../../kernel/kernel.js";
import { loadKernel, setModule } from "../../../kernel/load.js";
import { KernelTrial, type RoundAnswer, type RoundRequest } from "./kernel-trial.js";

let trial: KernelTrial | undefined;
let job = "";

addEventListener("message", async ({ data }: MessageEvent<RoundRequest>) => {
  postMessage(await answer(data));
});

async function answer({ kernel, kind, size, milliseconds }: RoundRequest): Promise<RoundAnswer> {
  try {
    const wanted = `${kernel} ${kind} ${size}`;
    if (trial === undefined || job !== wanted) {
      if (kernel === "scalar") await provideScalar();
      trial = new KernelTrial(loadKernel(kernel), kind, size);
      job = wanted;
    }
    return { nsPerMessage: trial.measure(milliseconds) };
  } catch (error) {
    return { error: describe(kernel, error) };
  }
}

/** The scalar binary is a file, which Node would read by itself. */
async function provideScalar(): Promise<void> {
  if (typeof WebAssembly === "undefined") return;
  const response = await fetch("/kernel/generated/scalar.wasm");
  setModule("scalar", await WebAssembly.compile(await response.arrayBuffer()));
}

function describe(kernel: KernelName, error: unknown): string {
  if (typeof WebAssembly === "undefined") return "This browser has no WebAssembly.";
  if (kernel === "simd" && error instanceof WebAssembly.CompileError) {
    return "This browser has no WebAssembly SIMD.";
  }
  return error instanceof Error ? error.message : String(error);
}
