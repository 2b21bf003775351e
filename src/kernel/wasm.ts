// Makes a Kernel of a compiled module.
import type { Kernel, KernelName } from "./kernel.js";

/** The exports of a compiled kernel. WebAssembly returns every 32-bit result as a signed number. */
interface KernelExports extends WebAssembly.Exports {
  readonly memory: WebAssembly.Memory;
  decode(
    start: number,
    end: number,
    flags: number,
    maxMessageBytes: number,
    maxCompressedBytes: number,
    maxFragments: number,
  ): number;
  mask(ptr: number, length: number, key: number): number;
  validateUtf8(ptr: number, length: number, carry: number): number;
  utf8ToUtf16(ptr: number, length: number, out: number): number;
}

/**
 * Wraps a compiled kernel.
 * @throws TypeError if the module is not one of wsimd's kernels
 */
export function wasmKernel(name: KernelName, module: WebAssembly.Module, fallbackReason?: string): Kernel {
  const { exports } = new WebAssembly.Instance(module);
  if (!isKernel(exports)) throw new TypeError("not a wsimd kernel");
  const { decode, mask, validateUtf8, utf8ToUtf16, memory } = exports;
  return {
    name,
    fallbackReason,
    memory: new Uint8Array(memory.buffer),
    wasmMemory: memory,
    decode,
    mask,
    validateUtf8,
    utf8ToUtf16,
  };
}

function isKernel(exports: WebAssembly.Exports): exports is KernelExports {
  const functions = ["decode", "mask", "validateUtf8", "utf8ToUtf16"];
  return (
    exports.memory instanceof WebAssembly.Memory &&
    functions.every((name) => typeof exports[name] === "function")
  );
}
