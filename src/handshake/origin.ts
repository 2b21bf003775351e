// Whether a request may come from an origin: RFC 6455 section 10.2.
import { equalsIgnoringCase } from "../http/characters.js";

/**
 * The origins that a server accepts, as browsers serialize them: `https://example.org`. `"same"`, alone or in the list,
 * accepts each origin whose host and port are those of the `Host` header; the scheme is not compared. `undefined` in
 * the list accepts requests without an origin.
 */
export type AllowedOrigins = "same" | readonly (string | undefined)[];

const SAME: readonly (string | undefined)[] = ["same"];

/** Whether a request may come from an origin, as `isOriginAllowed` says. */
export function allowsOrigin(
  allowed: AllowedOrigins,
  origin: string | undefined,
  host: string | undefined,
): boolean {
  const list = allowed === "same" ? SAME : allowed;
  if (origin === undefined) return list.includes(undefined);
  return list.some((candidate) => {
    if (candidate === "same") return host !== undefined && isSameHost(origin, host);
    return candidate !== undefined && equalsIgnoringCase(candidate, origin);
  });
}

const WEB_ORIGIN = /^(https?):\/\/([^/?#@\s]+)$/i;

/** Whether an origin of the web has this host and port. The default port may be written in either, or left out. */
function isSameHost(origin: string, host: string): boolean {
  const [, scheme, authority] = WEB_ORIGIN.exec(origin) ?? [];
  if (scheme === undefined || authority === undefined) return false;
  const port = scheme.length === "https".length ? ":443" : ":80";
  return equalsIgnoringCase(withoutPort(authority, port), withoutPort(host, port));
}

function withoutPort(authority: string, port: string): string {
  return authority.endsWith(port) ? authority.slice(0, -port.length) : authority;
}
