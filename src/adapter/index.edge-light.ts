// `wsimd/adapter` for edge-light runtimes, with the kernel as a module that their bundler compiles.
import "../kernel/load.edge-light.js";

export * from "./index.js";
