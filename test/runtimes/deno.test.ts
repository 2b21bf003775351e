// The suite of adapters on Deno.
import { DENO_ARGS } from "../support/runtimes.js";
import { runtimeSuite } from "./runtime-suite.js";

runtimeSuite({ title: "wsimd/deno", runtime: "deno", args: DENO_ARGS, adapter: "./deno-adapter.ts" });
