// Workers compile nothing while they handle requests: these imports are modules there. One that is not is met when it
// is loaded, as one that the host refuses.

import { setModule } from "./load.js";
import scalar from "./scalar.wasm";
import simd from "./simd.wasm";

setModule("simd", simd);
setModule("scalar", scalar);
