// Compiles the fastest kernel while a worker starts: workerd refuses to compile WebAssembly while it handles a request.
// The binary is the inlined one, because not every bundler has a way to import .wasm files.
import { compileInlined } from "./load.js";

compileInlined();
