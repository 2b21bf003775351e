// For processes of Bun, with `attach`: see `run-cases.ts`.
import { attach } from "../../src/bun/index.js";
import { attachAdapter } from "./attach-adapter.js";
import { adapter as bun } from "./bun-adapter.js";

/** `attach` of this package on Bun. */
export const adapter = attachAdapter(bun, attach);
