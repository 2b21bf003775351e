// Gives the loader the deflate kernels as imported modules, as load.edge-light.ts does with those of the codec.

import { setDeflateModule } from "./deflate.js";
import scalar from "./generated/deflate-scalar.wasm?module";
import simd from "./generated/deflate-simd.wasm?module";

setDeflateModule("simd", simd);
setDeflateModule("scalar", scalar);
