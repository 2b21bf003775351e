// Which kernel a thread gets, by what its host allows and by provideKernel.
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const BUILT = path.resolve(import.meta.dirname, "../../../build");

/** The entry with nothing loaded yet, as in a new thread. */
let wsimd: typeof import("../../../src/index.js");

beforeEach(async () => {
  vi.stubEnv("WSIMD_KERNEL", "");
  vi.resetModules();
  wsimd = await import("../../../src/index.js");
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

function bytesOf(name: "simd" | "scalar"): Buffer<ArrayBuffer> {
  return readFileSync(path.join(BUILT, `${name}.wasm`));
}

/** A host that compiles nothing at run time, but runs modules that it was given. */
function refuseToCompile(): void {
  class Refused {
    constructor() {
      throw new WebAssembly.CompileError("refused");
    }
  }
  vi.stubGlobal("WebAssembly", Object.create(WebAssembly, { Module: { value: Refused } }));
}

const inUse = (): string => new wsimd.Connection({ role: "server" }).kernel;

describe("the kernel in use", () => {
  it("is the fastest, for no other reason", () => {
    expect(wsimd.kernelInUse()).toEqual({ name: "simd", fallbackReason: undefined });
    expect(inUse()).toBe("simd");
  });

  it("is JavaScript where the host compiles nothing, and that is said", () => {
    refuseToCompile();
    const reason = "simd: CompileError: refused; scalar: CompileError: refused";
    expect(wsimd.kernelInUse()).toEqual({ name: "js", fallbackReason: reason });
    expect(inUse()).toBe("js");
  });

  it("is not the scalar one where there is neither SIMD nor a file to read", () => {
    class WithoutSimd extends WebAssembly.Module {
      constructor(bytes: BufferSource) {
        if (bytes.byteLength === bytesOf("simd").length) throw new WebAssembly.CompileError("no SIMD");
        super(bytes);
      }
    }
    vi.stubGlobal("WebAssembly", Object.create(WebAssembly, { Module: { value: WithoutSimd } }));
    vi.stubGlobal("process", { env: {} });
    const reason = "simd: CompileError: no SIMD; scalar: Error: no file here: provideKernel takes it";
    expect(wsimd.kernelInUse()).toEqual({ name: "js", fallbackReason: reason });
    vi.unstubAllGlobals();
  });

  it("is the fastest where the environment may not be read", () => {
    const env = () => {
      throw new Error("permission denied");
    };
    vi.stubGlobal("process", Object.defineProperty({}, "env", { get: env }));
    expect(inUse()).toBe("simd");
    vi.unstubAllGlobals();
  });

  it("has no reason when it was asked for", () => {
    vi.stubEnv("WSIMD_KERNEL", "js");
    expect(wsimd.kernelInUse()).toEqual({ name: "js", fallbackReason: undefined });
  });
});

describe("provideKernel", () => {
  it("is for connections from then on", () => {
    const module = new WebAssembly.Module(bytesOf("simd"));
    refuseToCompile();
    const before = new wsimd.Connection({ role: "server" });
    wsimd.provideKernel("simd", module);
    expect([before.kernel, inUse(), wsimd.kernelInUse().name]).toEqual(["js", "simd", "simd"]);
    const ping = Uint8Array.of(0x89, 0x80, 0, 0, 0, 0);
    expect(before.receive(ping)).toMatchObject([{ type: "ping" }]);
  });

  it("has the module it was given run, not the one that is inlined", () => {
    const module = new WebAssembly.Module(bytesOf("simd"));
    const instantiated: WebAssembly.Module[] = [];
    class Instance extends WebAssembly.Instance {
      constructor(given: WebAssembly.Module) {
        super(given);
        instantiated.push(given);
      }
    }
    vi.stubGlobal("WebAssembly", Object.create(WebAssembly, { Instance: { value: Instance } }));
    wsimd.provideKernel("simd", module);
    instantiated.length = 0;
    expect(inUse()).toBe("simd");
    expect(instantiated).toEqual([module]);
  });

  it.each([
    ["bytes", (bytes: Buffer<ArrayBuffer>) => new Uint8Array(bytes)],
    ["a buffer", (bytes: Buffer<ArrayBuffer>) => new Uint8Array(bytes).buffer],
  ])("takes %s", (_, from) => {
    wsimd.provideKernel("simd", from(bytesOf("simd")));
    wsimd.provideKernel("scalar", from(bytesOf("scalar")));
    expect(inUse()).toBe("simd");
    expect(new wsimd.Connection({ role: "server", kernel: "scalar" }).kernel).toBe("scalar");
  });

  it("refuses what is no kernel of wsimd, and changes nothing", () => {
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    expect(() => wsimd.provideKernel("simd", empty)).toThrow(new TypeError("not a wsimd kernel"));
    expect(() => wsimd.provideKernel("simd", empty.subarray(0, 4))).toThrow(WebAssembly.CompileError);
    // @ts-expect-error: what a caller without types may do
    expect(() => wsimd.provideKernel("js", bytesOf("simd"))).toThrow(
      new RangeError('kernel "js" has no binary'),
    );
    expect(wsimd.kernelInUse().name).toBe("simd");
  });
});

it("an environment variable that names no kernel is an error that lists the kernels", () => {
  vi.stubEnv("WSIMD_KERNEL", "avx");
  expect(() => wsimd.kernelInUse()).toThrow(/^unknown kernel "avx".*simd, scalar, js/);
});
