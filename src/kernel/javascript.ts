// The kernel in plain JavaScript, for hosts that refuse WebAssembly. It has the memory map of the compiled kernels, so
// that the code above is the same for all three. Tests and benchmarks compare the other two with it.
import * as layout from "./generated/layout.js";
import { javascriptDecode } from "./javascript-decode.js";
import { mask } from "./javascript-mask.js";
import { validate } from "./javascript-utf8.js";
import type { Kernel } from "./kernel.js";

/**
 * Builds a kernel of plain JavaScript with a memory of its own.
 * @param fallbackReason - why the compiled kernels do not run
 */
export function javascriptKernel(fallbackReason?: string): Kernel {
  const memory = new Uint8Array(layout.MEMORY_PAGES * 0x10000);
  const view = new DataView(memory.buffer);
  return {
    name: "js",
    fallbackReason,
    memory,
    wasmMemory: undefined,
    decode: javascriptDecode(memory, view),
    mask: (ptr, length, key) => mask(view, ptr, length, key),
    validateUtf8: (ptr, length, carry) => validate(view, ptr, length, carry),
  };
}
