import type { ReadOptions, ReadPath } from "../node/read-path.js";
import { ownOptions } from "../protocol/option-readers.js";
import { granted } from "./deno.js";

/** The options, with a read path for which nobody has to be asked for a permission. */
export function permitted<Options extends ReadOptions>(options: Options): Options {
  const own = ownOptions(options);
  return { ...own, readPath: permittedPath(own.readPath) };
}

/** Neither the trial of the fast read path, on the loopback, nor an environment variable is worth a question, or an error. */
function permittedPath(asked: ReadPath | undefined): ReadPath | undefined {
  const mayTry = granted({ name: "net", host: "127.0.0.1" });
  if (!mayTry && (asked === undefined || asked === "auto" || asked === "buffer")) return "data";
  if (asked !== undefined) return asked;
  // What the variable says, if it is there.
  return granted({ name: "env", variable: "WSIMD_READ" }) ? undefined : "auto";
}
