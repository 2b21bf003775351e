// What `upgrade` says of a request, read without what other code put on `Object.prototype`.

import { isGiven, isObject } from "../../http/given.js";
import type { RefusalOptions } from "../../http/refusal.js";
import type { Acceptance, UpgradeResult } from "./options.js";

/** Whether it comes later. */
export function isPromise(
  verdict: UpgradeResult | Promise<UpgradeResult>,
): verdict is Promise<UpgradeResult> {
  return isObject(verdict) && isGiven(verdict, "then");
}

/**
 * Whether it turns the client away: it has a status, whichever.
 * @throws TypeError for `null`, `false` and the like: no client is let in by mistake
 */
export function isRefusal(verdict: Acceptance | RefusalOptions): verdict is RefusalOptions {
  if (!isObject(verdict)) throw new TypeError("upgrade must return an object, or nothing");
  return isGiven(verdict, "status");
}
