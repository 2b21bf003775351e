// The option `internals` of servers and clients: whether to use Node's private parts.
import { oneOf, type Readers } from "../protocol/option-readers.js";
import { canReadInto, prepareProcess } from "./internals/index.js";

/** Whether to use private parts of the runtime: `"auto"` uses the parts that passed a trial. */
export type Internals = "auto" | "on" | "off";

/** The choice whether to use private parts of the runtime. */
export interface InternalsOptions {
  /**
   * `"auto"` reads straight into linear memory and writes past the stream's bookkeeping, each if it passes a trial, and
   * tunes the allocator of the process. `"off"` does none of these, and uses public streams only. `"on"` is like
   * `"auto"`, but throws if reads can't go to linear memory. Default: the value of the environment variable
   * `WSIMD_INTERNALS`, else `"auto"`. docs/node-internals.md describes each private part.
   */
  readonly internals?: Internals | undefined;
}

/** How the option is read. */
export const INTERNALS_READERS: Readers<InternalsOptions> = {
  internals: oneOf<Internals>("auto", "on", "off"),
};

/**
 * The choice of the option or of the environment variable `WSIMD_INTERNALS`.
 * @throws RangeError if the variable names no choice; Error if the choice is `"on"` and the trial failed on this Node
 */
export function knownInternals(asked?: Internals): Internals {
  const choice = parseInternals(asked ?? (process.env.WSIMD_INTERNALS || "auto"));
  if (choice === "on" && !canReadInto()) {
    throw new Error("this Node can't read into a given buffer");
  }
  return choice;
}

/**
 * Begins the trial of Node's private parts, and tunes the allocator, unless the choice is `"off"`.
 * @returns when the outcome of the trial is known
 */
export async function prepareInternals(choice: Internals): Promise<void> {
  if (choice !== "off") await prepareProcess();
}

function parseInternals(name: string): Internals {
  if (name === "auto" || name === "on" || name === "off") return name;
  throw new RangeError(`WSIMD_INTERNALS is "${name}", but must be auto, on or off`);
}
