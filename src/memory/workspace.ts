// The memory that all connections of a thread with the same kernel share. Each part has one owner.
import type { Kernel } from "../kernel/kernel.js";
import {
  COMPILED,
  type CompiledKernelName,
  type KernelChoice,
  kernelFromEnvironment,
  setModule,
} from "../kernel/load.js";
import { wasmKernel } from "../kernel/wasm.js";
import { BlockPool } from "./block-pool.js";
import { LinearMemory } from "./linear-memory.js";
import { ReadWindow } from "./read-window.js";
import { WriteWindows } from "./write-windows.js";

/** A kernel's memory with the owners of its windows, and memory for messages that come in pieces. */
export class Workspace {
  readonly linear: LinearMemory;
  readonly readWindow: ReadWindow;
  readonly writeWindows: WriteWindows;
  readonly blocks = new BlockPool();

  constructor(choice: KernelChoice) {
    this.linear = new LinearMemory(choice, (before) => {
      this.readWindow.moveFrom(before);
      this.writeWindows.moveFrom(before);
    });
    this.readWindow = new ReadWindow(this.linear);
    this.writeWindows = new WriteWindows(this.linear);
  }
}

let defaultChoice: KernelChoice | undefined;
const workspaces = new Map<KernelChoice, Workspace>();

/**
 * The thread's workspace for a kernel, made at first use.
 * @param choice - by default the one that the environment variable `WSIMD_KERNEL` names, else the fastest that this
 * host runs
 */
export function sharedWorkspace(choice?: KernelChoice): Workspace {
  if (choice === undefined) {
    defaultChoice ??= kernelFromEnvironment();
    choice = defaultChoice;
  }
  let workspace = workspaces.get(choice);
  if (workspace === undefined) {
    workspace = new Workspace(choice);
    workspaces.set(choice, workspace);
  }
  return workspace;
}

/** Which kernel a thread uses. */
export type KernelInUse = Pick<Kernel, "name" | "fallbackReason">;

/**
 * The kernel of this thread's connections, unless an option says otherwise, and the host's error if it refused a faster
 * one. Loads the kernel, if there was no connection yet.
 * @throws RangeError if the environment variable `WSIMD_KERNEL` names none
 * @throws WebAssembly.CompileError, or another error of the host, if it refuses the kernel that the variable names
 * @example
 * ```js
 * import { kernelInUse } from "wsimd";
 *
 * const { name, fallbackReason } = kernelInUse();
 * if (name !== "simd") console.warn(`wsimd uses the kernel ${name}: ${fallbackReason}`);
 * ```
 */
export function kernelInUse(): KernelInUse {
  const { name, fallbackReason } = sharedWorkspace().linear.kernel;
  return { name, fallbackReason };
}

/**
 * Makes new connections use a binary that the application loaded, for hosts that compile none at run time:
 * `wsimd/simd.wasm` or `wsimd/scalar.wasm` of the same version. Existing connections keep their kernel.
 * @param binary - a `WebAssembly.Module` or, where the host compiles them, bytes: a `BufferSource`. TypeScript knows
 * these two types only with the DOM library, so the parameter is not typed with them
 * @throws RangeError if there is no such kernel
 * @throws TypeError if the binary is not one of wsimd's
 * @throws WebAssembly.CompileError, or another error of the host, if it refuses the binary
 */
export function provideKernel(name: CompiledKernelName, binary: object): void {
  if (!COMPILED.includes(name)) {
    throw new RangeError(`kernel "${name}" has no binary`);
  }
  const module = isBytes(binary) ? new WebAssembly.Module(binary) : binary;
  wasmKernel(name, module);
  setModule(name, module);
  workspaces.clear();
}

function isBytes(binary: object): binary is BufferSource {
  return binary instanceof ArrayBuffer || ArrayBuffer.isView(binary);
}
