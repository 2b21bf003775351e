// The addresses of peers, in the form in which applications compare them.

const MAPPED = "::ffff:";

/** An address as the system gives it; IPv4, which a socket for IPv6 shows as `::ffff:192.0.2.1`, as `192.0.2.1`. */
export function peerAddressOf(address: string | undefined): string {
  if (address === undefined) return "";
  const mapped = address.startsWith(MAPPED) && address.includes(".");
  return mapped ? address.slice(MAPPED.length) : address;
}
