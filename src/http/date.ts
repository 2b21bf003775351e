// The `Date` of an answer: RFC 9110 section 6.6.1.

let lastSecond = Number.NaN;
let lastDate = "";

/**
 * The time as IMF-fixdate, RFC 9110 section 5.6.7. It is made once for each second.
 *
 * @param now - milliseconds since 1970 in UTC, as of `Date.now()`
 */
export function httpDate(now: number): string {
  const second = Math.floor(now / 1000);
  if (second !== lastSecond) {
    lastDate = new Date(second * 1000).toUTCString();
    lastSecond = second;
  }
  return lastDate;
}
