import { oneOf, type Readers } from "../protocol/option-readers.js";
import { tryInternals } from "./internals/trial.js";
import { readSymbols } from "./internals/window-reads.js";

/** Which way bytes come in: `auto` reads into linear memory where that works. */
export type ReadPath = "auto" | "buffer" | "data";

/** The choice of a read path. */
export interface ReadOptions {
  /**
   * `"buffer"` reads straight into linear memory and writes past the stream's bookkeeping, `"data"` keeps to the stream's
   * public events and methods; `"auto"`, the default, takes the first where a trial shows that it works. The environment variable `WSIMD_READ` sets another default.
   */
  readonly readPath?: ReadPath;
}

/** How the choice of a read path is read. */
export const READ_READERS: Readers<ReadOptions> = { readPath: oneOf<ReadPath>("auto", "buffer", "data") };

/**
 * The read path that was asked for, here or by the environment variable `WSIMD_READ`. Begins the trial of Node's
 * internals if they might be used.
 * @throws RangeError if there is no such read path; Error if it is `buffer` and this Node can't
 */
export function knownReadPath(asked?: ReadPath): ReadPath {
  const path = parseReadPath(asked ?? (process.env.WSIMD_READ || "auto"));
  if (path === "buffer" && readSymbols === undefined)
    throw new Error("this Node can't read into a given buffer");
  if (path !== "data") tryInternals();
  return path;
}

/** As {@link knownReadPath}, and waits for the trial. */
export async function chooseReadPath(asked?: ReadPath): Promise<ReadPath> {
  const path = knownReadPath(asked);
  if (path !== "data") await tryInternals();
  return path;
}

function parseReadPath(name: string): ReadPath {
  if (name === "auto" || name === "buffer" || name === "data") return name;
  throw new RangeError(`unknown read path "${name}": it is auto, buffer or data`);
}
