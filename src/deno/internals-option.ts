// The option `internals` on Deno, where the trial and the environment variable need permissions.
import type { Internals, InternalsOptions } from "../node/internals-option.js";
import { ownOptions } from "../protocol/option-readers.js";
import { granted } from "./deno.js";

/** Completes the options with a choice for which Deno need not ask the user for a permission. */
export function permitted<Options extends InternalsOptions>(options: Options): Options {
  const own = ownOptions(options);
  return { ...own, internals: permittedInternals(own.internals) };
}

/**
 * The trial on loopback and the environment variable need permissions. Without them both are skipped: no question to
 * the user, and no error.
 */
function permittedInternals(asked: Internals | undefined): Internals | undefined {
  const mayTry = granted({ name: "net", host: "127.0.0.1" });
  if (!mayTry && asked !== "off") return "off";
  if (asked !== undefined) return asked;
  // The variable decides, if it is set.
  return granted({ name: "env", variable: "WSIMD_INTERNALS" }) ? undefined : "auto";
}
