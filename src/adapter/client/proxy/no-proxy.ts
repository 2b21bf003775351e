// `NO_PROXY`: which servers are reached without a proxy.
import { withoutBrackets } from "../address.js";

/**
 * Whether a list in the form of `NO_PROXY` names a server, so that the client connects to it without a proxy. Commas or
 * spaces separate its entries: `*` is every server, a name stands for itself and all names under it (`example.org`,
 * `.example.org` and `*.example.org` mean the same), an IP address for itself and one with a prefix length for its
 * network. A name or an address may have a port.
 *
 * @param hostname - as in a URL, without the brackets of an IPv6 address
 */
export function isExcepted(list: string, hostname: string, port: number): boolean {
  const host = withoutDot(hostname);
  const address = bitsOf(host);
  return list.split(/[,\s]+/).some((entry) => {
    if (entry === "" || entry === "*") return entry === "*";
    if (entry.includes("/")) return address !== undefined && isInNetwork(address, entry);
    const named = splitPort(entry);
    if (named.port !== undefined && Number(named.port) !== port) return false;
    const name = canonical(named.host.replace(/^\*?\./, ""));
    return name === host || (address === undefined && name !== undefined && host.endsWith(`.${name}`));
  });
}

/** The text behind a colon is a port, unless it is a part of an IPv6 address. */
function splitPort(entry: string): { host: string; port: string | undefined } {
  const colon = entry.lastIndexOf(":");
  const isBare = colon !== entry.indexOf(":") && !entry.startsWith("[");
  if (colon < 0 || isBare || entry.endsWith("]")) return { host: entry, port: undefined };
  return { host: entry.slice(0, colon), port: entry.slice(colon + 1) };
}

/** A host as URLs have it: lower case, names of other scripts in ASCII, IP addresses in their shortest form. */
function canonical(text: string): string | undefined {
  const host = text.includes(":") && !text.startsWith("[") ? `[${text}]` : text;
  const url = `ws://${host}/`;
  return URL.canParse(url) ? withoutDot(withoutBrackets(new URL(url).hostname)) : undefined;
}

function withoutDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

function isInNetwork(address: string, network: string): boolean {
  const [first = "", length = "", ...more] = network.split("/");
  const start = bitsOf(canonical(first) ?? "");
  const isLength = /^\d{1,3}$/.test(length) && Number(length) <= (start?.length ?? 0) && more.length === 0;
  if (start?.length !== address.length || !isLength) return false;
  return address.startsWith(start.slice(0, Number(length)));
}

/** The 32 or 128 bits of a canonical IP address, as digits. */
function bitsOf(host: string): string | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
    return host
      .split(".")
      .map((part) => binary(Number(part), 8))
      .join("");
  }
  if (!host.includes(":")) return undefined;
  const [left = [], right = []] = host.split("::").map((side) => side.split(":").filter(Boolean));
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...zeros, ...right].map((group) => binary(Number.parseInt(group, 16), 16)).join("");
}

function binary(value: number, digits: number): string {
  return value.toString(2).padStart(digits, "0");
}
