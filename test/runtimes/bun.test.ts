// The suite of adapters on Bun.
import { runtimeSuite } from "./runtime-suite.js";

runtimeSuite({
  title: "wsimd/bun",
  runtime: "bun",
  args: ["run"],
  adapter: "./bun-adapter.ts",
  lacks: ["nested-tls"],
});
