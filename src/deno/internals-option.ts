// The option `internals` on Deno, where the trial and the environment variable need permissions.
import type { Internals, InternalsOptions } from "../node/internals-option.js";
import { ownOptions } from "../protocol/option-readers.js";
import { granted } from "./deno.js";

/** The options, with a choice for which Deno asks the user for no permission. */
export function permitted<Options extends InternalsOptions>(options: Options): Options {
  const own = ownOptions(options);
  return { ...own, internals: permittedInternals(own.internals) };
}

/** Neither the trial, on the loopback, nor the environment variable is worth a question to the user, or an error. */
function permittedInternals(asked: Internals | undefined): Internals | undefined {
  const mayTry = granted({ name: "net", host: "127.0.0.1" });
  if (!mayTry && asked !== "off") return "off";
  if (asked !== undefined) return asked;
  // The variable decides, if it is set.
  return granted({ name: "env", variable: "WSIMD_INTERNALS" }) ? undefined : "auto";
}
