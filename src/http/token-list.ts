// Comma lists of tokens, RFC 9110 section 5.6.1.
import { COMMA, equalsIgnoringCase, isToken, trimmed } from "./characters.js";

/**
 * Calls `visit` with each element of a comma list, trimmed, until it returns false.
 * @returns whether all were visited
 */
function everyElement(list: string, visit: (element: string) => boolean): boolean {
  let start = 0;
  for (let i = 0; i <= list.length; i++) {
    if (i < list.length && list.charCodeAt(i) !== COMMA) continue;
    if (!visit(trimmed(list, start, i))) return false;
    start = i + 1;
  }
  return true;
}

/**
 * Whether a comma list such as the value of `Connection` holds a token, compared without regard to case. Empty
 * elements and elements that are no tokens are passed over: RFC 9110 section 5.6.1 asks a recipient to.
 *
 * @param list - one field value, or several joined by commas; `undefined` is an empty list
 */
export function includesToken(list: string | undefined, token: string): boolean {
  if (list === undefined) return false;
  // Nearly always the list is the token and nothing else.
  return (
    equalsIgnoringCase(list, token) || !everyElement(list, (element) => !equalsIgnoringCase(element, token))
  );
}

/**
 * Reads `1#token`, RFC 9110 section 5.6.1. "A recipient MUST parse and ignore a reasonable number of empty list
 * elements": here any number that fits the head. A list of empty elements only is malformed, because at least one
 * element is required.
 *
 * @param lists - the values of a field that may be repeated, in order
 * @returns the tokens in order; none if the field was not sent; `undefined` if an element is no token, or there is none
 */
export function parseTokens(lists: readonly string[]): string[] | undefined {
  const tokens: string[] = [];
  for (const list of lists) {
    const valid = everyElement(list, (element) => {
      if (element === "") return true;
      tokens.push(element);
      return isToken(element);
    });
    if (!valid) return undefined;
  }
  return lists.length > 0 && tokens.length === 0 ? undefined : tokens;
}
