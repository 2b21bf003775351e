// The name of a browser, from its header `User-Agent`.

/** In this order, for most browsers also claim to be those further down. */
const BROWSERS: readonly (readonly [token: string, name: string])[] = [
  ["Edg/", "Edge"],
  ["OPR/", "Opera"],
  ["SamsungBrowser/", "Samsung Internet"],
  ["Firefox/", "Firefox"],
  ["FxiOS/", "Firefox"],
  ["HeadlessChrome/", "Headless Chrome"],
  ["Chrome/", "Chrome"],
  ["CriOS/", "Chrome"],
  ["Safari/", "Safari"],
];

const SYSTEMS: readonly (readonly [token: string, name: string])[] = [
  ["Windows", "Windows"],
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Mac OS X", "macOS"],
  ["CrOS", "ChromeOS"],
  ["Linux", "Linux"],
];

/** Short names for the browser and the system that a `User-Agent` header tells of. */
export function browserOf(userAgent: string | undefined): { name: string; system: string } {
  // `wsimd connect` sends none, for one.
  if (userAgent === undefined) return { name: "Command line", system: "" };
  return { name: find(BROWSERS, userAgent) ?? "Other client", system: find(SYSTEMS, userAgent) ?? "" };
}

function find(list: typeof BROWSERS, userAgent: string): string | undefined {
  return list.find(([token]) => userAgent.includes(token))?.[1];
}
