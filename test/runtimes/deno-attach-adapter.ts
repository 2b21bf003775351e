// For processes of Deno, with `attach`: see `run-cases.ts`.
import { attach } from "../../src/deno/index.js";
import { attachAdapter } from "./attach-adapter.js";
import { adapter as deno } from "./deno-adapter.js";

/** `attach` of this package on Deno. */
export const adapter = attachAdapter(deno, attach);
