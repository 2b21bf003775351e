// Chooses a kernel, and builds it from the inlined binary, a file, or a module that the application provided.
import { SIMD_HEX } from "./generated/simd.js";
import { bytesFromHex } from "./inlined.js";
import { javascriptKernel } from "./javascript.js";
import type { Kernel, KernelName } from "./kernel.js";
import { wasmKernel } from "./wasm.js";

/** The kernels that are WebAssembly, the faster one first. */
export const COMPILED: readonly CompiledKernelName[] = ["simd", "scalar"];

/** A kernel that is WebAssembly. */
export type CompiledKernelName = Exclude<KernelName, "js">;

/** All kernels, the fastest first. */
export const KERNEL_NAMES: readonly KernelName[] = [...COMPILED, "js"];

/** `auto` is the fastest that this host runs: simd, else scalar, else js. */
export type KernelChoice = KernelName | "auto";

/**
 * Builds a kernel with a memory of its own.
 * @throws RangeError if there is no such kernel
 * @throws WebAssembly.CompileError, or another error of the host, if it does not run the kernel that was asked for
 */
export function loadKernel(choice: KernelChoice = "auto"): Kernel {
  if (choice === "auto") return fastestThatLoads();
  const name = parseKernelName(choice);
  return name === "js" ? javascriptKernel() : wasmKernel(name, moduleOf(name));
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

/** Whether there is a kernel of this name. */
export function isKernelName(name: string): name is KernelName {
  return KERNEL_NAMES.some((each) => each === name);
}

/** @throws RangeError if it names no kernel */
function parseKernelName(name: string): KernelName {
  if (isKernelName(name)) return name;
  throw new RangeError(`unknown kernel "${name}": it is one of ${KERNEL_NAMES.join(", ")}`);
}

function fastestThatLoads(): Kernel {
  const refusals: string[] = [];
  for (const name of COMPILED) {
    try {
      return wasmKernel(name, moduleOf(name), refusals[0]);
    } catch (error) {
      // The host has no SIMD, or no WebAssembly at all (a content security policy, --jitless). The next kernel needs
      // less.
      refusals.push(`${name}: ${String(error)}`);
    }
  }
  return javascriptKernel(refusals.join("; "));
}

const modules = new Map<CompiledKernelName, WebAssembly.Module>();

/** Makes kernels that are loaded from now on use this module instead of the inlined binary or the file. */
export function setModule(name: CompiledKernelName, module: object): void {
  modules.set(name, module);
}

/**
 * Compiles the inlined binary now, for hosts that compile none later. If the host refuses, so it does when a kernel is
 * loaded, which has the reason then.
 */
export function compileInlined(): void {
  try {
    moduleOf("simd");
  } catch {
    // The application may provide a module instead, before it makes a connection.
  }
}

function moduleOf(name: CompiledKernelName): WebAssembly.Module {
  let module = modules.get(name);
  if (module === undefined) {
    module = new WebAssembly.Module(
      name === "simd" ? bytesFromHex(SIMD_HEX) : readBinary("generated/scalar.wasm"),
    );
    modules.set(name, module);
  }
  return module;
}

/**
 * A binary from its file. Those without SIMD are not inlined, so that bundles stay small: processors without it are
 * rare. In an application's bundle there is no such file, so that the JavaScript kernel is next.
 * @param file - its path from here
 * @throws Error if the file cannot be read
 */
export function readBinary(file: string): Uint8Array<ArrayBuffer> {
  const files = globalThis.process?.getBuiltinModule?.("node:fs");
  if (files === undefined) throw new Error("no file here: provideKernel takes it");
  // In a variable, because bundlers look for `new URL(…, import.meta.url)` and would add the file to their output.
  const here = import.meta.url;
  return files.readFileSync(new URL(file, here));
}

function environmentVariable(name: string): string | undefined {
  // Browsers have no environment, and Deno may refuse to read it. Both are as if the variable was not set.
  try {
    return globalThis.process?.env?.[name];
  } catch {
    return undefined;
  }
}
