// `wsimd/deflate` in bundles for Vercel's edge runtime, whose kernels are imported modules.
import "../kernel/deflate.edge-light.js";

export * from "./index.js";
