// `wsimd/adapter` for workerd, with the kernel as a module that workerd compiles.
import "../kernel/load.workerd.js";

export * from "./index.js";
