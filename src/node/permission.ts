// Node's permission model, as far as it concerns sockets.

/**
 * Whether this process may use the network. Where it may not, Node throws from a callback of its own when a server listens on a host, which
 * would end the process.
 */
export function mayUseNetwork(): boolean {
  const { permission } = process;
  if (permission === undefined) return true;
  // A Node before 25 restricts no sockets, and says of a permission that it doesn't know that it isn't there.
  return !process.allowedNodeEnvironmentFlags.has("--allow-net") || permission.has("net");
}
