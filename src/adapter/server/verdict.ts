// The answer of the hook `upgrade`, read without properties of `Object.prototype`.

import { isGiven, isObject } from "../../http/given.js";
import type { RefusalOptions } from "../../http/refusal.js";
import type { Acceptance, UpgradeResult } from "./options.js";

/** Whether the answer is a promise. */
export function isPromise(
  verdict: UpgradeResult | Promise<UpgradeResult>,
): verdict is Promise<UpgradeResult> {
  return isObject(verdict) && isGiven(verdict, "then");
}

/**
 * Whether it refuses the client: it has a status of any value.
 * @throws TypeError for `null`, `false` and the like, so that no client is accepted by mistake
 */
export function isRefusal(verdict: Acceptance | RefusalOptions): verdict is RefusalOptions {
  if (!isObject(verdict)) throw new TypeError("upgrade must return an object, or nothing");
  return isGiven(verdict, "status");
}
