// `wsimd/deflate` in bundles for Cloudflare Workers, whose kernel is compiled when a worker starts.
import "../kernel/deflate.workerd.js";

export * from "./index.js";
