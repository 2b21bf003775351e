// Compiles the deflate kernel while a worker starts: workerd refuses to compile WebAssembly while it handles a request.
import { compileInlinedDeflate } from "./deflate.js";

compileInlinedDeflate();
