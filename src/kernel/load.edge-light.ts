// Gives the loader the compiled kernels as imported modules. Edge functions compile no WebAssembly while they handle
// requests. A module that the host does not accept fails when a kernel is made of it; the loader then tries the next
// one.

import scalar from "./generated/scalar.wasm?module";
import simd from "./generated/simd.wasm?module";
import { setModule } from "./load.js";

setModule("simd", simd);
setModule("scalar", scalar);
