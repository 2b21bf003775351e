// `wsimd/streams` in bundles for Cloudflare Workers, whose kernels are imported modules.
import "../kernel/load.workerd.js";

export * from "./index.js";
