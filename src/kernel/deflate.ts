// The deflate kernel: raw DEFLATE both ways, in the memory of a codec kernel. Only compression imports this module, and
// the binary with it.
import { DEFLATE_HEX } from "./generated/deflate-simd.js";
import { bytesFromHex } from "./inlined.js";
import type { Kernel } from "./kernel.js";
import { type CompiledKernelName, readBinary } from "./load.js";

/**
 * The functions of the deflate kernel. Between two calls it keeps nothing but what stands in its part of linear memory,
 * whose map is `assembly/deflate/layout.ts`. It checks no address and no length.
 */
export interface DeflateKernel {
  /** Begins to inflate a message: the state becomes that of a message of which nothing has come. */
  resetInflate(): void;
  /** Makes the tables again that belong to a state which was put back. `windowBits` as of {@link inflate}. */
  restoreInflate(windowBits: number): void;
  /**
   * Inflates the next bytes of the message, which stand from `ptr` to `end`, and writes the result to `out`. The end of
   * the consumed input is then at INFLATE_CONSUMED, and the end of the output at INFLATE_PRODUCED.
   * @param outEnd - nothing beyond is output, though DEFLATE_PADDING bytes there may be overwritten
   * @param history - matches may refer to the bytes from here to `out`
   * @param windowBits - and to no more than 2^windowBits bytes before
   * @param last - 1 if the message ends at `end`. It is bad data then, unless 00 00 FF FF may follow there (RFC 7692,
   * section 7.2.2)
   * @returns INFLATE_…
   */
  inflate(
    ptr: number,
    end: number,
    out: number,
    outEnd: number,
    history: number,
    windowBits: number,
    last: number,
  ): number;
  /**
   * Deflates the bytes from `ptr` to `end`, at most DEFLATE_MOST_BYTES, to DEFLATE_OUT. Behind the returned end stand
   * the four bytes 00 00 FF FF, with which every part of a message but the last ends (RFC 7692, section 7.2.1).
   * @param history - matches may refer to the bytes from here to `ptr`
   * @param place - a counter of the stream's bytes, modulo 2^16; 1 when there is no history
   * @param maxDistance - and to no more than so many bytes before
   * @param hashBits - the size of the table of places; the same for as long as it is continued
   * @param flags - DEFLATE_…
   * @returns the end of the output
   */
  deflate(
    ptr: number,
    end: number,
    history: number,
    place: number,
    maxDistance: number,
    hashBits: number,
    flags: number,
  ): number;
}

const modules = new Map<CompiledKernelName, WebAssembly.Module>();

/** Makes deflate kernels that are built from now on use this module, for hosts that compile none. */
export function setDeflateModule(name: CompiledKernelName, module: WebAssembly.Module): void {
  modules.set(name, module);
}

/**
 * Builds the deflate kernel that belongs to a codec kernel, in the memory of that.
 * @throws TypeError if the codec kernel is the JavaScript one, for which there is none
 * @throws WebAssembly.CompileError, or another error of the host, if it refuses the binary
 */
export function deflateKernel(kernel: Kernel): DeflateKernel {
  const { name, wasmMemory } = kernel;
  if (name === "js" || wasmMemory === undefined)
    throw new TypeError("the JavaScript kernel has no compression");
  const { exports } = new WebAssembly.Instance(moduleOf(name), { env: { memory: wasmMemory } });
  if (!isDeflateKernel(exports)) throw new TypeError("not a wsimd deflate kernel");
  return exports;
}

/** Compiles the inlined binary now, for hosts that compile none later. If the host refuses, deflateKernel throws. */
export function compileInlinedDeflate(): void {
  try {
    moduleOf("simd");
  } catch {
    // Compression is declined then, with this reason.
  }
}

function moduleOf(name: CompiledKernelName): WebAssembly.Module {
  let module = modules.get(name);
  if (module === undefined) {
    const bytes = name === "simd" ? bytesFromHex(DEFLATE_HEX) : readBinary("generated/deflate-scalar.wasm");
    module = new WebAssembly.Module(bytes);
    modules.set(name, module);
  }
  return module;
}

function isDeflateKernel(exports: WebAssembly.Exports): exports is WebAssembly.Exports & DeflateKernel {
  const functions = ["resetInflate", "restoreInflate", "inflate", "deflate"];
  return functions.every((name) => typeof exports[name] === "function");
}
