// The kernel in plain JavaScript: the fallback where WebAssembly is refused, the oracle of the tests and the baseline of
// the benchmarks. It keeps to the memory map of the compiled ones, so everything above them is the same code.
import * as layout from "./generated/layout.js";
import { javascriptDecode } from "./javascript-decode.js";
import { mask } from "./javascript-mask.js";
import { validate } from "./javascript-utf8.js";
import type { Kernel } from "./kernel.js";

/** Builds a kernel of plain JavaScript with a memory of its own. */
export function javascriptKernel(fallbackReason?: string): Kernel {
  const memory = new Uint8Array(layout.MEMORY_PAGES * 0x10000);
  const view = new DataView(memory.buffer);
  return {
    name: "js",
    fallbackReason,
    memory,
    decode: javascriptDecode(memory, view),
    mask: (ptr, length, key) => mask(view, ptr, length, key),
    validateUtf8: (ptr, length, carry) => validate(view, ptr, length, carry),
  };
}
