// Workers compile nothing while they handle requests: these imports are modules there. One that is not is met when it
// is loaded, as one that the host refuses.

import scalar from "./generated/scalar.wasm";
import simd from "./generated/simd.wasm";
import { setModule } from "./load.js";

setModule("simd", simd);
setModule("scalar", scalar);
