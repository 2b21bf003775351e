import { SCALAR_BASE64, SIMD_BASE64 } from "./generated/binaries.js";
import { javascriptKernel } from "./javascript.js";
import type { Kernel, KernelName } from "./kernel.js";
import { wasmKernel } from "./wasm.js";

const NAMES: readonly KernelName[] = ["simd", "scalar", "js"];

/** `auto` takes the fastest that this host runs: simd, else scalar, else js. */
export type KernelChoice = KernelName | "auto";

/**
 * Builds a kernel with a memory of its own.
 * @throws RangeError if there is no such kernel
 * @throws WebAssembly.CompileError, or what else the host says, if it refuses the one that was asked for
 */
export function loadKernel(choice: KernelChoice = "auto"): Kernel {
  if (choice === "auto") return firstThatLoads();
  const name = parseKernelName(choice);
  return name === "js" ? javascriptKernel() : wasmKernel(name, compile(name));
}

/**
 * The kernel that the environment variable `WSIMD_KERNEL` asks for, or `auto`.
 * @throws RangeError if it names none
 */
export function kernelFromEnvironment(): KernelChoice {
  const name = environmentVariable("WSIMD_KERNEL") ?? "auto";
  if (name === "" || name === "auto") return "auto";
  return parseKernelName(name);
}

/** @throws RangeError if it names no kernel */
export function parseKernelName(name: string): KernelName {
  const known = NAMES.find((each) => each === name);
  if (known === undefined) throw new RangeError(`unknown kernel "${name}": it is one of ${NAMES.join(", ")}`);
  return known;
}

function firstThatLoads(): Kernel {
  for (const name of NAMES) {
    try {
      return loadKernel(name);
    } catch {
      // No SIMD, or no WebAssembly at all (a CSP, --jitless): the next one asks less of the host.
    }
  }
  return javascriptKernel();
}

const modules = new Map<KernelName, WebAssembly.Module>();

function compile(name: "simd" | "scalar"): WebAssembly.Module {
  const known = modules.get(name);
  if (known !== undefined) return known;
  const binary = atob(name === "simd" ? SIMD_BASE64 : SCALAR_BASE64);
  const module = new WebAssembly.Module(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
  modules.set(name, module);
  return module;
}

function environmentVariable(name: string): string | undefined {
  // Deno asks for a permission here and browsers have no environment: no answer means no wish.
  try {
    return globalThis.process?.env?.[name];
  } catch {
    return undefined;
  }
}
