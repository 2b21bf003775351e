// `wsimd/streams` in bundles for Vercel's edge runtime, whose kernels are imported modules.
import "../kernel/load.edge-light.js";

export * from "./index.js";
