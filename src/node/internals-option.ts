// The option `internals` of servers and clients: whether to use Node's private parts.
import { oneOf, type Readers } from "../protocol/option-readers.js";
import { canReadInto, prepareProcess } from "./internals/index.js";

/** Whether to use private parts of the runtime: `"auto"` uses those that a trial has shown to work. */
export type Internals = "auto" | "on" | "off";

/** The choice whether to use private parts of the runtime. */
export interface InternalsOptions {
  /**
   * `"auto"` reads straight into linear memory and writes past the stream's bookkeeping, each where a trial shows that it works,
   * and tunes the allocator of the process; `"off"` does none of these, and leaves reading and writing to public streams; `"on"` throws where
   * reads can't go to linear memory. Default: what the environment variable `WSIMD_INTERNALS` says, else `"auto"`.
   * docs/node-internals.md describes each private part.
   */
  readonly internals?: Internals;
}

/** How the option is read. */
export const INTERNALS_READERS: Readers<InternalsOptions> = {
  internals: oneOf<Internals>("auto", "on", "off"),
};

/**
 * The choice that was made, by the option or by the environment variable `WSIMD_INTERNALS`. Begins the trial of Node's private
 * parts, and tunes the allocator, unless it is `"off"`.
 * @throws RangeError if the variable names no choice; Error if the choice is `"on"` and this Node can't
 */
export function knownInternals(asked?: Internals): Internals {
  const choice = parseInternals(asked ?? (process.env.WSIMD_INTERNALS || "auto"));
  if (choice === "on" && !canReadInto()) {
    throw new Error("this Node can't read into a given buffer");
  }
  if (choice !== "off") prepareProcess();
  return choice;
}

/** As {@link knownInternals}, and waits for the trial. */
export async function chooseInternals(asked?: Internals): Promise<Internals> {
  const choice = knownInternals(asked);
  if (choice !== "off") await prepareProcess();
  return choice;
}

function parseInternals(name: string): Internals {
  if (name === "auto" || name === "on" || name === "off") return name;
  throw new RangeError(`WSIMD_INTERNALS is "${name}", but must be auto, on or off`);
}
