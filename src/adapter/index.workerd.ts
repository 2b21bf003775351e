// `wsimd/adapter` in bundles for Cloudflare Workers, whose kernel is compiled when a worker starts.
import "../kernel/load.workerd.js";

export * from "./index.js";
