// Whether a request may come from an origin: RFC 6455 section 10.2.
import { equalsIgnoringCase } from "../http/characters.js";

/**
 * Whether a request may come from `origin`: it must be in the list, as a whole and as serialized by the browser
 * (`https://example.com`, with the port only if it is not the default, without a slash behind it). There are no
 * wildcards and no parsing that a crafted origin could mislead. The case of letters does not count, as RFC 6455
 * section 4.2.2 converts an origin to lowercase; `null` is a string like any other.
 *
 * @param origin - the value of `Origin`; `undefined` if the request has none, as only non-browser clients do
 * @param allowed - the origins that are accepted; an `undefined` among them accepts requests without an origin
 */
export function isOriginAllowed(
  origin: string | undefined,
  allowed: readonly (string | undefined)[],
): boolean {
  if (origin === undefined) return allowed.includes(undefined);
  return allowed.some((candidate) => candidate !== undefined && equalsIgnoringCase(candidate, origin));
}
