// The answer of the hook `upgrade`, read without properties of `Object.prototype`.

import { given, isGiven, isObject } from "../../http/given.js";
import type { Refusal, RefusalOptions } from "../../http/refusal.js";
import { ownOptions, unknownName } from "../../protocol/option-readers.js";
import { readDelivery } from "../socket/delivery.js";
import type { Acceptance, UpgradeResult } from "./options.js";

/** Whether the answer is a promise. */
export function isPromise(
  verdict: UpgradeResult | Promise<UpgradeResult>,
): verdict is Promise<UpgradeResult> {
  return isObject(verdict) && isGiven(verdict, "then");
}

/** The properties of an {@link Acceptance}. */
const ACCEPTANCE: Readonly<Record<keyof Acceptance, true>> = {
  protocol: true,
  headers: true,
  data: true,
  deliver: true,
};

/** The answer of a server without the hook, and of a hook that returns nothing. */
export const DEFAULT_ACCEPTANCE: Acceptance = {
  protocol: undefined,
  headers: undefined,
  deliver: undefined,
};

/** What an answer has that was meant to refuse. */
const OF_REFUSALS: ReadonlySet<string> = new Set(["reason", "body", "code", "statusCode"]);

/** The refusal of a hook that returns `false`. */
const REFUSED: RefusalOptions = { status: 403, reason: "the server does not accept this connection" };

/** Whether a client is accepted, and how: an acceptance inherits none of its properties from `Object.prototype`. */
export type Decision = { readonly acceptance: Acceptance } | { readonly refusal: RefusalOptions };

/**
 * Reads the answer. A status of any value refuses the client, and so does `false`.
 * @throws TypeError for `null`, `true` and the like, and for properties that no acceptance has: no answer that is meant
 * as a refusal accepts a client by mistake
 * @throws RangeError for a delivery that does not exist
 */
export function decisionOf(verdict: UpgradeResult): Decision {
  if (verdict === undefined) return { acceptance: DEFAULT_ACCEPTANCE };
  if (verdict === false) return { refusal: REFUSED };
  if (!isObject(verdict))
    throw new TypeError(
      `upgrade must return an object, false or nothing, not ${String(verdict)}; nothing accepts the client`,
    );
  return isRefusal(verdict) ? { refusal: refusalOf(verdict) } : { acceptance: acceptanceOf(verdict) };
}

function isRefusal(verdict: Acceptance | RefusalOptions): verdict is RefusalOptions {
  return isGiven(verdict, "status");
}

/** The properties of a refusal, such as `checkUpgrade` gives. */
const REFUSAL: Readonly<Record<keyof Refusal | keyof RefusalOptions, true>> = {
  type: true,
  status: true,
  reason: true,
  headers: true,
  body: true,
};

/** A `Response` is none: its body could not be sent. */
function refusalOf(verdict: RefusalOptions): RefusalOptions {
  const body = given(verdict, "body");
  if (body !== undefined && typeof body !== "string")
    throw new TypeError("the body of a refusal is a string; a Response is no refusal");
  const unknown = Object.keys(verdict).find((name) => !Object.hasOwn(REFUSAL, name));
  if (unknown !== undefined) throw unknownName("refusal property", unknown, Object.keys(REFUSAL));
  return verdict;
}

function acceptanceOf(verdict: Acceptance): Acceptance {
  const acceptance = ownOptions(verdict, "the answer of upgrade");
  for (const name in acceptance) {
    if (Object.hasOwn(ACCEPTANCE, name)) continue;
    if (OF_REFUSALS.has(name))
      throw new TypeError(`upgrade answered with ${name}, but a refusal has a status`);
    throw unknownName("acceptance property", name, Object.keys(ACCEPTANCE));
  }
  if (acceptance.deliver !== undefined) readDelivery(acceptance.deliver, "deliver");
  return acceptance;
}
